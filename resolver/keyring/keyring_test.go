package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// configJSON makes a Secret of registry key → user name.
func configJSON(t *testing.T, name string, users map[string]string) *corev1.Secret {
	t.Helper()
	auths := map[string]any{}
	for key, user := range users {
		auths[key] = map[string]string{"username": user, "password": "pw"}
	}
	data, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		t.Fatal(err)
	}
	return secret(name, corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, string(data))
}

func secret(name string, typ corev1.SecretType, key, data string) *corev1.Secret {
	return &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: typ, Data: map[string][]byte{key: []byte(data)}}
}

func users(creds []Credential) []string {
	var names []string
	for _, c := range creds {
		names = append(names, c.Username)
	}
	return names
}

func TestLookup(t *testing.T) {
	for name, tc := range map[string]struct {
		keys  map[string]string // key → user name
		image string
		want  []string
	}{
		"hub, the usual key (C26)":         {map[string]string{"https://index.docker.io/v1/": "u"}, "docker.io/org/app", []string{"u"}},
		"hub, key without slash (C27)":     {map[string]string{"https://index.docker.io/v1": "u"}, "docker.io/org/app", nil},
		"hub, docker.io (C28)":             {map[string]string{"docker.io": "u"}, "docker.io/org/app", []string{"u"}},
		"hub, docker.io suppresses (C29)":  {map[string]string{"docker.io": "a", "index.docker.io": "b"}, "docker.io/org/app", []string{"a"}},
		"hub, path under index (C30)":      {map[string]string{"index.docker.io/org": "u"}, "docker.io/org/app", nil},
		"hub, glob (C31)":                  {map[string]string{"*.docker.io": "u"}, "docker.io/org/app", nil},
		"port missing in key (C32)":        {map[string]string{"r.io": "u"}, "r.io:5000/a", nil},
		"port equal":                       {map[string]string{"r.io:5000": "u"}, "r.io:5000/a", []string{"u"}},
		"glob, one label too many (C33)":   {map[string]string{"*.r.io": "u"}, "y.x.r.io/a", nil},
		"glob, one label too few (C33)":    {map[string]string{"*.r.io": "u"}, "r.io/a", nil},
		"glob":                             {map[string]string{"*.r.io": "u"}, "x.r.io/a", []string{"u"}},
		"string prefix (C34)":              {map[string]string{"r.io/a": "u"}, "r.io/abc/x", []string{"u"}},
		"trailing slash (C35)":             {map[string]string{"r.io/a/": "u"}, "r.io/a", nil},
		"unparseable key beside (C36)":     {map[string]string{"r.io:abc": "x", "r.io": "u"}, "r.io/a", []string{"u"}},
		"longer path first (C13)":          {map[string]string{"r.io": "b", "r.io/a": "a"}, "r.io/a/b", []string{"a", "b"}},
		"v2 is the host":                   {map[string]string{"https://r.io/v2/": "u"}, "r.io/a", []string{"u"}},
		"v2 before a path":                 {map[string]string{"r.io/v2/a": "u"}, "r.io/a", []string{"u"}},
		"user information and query":       {map[string]string{"https://me@r.io/?x=1": "u"}, "r.io/a", []string{"u"}},
		"IPv6 with port":                   {map[string]string{"[::1]:5000": "u"}, "[::1]:5000/a", []string{"u"}},
		"IPv6 without port never matches":  {map[string]string{"[::1]": "u"}, "[::1]/a", nil},
		"localhost counts as hub (C39)":    {map[string]string{"index.docker.io": "u"}, "localhost/foo", []string{"u"}},
		"registry-1.docker.io gets none":   {map[string]string{"index.docker.io": "u"}, "registry-1.docker.io/a", nil},
		"upper-case host counts as hub":    {map[string]string{"index.docker.io": "u"}, "Foo/bar", []string{"u"}},
		"case-sensitive":                   {map[string]string{"R.io": "u"}, "r.io/a", nil},
		"upper-case scheme is part of key": {map[string]string{"HTTPS://r.io": "u"}, "r.io/a", nil},
	} {
		t.Run(name, func(t *testing.T) {
			k, err := New([]*corev1.Secret{configJSON(t, "s", tc.keys)})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(tc.want, users(k.Lookup(tc.image))); diff != "" {
				t.Errorf("Lookup(%s) (-want +got):\n%s", tc.image, diff)
			}
		})
	}
}

