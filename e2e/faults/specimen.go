package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/faults/proxy"
)

// specimen is a kind of Pod of which it is known whether a node could pull its
// image while nothing is broken.
type specimen struct {
	name      string
	namespace string
	secrets   []string
	// image is the next one. Some kinds have a new one each time.
	image    func() string
	pullable bool
	// weight is how many there are in a hundred or so.
	weight int
}

func (s specimen) pod(image string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-", Namespace: s.namespace},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "web", Image: image}}},
	}
	for _, name := range s.secrets {
		p.Spec.ImagePullSecrets = append(p.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: name})
	}
	return p
}

// teams are the namespaces, with what Secrets they have.
type teams struct{ private, token, both string }

func newTeams(ctx context.Context, c *cluster.Cluster) (t teams, err error) {
	good := func(hosts ...string) string { return dockerConfig(password, hosts...) }
	for namespace, secrets := range map[*string]map[string]string{
		&t.private: {"outdated": dockerConfig("outdated", briefHost(0)), "private": good(privateHost), "refused": dockerConfig("wrong", privateHost), "malformed": `{"auths":{"` + privateHost + `":{"auth":"%%%"}}}`},
		&t.token:   {"token": good(tokenHost)},
		&t.both:    {"both": good(privateHost, tokenHost), "other": good("other.example.com")},
	} {
		if *namespace, err = c.NewNamespace(ctx, nil); err != nil {
			return t, err
		}
		for name, content := range secrets {
			_, err := c.Client().CoreV1().Secrets(*namespace).Create(ctx, &corev1.Secret{
				ObjectMeta: metav1.ObjectMeta{Name: name},
				Type:       corev1.SecretTypeDockerConfigJson,
				Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(content)},
			}, metav1.CreateOptions{})
			if err != nil {
				return t, fmt.Errorf("make the Secret %s: %w", name, err)
			}
		}
	}
	return t, nil
}

func dockerConfig(password string, hosts ...string) string {
	auths := map[string]any{}
	for _, host := range hosts {
		auths[host] = map[string]string{"username": user, "password": password}
	}
	content, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(content)
}

// specimens are the kinds. With named, DNS is needed too.
func (s *sites) specimens(t teams, named bool) []specimen {
	var serial atomic.Int64
	same := func(image string) func() string { return func() string { return image } }
	fresh := func(image string) func() string {
		return func() string { return fmt.Sprint(image, serial.Add(1)) }
	}
	list := []specimen{
		{name: "tag", namespace: t.private, image: same(openHost + "/acme/app:v1"), pullable: true, weight: 12},
		{name: "digest", namespace: t.token, image: same(openHost + "/acme/worker@" + s.digest), pullable: true, weight: 8},
		{name: "new tag", namespace: t.both, image: fresh(openHost + "/acme/app:" + proxy.Fresh), pullable: true, weight: 8},
		{name: "new index", namespace: t.private, image: s.nextIndex(), pullable: true, weight: 4},
		{name: "htpasswd", namespace: t.private, secrets: []string{"private"}, image: same(privateHost + "/acme/private:v1"), pullable: true, weight: 8},
		{name: "htpasswd, new tag", namespace: t.both, secrets: []string{"other", "both"}, image: fresh(privateHost + "/acme/private:" + proxy.Fresh), pullable: true, weight: 4},
		{name: "token", namespace: t.token, secrets: []string{"token"}, image: same(tokenHost + "/acme/private:v1"), pullable: true, weight: 8},
		{name: "token, new tag", namespace: t.both, secrets: []string{"both"}, image: fresh(tokenHost + "/acme/private:" + proxy.Fresh), pullable: true, weight: 4},
		{name: "anonymous token, new tag", namespace: t.private, image: fresh(tokenHost + "/acme/public:" + proxy.Fresh), pullable: true, weight: 4},
		{name: "no fault's, new tag", namespace: t.private, image: fresh(steadyHost + "/acme/app:" + proxy.Fresh), pullable: true, weight: 6},

		{name: "no such tag", namespace: t.private, image: same(openHost + "/acme/app:missing"), weight: 6},
		{name: "no such tag, new", namespace: t.token, image: fresh(openHost + "/acme/app:missing-"), weight: 6},
		{name: "no such digest", namespace: t.token, image: same(openHost + "/acme/app@sha256:" + strings.Repeat("0", 64)), weight: 4},
		{name: "no such repository, new", namespace: t.both, image: fresh(openHost + "/acme/missing-"), weight: 2},
		{name: "no Secret", namespace: t.token, image: same(privateHost + "/acme/private:v1"), weight: 4},
		{name: "no such Secret", namespace: t.token, secrets: []string{"missing"}, image: same(privateHost + "/acme/private:v1"), weight: 4},
		{name: "refused, new tag", namespace: t.private, secrets: []string{"refused"}, image: fresh(privateHost + "/acme/private:" + proxy.Fresh), weight: 2},
		{name: "not this user's", namespace: t.token, secrets: []string{"token"}, image: same(tokenHost + "/acme/other:v1"), weight: 2},
		{name: "malformed Secret", namespace: t.private, secrets: []string{"malformed"}, image: same(privateHost + "/acme/private:v1"), weight: 4},
		{name: "no reference", namespace: t.private, image: same("No Image"), weight: 4},
	}
	list = append(list, providedSpecimens(t, same, fresh)...)
	if named {
		list = append(list,
			specimen{name: "by name, new tag", namespace: t.private, image: fresh(namedHost + "/acme/app:" + proxy.Fresh), pullable: true, weight: 6},
			specimen{name: "by name, no such tag, new", namespace: t.private, image: fresh(namedHost + "/acme/app:missing-"), weight: 4},
		)
	}
	return list
}

