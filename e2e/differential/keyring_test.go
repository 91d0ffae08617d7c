package differential

import (
	"encoding/base64"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/credentialprovider"
	kubelet "k8s.io/kubernetes/pkg/credentialprovider/secrets"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// FuzzKeyring makes Secrets out of a seed, one of them with raw content, and
// asks both keyrings for the credentials of an image.
func FuzzKeyring(f *testing.F) {
	for seed := range uint64(2000) {
		f.Add(seed, []byte(`{"auths":{"r.io":{"auth":"dTpw"}}}`), "r.io/a")
	}
	f.Add(uint64(0), []byte(`{"auths":[]}`), "r.io/a")
	f.Add(uint64(1), []byte("\ufeff{}"), "localhost/foo")
	f.Add(uint64(2), []byte(`{"AUTHS":{"R.io":{"USERNAME":"u"}}}`), "R.io/a")
	f.Fuzz(func(t *testing.T, seed uint64, raw []byte, image string) {
		g := generator{rand.New(rand.NewPCG(seed, 0))}
		secrets := g.secrets(raw)
		ours, err := keyring.New(secrets)
		theirs, kubeletErr := kubelet.MakeDockerKeyring(values(secrets), &credentialprovider.BasicDockerKeyring{})
		if (err != nil) != (kubeletErr != nil) {
			t.Fatalf("pullgate: %v; kubelet: %v\n%s", err, kubeletErr, show(secrets))
		}
		if err != nil {
			return
		}
		for _, repository := range []string{image, g.repository(), g.repository(), g.repository()} {
			got := pairs(ours.Lookup(repository))
			if !sameAsKubelet(got, theirs, secrets, repository) {
				t.Fatalf("%s: pullgate %q, kubelet %q\n%s", repository, got, kubeletPairs(theirs, repository), show(secrets))
			}
		}
	})
}

// sameAsKubelet compares with the kubelet. Of two spellings of one key in one
// Secret it takes either first, as its map happens to be walked: there one order
// of many has to be ours.
func sameAsKubelet(got []string, ring credentialprovider.DockerKeyring, secrets []*corev1.Secret, repository string) bool {
	want := kubeletPairs(ring, repository)
	if slices.Equal(got, want) {
		return true
	}
	slices.Sort(want)
	if sorted := slices.Sorted(slices.Values(got)); !slices.Equal(sorted, want) {
		return false
	}
	for range 200 {
		again, err := kubelet.MakeDockerKeyring(values(secrets), &credentialprovider.BasicDockerKeyring{})
		if err == nil && slices.Equal(got, kubeletPairs(again, repository)) {
			return true
		}
	}
	return false
}

func pairs(found []keyring.Credential) (list []string) {
	for _, c := range found {
		list = append(list, c.Username+"\x00"+c.Password)
	}
	return list
}

func kubeletPairs(ring credentialprovider.DockerKeyring, repository string) (list []string) {
	found, _ := ring.Lookup(repository)
	for _, c := range found {
		list = append(list, c.Username+"\x00"+c.Password)
	}
	return list
}

func values(secrets []*corev1.Secret) (list []corev1.Secret) {
	for _, s := range secrets {
		list = append(list, *s)
	}
	return list
}

func show(secrets []*corev1.Secret) string {
	var b strings.Builder
	for _, s := range secrets {
		fmt.Fprintf(&b, "%s %s\n", s.Name, s.Type)
		for key, value := range s.Data {
			fmt.Fprintf(&b, "  %s: %q\n", key, value)
		}
	}
	return b.String()
}

// generator makes Secrets and repositories that are likely to meet.
type generator struct{ *rand.Rand }

func (g generator) pick(of ...string) string { return of[g.IntN(len(of))] }

func (g generator) secrets(raw []byte) []*corev1.Secret {
	secrets := make([]*corev1.Secret, 1+g.IntN(3))
	for n := range secrets {
		s := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprintf("s%d", n)}, Data: map[string][]byte{}}
		s.Type = corev1.SecretType(g.pick(string(corev1.SecretTypeDockerConfigJson), string(corev1.SecretTypeDockerConfigJson),
			string(corev1.SecretTypeDockercfg), string(corev1.SecretTypeOpaque)))
		key := corev1.DockerConfigJsonKey
		if (s.Type == corev1.SecretTypeDockercfg) != (g.IntN(8) == 0) {
			key = corev1.DockerConfigKey
		}
		content := g.auths()
		if key == corev1.DockerConfigJsonKey {
			content = fmt.Sprintf(`{%s"auths":%s}`, g.pick("", "", `"HttpHeaders":{"a":"b"},`, `"credsStore":"x",`), content)
		}
		if n == 0 && g.IntN(4) == 0 {
			content = string(raw)
		}
		s.Data[key] = []byte(content)
		secrets[n] = s
	}
	return secrets
}

// auths is the JSON of some entries, and now and then of something else.
func (g generator) auths() string {
	if g.IntN(40) == 0 {
		return g.pick("[]", "null", `"x"`, "1", "{", "")
	}
	var entries []string
	for range g.IntN(4) {
		entries = append(entries, fmt.Sprintf("%q:%s", g.key(), g.entry()))
	}
	return "{" + strings.Join(entries, ",") + "}"
}

func (g generator) host() string {
	return g.pick("r.io", "x.r.io", "y.x.r.io", "*.r.io", "?.r.io", "[a-z].r.io", "R.io", "docker.io", "index.docker.io",
		"registry-1.docker.io", "*.docker.io", "*.io", "*", "localhost", "[::1]", "10.0.0.5", "a_b.io", "foo", "Foo", "")
}

func (g generator) port() string {
	return g.pick("", "", "", "", ":5000", ":443", ":80", ":", ":*", ":abc")
}

func (g generator) key() string {
	return g.pick("", "", "https://", "http://", "HTTPS://", "ftp://", "user@") + g.host() + g.port() +
		g.pick("", "", "/", "/v1/", "/v2/", "/v1", "/v2/a", "/a", "/a/", "/ab", "/a/b", "/a:tag", "/a?x=1", "/*", "/%61", "//a", "/library")
}

func (g generator) entry() string {
	if g.IntN(60) == 0 {
		return g.pick(`"x"`, "[]", "1", `{"username":1}`, `{"auth":"%"}`, `{"auth":"eA=="}`, `{"auth":"dTpw "}`, `{"email":{}}`)
	}
	user, password := g.pick("u", "v", "w", ""), g.pick("p", "q", "", "p:q")
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return g.pick(
		fmt.Sprintf(`{"username":%q,"password":%q}`, user, password),
		fmt.Sprintf(`{"auth":%q}`, auth),
		fmt.Sprintf(`{"auth":%q,"username":"other"}`, strings.TrimRight(auth, "=")),
		fmt.Sprintf(`{"auth":%q}`, auth+"\n"),
		fmt.Sprintf(`{"Username":%q,"PASSWORD":%q,"identitytoken":"t"}`, user, password),
		`{}`, `null`,
	)
}

func (g generator) repository() string {
	return g.host() + g.port() + g.pick("", "/a", "/ab/x", "/a/b", "/library/nginx", "/v2/a", "/A")
}