// Within one key the order is that of the Secrets (C12).
func TestOrderOfSecrets(t *testing.T) {
	k, err := New([]*corev1.Secret{
		configJSON(t, "first", map[string]string{"r.io": "a"}),
		configJSON(t, "second", map[string]string{"r.io": "b", "r.io/x": "c"}),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Credential{
		{Username: "c", Password: "pw", Secret: "second"},
		{Username: "a", Password: "pw", Secret: "first"},
		{Username: "b", Password: "pw", Secret: "second"},
	}
	if diff := cmp.Diff(want, k.Lookup("r.io/x/app")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEntries(t *testing.T) {
	auth := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	for name, tc := range map[string]struct {
		entry string
		want  []Credential
	}{
		"user and password":            {`{"username":"u","password":"p"}`, []Credential{{Username: "u", Password: "p", Secret: "s"}}},
		"auth wins":                    {`{"username":"x","password":"y","auth":"` + auth("u:p:q") + `"}`, []Credential{{Username: "u", Password: "p:q", Secret: "s"}}},
		"auth without padding":         {`{"auth":"` + strings.TrimRight(auth("u:p"), "=") + `"}`, []Credential{{Username: "u", Password: "p", Secret: "s"}}},
		"auth with a newline behind":   {`{"auth":"` + auth("u:p") + `\n"}`, []Credential{{Username: "u", Password: "p", Secret: "s"}}},
		"empty entry is anonymous":     {`{}`, []Credential{{Secret: "s"}}}, // C17
		"null entry is anonymous":      {`null`, []Credential{{Secret: "s"}}},
		"identity token ignored (C37)": {`{"identitytoken":"t","registrytoken":"r"}`, []Credential{{Secret: "s"}}},
	} {
		t.Run(name, func(t *testing.T) {
			for _, s := range []*corev1.Secret{
				secret("s", corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, `{"auths":{"r.io":`+tc.entry+`}}`),
				secret("s", corev1.SecretTypeDockercfg, corev1.DockerConfigKey, `{"r.io":`+tc.entry+`}`),
			} {
				k, err := New([]*corev1.Secret{s})
				if err != nil {
					t.Fatalf("%s: %v", s.Type, err)
				}
				found := k.Lookup("r.io/a")
				for i := range found {
					found[i].Lacks = "" // TestLacks
				}
				if diff := cmp.Diff(tc.want, found); diff != "" {
					t.Errorf("%s (-want +got):\n%s", s.Type, diff)
				}
			}
		})
	}
}

func TestMalformed(t *testing.T) {
	const planted = "hunter2"
	for name, tc := range map[string]struct{ data, want, entry string }{
		"auths is a list (C19)":      {`{"auths":[]}`, "a JSON array where an object is needed", ""},
		"bad base64 elsewhere (C20)": {`{"auths":{"unrelated.io":{"auth":"%` + planted + `"}}}`, "not base64 (at its byte 0)", `in the entry of "unrelated.io": `},
		"no colon":                   {`{"auths":{"r.io":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(planted)) + `"}}}`, "username:password", `in the entry of "r.io": `},
		"trailing space in auth":     {`{"auths":{"r.io":{"auth":"aHVudGVyMjp4 "}}}`, "not base64", `in the entry of "r.io": `},
		"user name is a number":      {`{"auths":{"r.io":{"username":12345}}}`, "a JSON number where a string is needed (at byte 17)", `in the entry of "r.io": `},
		"entry is a string":          {`{"auths":{"r.io":"` + planted + `"}}`, "a JSON string where an object is needed", `in the entry of "r.io": `},
		"trailing garbage":           {`{"auths":{}} ` + planted, "not JSON", ""},
		"byte order mark":            {"\ufeff{}", "not JSON", ""},
		"headers not strings":        {`{"HttpHeaders":{"a":1}}`, "a JSON number where a string is needed", ""},
		"a password in the key":      {`{"auths":{"https://u:` + planted + `@r.io":{"auth":"%"}}}`, "not base64", `in the entry of "r.io": `},
	} {
		t.Run(name, func(t *testing.T) {
			good := configJSON(t, "good", map[string]string{"r.io": "u"})
			bad := secret("regcred", corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, tc.data)
			_, err := New([]*corev1.Secret{good, bad})
			var malformed *MalformedError
			if !errors.As(err, &malformed) {
				t.Fatalf("New: %v, want a MalformedError", err)
			}
			if malformed.Secret != "regcred" || malformed.Key != corev1.DockerConfigJsonKey {
				t.Errorf("names Secret %q, key %q", malformed.Secret, malformed.Key)
			}
			if !strings.Contains(err.Error(), tc.want) {
				t.Errorf("says %q, want %q in it", err, tc.want)
			}
			if tc.entry != "" && !strings.Contains(err.Error(), tc.entry) {
				t.Errorf("says %q, want %q in it", err, tc.entry)
			}
			if strings.Contains(err.Error(), planted) || strings.Contains(err.Error(), "12345") {
				t.Errorf("reveals the content: %q", err)
			}
		})
	}
}

func TestNotMalformed(t *testing.T) {
	for _, data := range []string{`{}`, `null`, `{"auths":null}`, `{"auths":{}}`, `{"credHelpers":{"r.io":"x"}}`} {
		k, err := New([]*corev1.Secret{secret("s", corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, data)})
		if err != nil {
			t.Errorf("%s: %v", data, err)
		}
		if found := k.Lookup("r.io/a"); len(found) != 0 {
			t.Errorf("%s: found %v", data, found)
		}
	}
}

// Secrets that a kubelet ignores are no error, even with nonsense in them
// (C21, C22).
func TestIgnored(t *testing.T) {
	k, err := New([]*corev1.Secret{
		secret("opaque", corev1.SecretTypeOpaque, corev1.DockerConfigJsonKey, `{"auths":{"r.io":{"username":"u","password":"p"}}}`),
		secret("crossed", corev1.SecretTypeDockercfg, corev1.DockerConfigJsonKey, `{nonsense`),
		secret("empty", corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, ""),
	})
	if err != nil {
		t.Fatal(err)
	}
	want := []Ignored{
		{"opaque", "is of type Opaque, not kubernetes.io/dockerconfigjson"},
		{"crossed", `has no key ".dockercfg"`},
		{"empty", `has no key ".dockerconfigjson"`},
	}
	if diff := cmp.Diff(want, k.Ignored()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if found := k.Lookup("r.io/a"); len(found) != 0 {
		t.Errorf("Lookup found %v", found)
	}
}

func TestNilKeyring(t *testing.T) {
	var k *Keyring
	if k.Lookup("r.io/a") != nil || k.Ignored() != nil || k.Covers("s") != nil {
		t.Error("a nil keyring is not empty")
	}
}