// providedSpecimens are those whose images credential providers open.
func providedSpecimens(t teams, same, fresh func(string) func() string) []specimen {
	var turn atomic.Int64
	// Each of the registries in turn.
	brief := func(next func() string) func() string {
		return func() string { return briefHost(int(turn.Add(1)%briefHosts)) + next() }
	}
	return []specimen{
		{name: "provider", namespace: t.both, image: same(keptHost + "/acme/private:v1"), pullable: true, weight: 4},
		{name: "provider, new tag", namespace: t.token, image: fresh(keptHost + "/acme/private:" + proxy.Fresh), pullable: true, weight: 4},
		{name: "forgetful provider", namespace: t.both, image: brief(same("/acme/private:v1")), pullable: true, weight: 8},
		{name: "forgetful provider, new tag", namespace: t.token, image: brief(fresh("/acme/private:" + proxy.Fresh)), pullable: true, weight: 8},
		{name: "refused Secret, then provider", namespace: t.private, secrets: []string{"outdated"}, image: fresh(briefHost(0) + "/acme/private:" + proxy.Fresh), pullable: true, weight: 4},
		{name: "provider, public", namespace: t.token, image: same(briefOpenHost + "/acme/app:v1"), pullable: true, weight: 2},
		{name: "provider, no such tag", namespace: t.both, image: brief(same("/acme/private:missing")), weight: 4},
		{name: "provider, refused", namespace: t.token, image: same(mistakenHost + "/acme/private:v1"), weight: 4},
	}
}

// nextIndex is one that nobody has asked for, as long as there are any.
func (s *sites) nextIndex() func() string {
	var asked atomic.Int64
	return func() string {
		n := asked.Load()
		if n < s.indexes.Load() {
			n = asked.Add(1)
		}
		return fmt.Sprintf("%s/acme/index:idx-%d", openHost, min(n, s.indexes.Load()))
	}
}

// mix deals the kinds by their weights, in an order that is the same each time.
func mix(kinds []specimen) (dealt []specimen) {
	for _, k := range kinds {
		for range k.weight {
			dealt = append(dealt, k)
		}
	}
	rand.New(rand.NewPCG(1, 2)).Shuffle(len(dealt), func(i, j int) { //nolint:gosec // no secret
		dealt[i], dealt[j] = dealt[j], dealt[i]
	})
	return dealt
}
