package differential

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
	"github.com/pullgate/pullgate/resolver/provider"
)

// run has a plugin run for one of the sides.
func (w *world) run(name, image, token string, annotations map[string]string) (stdout string, note func(failed bool)) {
	var list []string
	for _, key := range slices.Sorted(maps.Keys(annotations)) {
		list = append(list, key+"="+annotations[key])
	}
	r := ran{provider: name, image: image, token: token, annotations: strings.Join(list, ",")}
	return w.answer(name, image, token, r.annotations), func(failed bool) {
		w.mu.Lock()
		defer w.mu.Unlock()
		r.failed = failed
		w.runs = append(w.runs, r)
	}
}

// since are the runs since the last time, those of one time in an order of their own.
func (w *world) since() []ran {
	w.mu.Lock()
	defer w.mu.Unlock()
	runs := w.runs
	w.runs = nil
	slices.SortFunc(runs, func(a, b ran) int { return cmp.Compare(a.String(), b.String()) })
	return runs
}

// kubeletPlugin is a plugin for the kubelet.
type kubeletPlugin struct {
	world *world
	name  string
}

// ExecPlugin answers, and notes whether that will do.
func (k kubeletPlugin) ExecPlugin(_ context.Context, image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
	stdout, note := k.world.run(k.name, image, token, annotations)
	response, err := kubeletplugin.Decode("credentialprovider.kubelet.k8s.io/v1", []byte(stdout))
	note(err != nil || k.echoes(response, token))
	return response, err
}

// echoes is what the kubelet refuses of an answer after this.
func (k kubeletPlugin) echoes(r *credentialproviderapi.CredentialProviderResponse, token string) bool {
	for _, p := range k.world.providers {
		for _, auth := range r.Auth {
			if p.name == k.name && p.cacheType == "ServiceAccount" && token != "" && auth.Password == token {
				return true
			}
		}
	}
	return false
}

// pullgateRunner runs plugins for pullgate.
type pullgateRunner struct{ world *world }

// Run answers.
func (p pullgateRunner) Run(_ context.Context, c provider.Command) (provider.Output, error) {
	var request struct {
		Kind, APIVersion, Image   string
		ServiceAccountToken       string
		ServiceAccountAnnotations map[string]string
	}
	if err := json.Unmarshal(c.Stdin, &request); err != nil {
		return provider.Output{}, err
	}
	stdout, note := p.world.run(filepath.Base(c.Path), request.Image, request.ServiceAccountToken, request.ServiceAccountAnnotations)
	// The kubelet's own judgement, for the comparison of runs.
	response, err := kubeletplugin.Decode("credentialprovider.kubelet.k8s.io/v1", []byte(stdout))
	note(err != nil || kubeletPlugin{p.world, filepath.Base(c.Path)}.echoes(response, request.ServiceAccountToken))
	return provider.Output{Stdout: []byte(stdout)}, nil //nolint:nilerr // what an answer is worth is for pullgate to say
}

// account is a ServiceAccount, by name: app has annotations, and bare has none; gone
// does not exist, and mute has no token.
func (w *world) account(namespace, name string) (provider.Identity, error) {
	i := provider.Identity{Namespace: namespace, Name: name, UID: "uid-of-" + name}
	switch name {
	case "gone":
		return i, errors.New("not found")
	case "app":
		i.Annotations = map[string]string{"x.io/role": fmt.Sprint("role", w.dice("role", w.epoch).IntN(2)), "unasked": "for"}
	}
	return i, nil
}

func (w *world) token(namespace, name string) (string, error) {
	if name == "mute" {
		return "", errors.New("no token")
	}
	return fmt.Sprintf("token-%s-%s-%d", namespace, name, w.epoch), nil
}

func (w *world) kubeletAccount(namespace, name string) (*corev1.ServiceAccount, error) {
	i, err := w.account(namespace, name)
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID(i.UID), Annotations: i.Annotations}}, err
}

func (w *world) kubeletToken(namespace, name string, _ *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	token, err := w.token(namespace, name)
	return &authenticationv1.TokenRequest{Status: authenticationv1.TokenRequestStatus{Token: token}}, err
}

// Identify is the same for pullgate.
func (w *world) Identify(_ context.Context, of provider.Account) (provider.Identity, error) {
	return w.account(of.Namespace, of.Name)
}

// Token is the same for pullgate.
func (w *world) Token(_ context.Context, of provider.Identity, _ string) (string, error) {
	return w.token(of.Namespace, of.Name)
}
