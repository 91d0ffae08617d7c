package reference

import (
	"slices"
	"testing"
)

const aDigest = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

func TestOnNode(t *testing.T) {
	for name, want := range map[string]string{
		// cri-dockerd
		"my-app:dev":            "docker.io/library/my-app:dev",
		"acme/app:dev":          "docker.io/acme/app:dev",
		"nginx@" + aDigest:      "docker.io/library/nginx@" + aDigest,
		"registry:5000":         "docker.io/library/registry:5000",
		"r.io/app:1":            "r.io/app:1",
		"nginx:1@" + aDigest:    "docker.io/library/nginx@" + aDigest,
		"r.io/app:1@" + aDigest: "r.io/app@" + aDigest,
		"<none>:<none>":         "<none>:<none>",
		"<none>@<none>":         "<none>@<none>",
		// CRI-O and containerd
		"localhost/my-app:dev":               "localhost/my-app:dev",
		"localhost:5000/my-app:dev":          "localhost:5000/my-app:dev",
		"docker.io/library/nginx:1":          "docker.io/library/nginx:1",
		"docker.io/library/nginx@" + aDigest: "docker.io/library/nginx@" + aDigest,
		"docker.io/nginx:1":                  "docker.io/library/nginx:1",
		"index.docker.io/library/nginx:1":    "docker.io/library/nginx:1",
		"r.io:5000/a/b/c@" + aDigest:         "r.io:5000/a/b/c@" + aDigest,
		"[::1]:5000/app:1":                   "[::1]:5000/app:1",
		"Foo/bar:1":                          "Foo/bar:1",
		"":                                   "",
	} {
		if got := OnNode(name); got != want {
			t.Errorf("OnNode(%q) = %q, want %q", name, got, want)
		}
	}
}

// What is in full by a glance has to be so for the parser too.
func FuzzOnNode(f *testing.F) {
	for _, s := range []string{"nginx", "r.io/a:1@" + aDigest, "r.io:1/a", "docker.io/a/b:c", "index.docker.io/a/b:1", "localhost/a:b", "a.b/c_d:1", "x:1/y:2/z@" + aDigest} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ref, err := Parse(s); err == nil && OnNode(s) != ref.String() {
			t.Errorf("OnNode(%q) = %q, want %q", s, OnNode(s), ref)
		}
	})
}

func TestNodeNames(t *testing.T) {
	for written, want := range map[string][]string{
		"my-app:dev":                  {"docker.io/library/my-app:dev", "localhost/my-app:dev"},
		"acme/app":                    {"docker.io/acme/app:latest", "localhost/acme/app:latest"},
		"my-app:dev@" + aDigest:       {"docker.io/library/my-app@" + aDigest, "localhost/my-app@" + aDigest},
		"docker.io/library/my-app:1":  {"docker.io/library/my-app:1"},
		"index.docker.io/acme/app:1":  {"docker.io/acme/app:1"},
		"localhost/my-app:dev":        {"localhost/my-app:dev"},
		"registry.example.com/app:v1": {"registry.example.com/app:v1"},
	} {
		ref, err := Parse(written)
		if err != nil {
			t.Fatal(err)
		}
		if got := ref.NodeNames(); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", written, got, want)
		}
	}
}
