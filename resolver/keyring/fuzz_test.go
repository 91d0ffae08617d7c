package keyring

import (
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// FuzzSecret makes a keyring of a Secret of any type with any content. What is
// said of a malformed one is one of a few texts with a position in it: so none of
// the content can be in it.
func FuzzSecret(f *testing.F) {
	json, old := string(corev1.SecretTypeDockerConfigJson), string(corev1.SecretTypeDockercfg)
	for _, data := range []string{
		``, `{}`, `null`, `[]`, `{"auths":{}}`, `{"auths":[]}`, `{"auths":{"r.io":{"auth":"dTpw"}}}`, `{"auths":{"r.io":{"auth":"hunter2!"}}}`,
		`{"auths":{"r.io":{"auth":"aHVudGVyMg"}}}`, `{"auths":{"r.io":{"username":"u","password":12345678}}}`, `{"auths":{"r.io":{"username":"u","password":"hunter2`,
		`{"auths":{"r.io":"hunter2"}}`, `{"auths":{"%zz":{},"[::1":{},"https://u:p@r.io/v1/":{}}}`, `{"HttpHeaders":{"a":1}}`, `{"r.io":{"auth":"dTpw"}}`,
		"\ufeff{}", `{"auths":{"r.io":{"email":{}}}}`, `{"auths":` + strings.Repeat("[", 2000), `{"auths":{"r.io":{"password":"\ud800"}}}`,
	} {
		f.Add(json, []byte(data), "r.io/app")
		f.Add(old, []byte(data), "docker.io/library/nginx")
	}
	f.Add("Opaque\n\x1b[31m", []byte(`{}`), "::")
	texts := regexp.MustCompile(`^Secret "regcred", key "\.docker(configjson|cfg)": (in an entry: |in the entry of "[^\n]{0,120}": )?(` + strings.Join([]string{
		`an "auth" value is not base64 \(at its byte \d+\)`,
		`an "auth" value does not decode to username:password`,
		`JSON of the wrong shape: a JSON (string|number|array|object|bool) where (a string|an object) is needed \(at byte \d+\)`,
		`not JSON \(at byte \d+\)`,
		`not readable as JSON`,
	}, "|") + `)$`)
	f.Fuzz(func(t *testing.T, secretType string, data []byte, repository string) {
		s := &corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: "regcred"},
			Type:       corev1.SecretType(secretType),
			Data:       map[string][]byte{corev1.DockerConfigJsonKey: data, corev1.DockerConfigKey: data},
		}
		ring, err := New([]*corev1.Secret{s})
		if err != nil {
			if !texts.MatchString(err.Error()) {
				t.Fatalf("an error that may hold content: %q", err)
			}
			return
		}
		for _, i := range ring.Ignored() {
			if len(i.Why) > 200 {
				t.Fatalf("%d bytes on why it is ignored", len(i.Why))
			}
		}
		for _, c := range ring.Lookup(repository) {
			if c.Secret != "regcred" {
				t.Fatalf("a credential of Secret %q", c.Secret)
			}
		}
		for _, key := range ring.Covers("regcred") {
			_ = CheckPattern(key)
			_ = Matches(key, repository)
		}
	})
}
