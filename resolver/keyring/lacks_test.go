package keyring

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// TestLacks: a Secret without a password says where the password is (B16).
func TestLacks(t *testing.T) {
	for name, tc := range map[string]struct{ config, want string }{
		"a password":                {`{"auths":{"r.io":{"username":"u","password":"p"}},"credsStore":"x"}`, ""},
		"an auth":                   {`{"auths":{"r.io":{"auth":"dTpw"}}}`, ""},
		"a desktop's store":         {`{"auths":{"r.io":{}},"credsStore":"osxkeychain"}`, `the credential helper "osxkeychain" of the machine`},
		"a helper for the registry": {`{"auths":{"r.io":{}},"credsStore":"x","credHelpers":{"r.io":"ecr-login"}}`, `the credential helper "ecr-login"`},
		"an identity token":         {`{"auths":{"r.io":{"identitytoken":"t"}},"credsStore":"x"}`, "holds a token"},
		"a user name alone":         {`{"auths":{"r.io":{"username":"u"}}}`, "a user name and no password"},
		"a password alone":          {`{"auths":{"r.io":{"password":"p"}}}`, "a password and no user name"},
		"nothing":                   {`{"auths":{"r.io":{}}}`, "neither user name nor password"},
		"a store of another type":   {`{"auths":{"r.io":{}},"credsStore":7}`, "neither user name nor password"},
		"a hostile store":           {`{"auths":{"r.io":{}},"credsStore":"a\n\u001b[31m"}`, `a\n\x1b[31m`},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := New([]*corev1.Secret{secret("s", corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, tc.config)})
			if err != nil {
				t.Fatal(err)
			}
			found := k.Lookup("r.io/a")
			if len(found) != 1 || !strings.Contains(found[0].Lacks, tc.want) || tc.want == "" && found[0].Lacks != "" {
				t.Errorf("%+v, want %q", found, tc.want)
			}
		})
	}
}
