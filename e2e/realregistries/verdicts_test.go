package realregistries

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/registry"
)

// host is what Pods call the registry.
const host = "registry.test"

// asked is one Pod's images, and which password its pull Secret has; "" is for a Pod
// that names none.
type asked struct {
	name     string
	password string
	images   []image
}

type image struct {
	name string // without the host
	want []string
}

// questions are those for a registry whose users need this password, "" if nobody does.
func questions(good string) []asked {
	missing := []string{"ImageNotFound", "RepositoryNotFound"}
	right := asked{"what is there and what is not", good, []image{
		{repository + ":" + tag, []string{"Pullable"}},
		{repository + ":" + noTag, []string{"ImageNotFound"}},
		{noRepo + ":" + tag, missing},
		{repository + "@" + noDigest, missing},
		{noRepo + "@" + noDigest, missing},
	}}
	if good == "" {
		return []asked{right}
	}
	refused := []string{"Unauthorized"}
	return []asked{
		right,
		{"no credentials", "", []image{{repository + ":" + tag, refused}, {repository + ":" + noTag, refused}}},
		{"a wrong password", "not-" + good, []image{{repository + ":" + tag, refused}, {noRepo + ":" + tag, refused}}},
	}
}

// TestVerdicts asks about what is there and what is not. Each refusal must be
// definite: a node fails at the same place, for good.
func TestVerdicts(t *testing.T) {
	paths, err := build.Ensure(t.Context(), os.Stderr, build.Pullgate)
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			s := p.start(t)
			good := ""
			if s.login {
				good = password
			}
			for _, q := range questions(good) {
				t.Run(q.name, func(t *testing.T) {
					got := s.check(t, paths[build.Pullgate], q)
					for _, i := range q.images {
						got[host+"/"+i.name].mustBe(t, i)
					}
				})
			}
		})
	}
}

// verdict is an item of the report of `pullgate check -o json`.
type verdict struct {
	Image   string `json:"image"`
	Class   string `json:"class"`
	Reason  string `json:"reason"`
	Message string `json:"message"`
	Detail  string `json:"detail"`
}

func (v verdict) mustBe(t *testing.T, i image) {
	t.Helper()
	t.Logf("%s: %s is %s: %s", i.name, v.Reason, v.Class, v.Message)
	class := "definite"
	if slices.Contains(i.want, "Pullable") {
		class = "pullable"
	}
	if !slices.Contains(i.want, v.Reason) || v.Class != class {
		t.Errorf("%s: %q is %q (%s %s), want %q of %s", i.name, v.Reason, v.Class, v.Message, v.Detail, i.want, class)
	}
	if class == "pullable" && v.Message != "" {
		t.Errorf("%s: a note on a sound image: %s", i.name, v.Message)
	}
}

// check asks the built binary, which reads the content of what it finds as well, and
// knows nothing from before.
func (s server) check(t *testing.T, binary string, q asked) map[string]verdict {
	t.Helper()
	dir := t.TempDir()
	write(t, filepath.Join(dir, "config.yaml"), map[string]any{
		"apiVersion": "pullgate.dev/v1alpha1",
		"kind":       "Configuration",
		"registries": map[string]any{"configDir": s.certsD(t)},
		"limits":     map[string]any{"lookupTimeout": "10m"}, // however busy the machine is
	})
	write(t, filepath.Join(dir, "pod.json"), podOf(q))
	cmd := exec.CommandContext(t.Context(), binary, "check", "--local", "--config", "config.yaml", "--timeout", "20m", "-o", "json", "-f", "pod.json")
	cmd.Dir, cmd.Env = dir, process.Env(dir)
	out, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && (!errors.As(err, &exit) || exit.ExitCode() != 1) { // 1: a refusal, which is what is asked for
		t.Fatalf("%v: %s", err, exit.Stderr)
	}
	var report struct{ Items []verdict }
	if err := json.Unmarshal(out, &report); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	verdicts := map[string]verdict{}
	for _, v := range report.Items {
		verdicts[v.Image] = v
	}
	return verdicts
}

// certsD has the host stand for the registry. The token server is named as well, or
// nothing would make pullgate dial it.
func (s server) certsD(t *testing.T) string {
	t.Helper()
	servers := map[string]string{host: s.url}
	if s.realm != "" {
		realm, err := url.Parse(s.realm)
		if err != nil {
			t.Fatal(err)
		}
		servers[realm.Hostname()+"_"+realm.Port()+"_"] = s.realm
	}
	dir := t.TempDir()
	for name, endpoint := range servers {
		if err := registry.MapHost(dir, name, endpoint, ""); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// podOf is a Pod of these images with its ServiceAccount and its pull Secret. The
// ServiceAccount says that there is no other Secret.
func podOf(q asked) map[string]any {
	containers, secrets := []any{}, []any{}
	for n, i := range q.images {
		containers = append(containers, map[string]any{"name": fmt.Sprintf("c%d", n), "image": host + "/" + i.name})
	}
	items := []any{}
	if q.password != "" {
		login, _ := json.Marshal(map[string]any{"auths": map[string]any{host: map[string]string{"username": user, "password": q.password}}}) // strings always can be
		secrets = append(secrets, map[string]any{"name": "regcred"})
		items = append(items, object("Secret", "regcred", map[string]any{
			"type": "kubernetes.io/dockerconfigjson", "stringData": map[string]any{".dockerconfigjson": string(login)},
		}))
	}
	items = append(items,
		object("ServiceAccount", "default", map[string]any{"imagePullSecrets": secrets}),
		object("Pod", "app", map[string]any{"spec": map[string]any{"containers": containers}}))
	return map[string]any{"apiVersion": "v1", "kind": "List", "items": items}
}

func object(kind, name string, fields map[string]any) map[string]any {
	fields["apiVersion"], fields["kind"], fields["metadata"] = "v1", kind, map[string]any{"name": name}
	return fields
}

// write writes JSON, which is YAML too.
func write(t *testing.T, path string, document map[string]any) {
	t.Helper()
	content, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
}
