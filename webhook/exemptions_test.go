package webhook

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook/workload"
)

func TestExemptRequests(t *testing.T) {
	e := Exemptions{
		Namespaces:     []string{"team-*"},
		Usernames:      []string{"system:serviceaccount:kube-system:*"},
		RuntimeClasses: []string{"kata"},
	}
	for name, tc := range map[string]struct {
		namespace, user string
		want            string
	}{
		"namespace":         {"team-a", "ada", "namespace"},
		"another namespace": {"prod", "ada", ""},
		"user":              {"prod", "system:serviceaccount:kube-system:job-controller", "username"},
		"another user":      {"prod", "system:serviceaccount:prod:default", ""},
	} {
		if got := e.request(tc.namespace, authenticationv1.UserInfo{Username: tc.user}); got != tc.want {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
	kata, runc := "kata", "runc"
	for class, want := range map[*string]string{&kata: "runtimeClass", &runc: "", nil: ""} {
		if got := e.podSpec(workload.PodSpec{RuntimeClassName: class}); got != want {
			t.Errorf("runtime class %v: %q, want %q", class, got, want)
		}
	}
}

func TestWorthChecking(t *testing.T) {
	c := DefaultConfig()
	c.Exemptions.Images = []string{"registry.example.com/base/**", "docker.io/library/nginx:*", "scratch-*"}
	for name, tc := range map[string]struct {
		images   []string
		template bool
		want     []string
	}{
		"by the whole name":           {[]string{"nginx:1.29", "docker.io/library/nginx:1", "nginx@sha256:" + strings.Repeat("a", 64)}, false, []string{"nginx@sha256:" + strings.Repeat("a", 64)}},
		"by what is written":          {[]string{"scratch-x"}, false, nil},
		"below a path":                {[]string{"registry.example.com/base/a:1", "registry.example.com/base/a/b/c:1", "registry.example.com/app:1"}, false, []string{"registry.example.com/app:1"}},
		"invalid":                     {[]string{"Not An Image"}, false, []string{"Not An Image"}},
		"placeholders in a Pod":       {[]string{"auto", " ", "${IMAGE}"}, false, []string{"auto", " ", "${IMAGE}"}},
		"placeholders in a template":  {[]string{"auto", "", "  ", "${IMAGE}", "$(IMAGE)", "{{ .Values.image }}"}, true, nil},
		"a variable in an image":      {[]string{"registry.example.com/app:${TAG}", "{{ .repo }}/app"}, true, []string{"registry.example.com/app:${TAG}", "{{ .repo }}/app"}},
		"too long to be held against": {[]string{strings.Repeat("a", maxMatched+1)}, true, []string{strings.Repeat("a", maxMatched+1)}},
	} {
		t.Run(name, func(t *testing.T) {
			var images []workload.Image
			for _, i := range tc.images {
				images = append(images, workload.Image{Image: resolver.Image{Reference: i}})
			}
			var got []string
			for _, i := range c.worthChecking(images, tc.template) {
				got = append(got, i.Reference)
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigValidate(t *testing.T) {
	c := DefaultConfig()
	if errs := c.Validate(); len(errs) != 0 {
		t.Errorf("the default: %v", errs)
	}
	c.Defaults.Warn = "loud"
	c.Exemptions = Exemptions{Namespaces: []string{"[a"}, Usernames: []string{""}, RuntimeClasses: []string{"ok", "{a"}, Images: []string{`a\`}}
	c.Workloads.Placeholders = []string{"[]"}
	var fields []string
	for _, err := range c.Validate() {
		fields = append(fields, err.Field)
	}
	want := []string{"defaults.warn", "exemptions.namespaces[0]", "exemptions.usernames[0]", "exemptions.runtimeClasses[1]", "exemptions.images[0]", "workloads.placeholders[0]"}
	if diff := cmp.Diff(want, fields); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
