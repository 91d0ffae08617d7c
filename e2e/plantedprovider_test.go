package e2e

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/collector"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
)

const (
	plantedNodeHost = "planted-node.example.com"
	// plantedConfig lets what hangs hang for a moment.
	plantedConfig = "limits: {backOff: 0s, lookupTimeout: 6s}\ncredentialProviders: {identity: %s, tokens: own, timeout: 3s, suggestTags: true}\n"
)

// plantedNodes are the files about nodes' credentials, with something to hide.
type plantedNodes struct{ dir, config, bin, log, node, tokens string }

// testPlantedProviders drives every path that what plugins are given, and what they
// print, takes, as testPlanted does with Secrets.
func testPlantedProviders(t *testing.T, s *suite) {
	ns := s.namespace(t, map[string]string{"pullgate.dev/enforce": "strict"})
	s.rawSecret(t, ns, "refused", plantedSecrets()["refused"])
	n := s.newPlantedNodes(t)
	for _, host := range append(slices.Collect(maps.Keys(plantedScripts())), "node") {
		if err := registry.MapHost(s.certsD, plantedScriptHost(host), s.planted.url, ""); err != nil {
			t.Fatal(err)
		}
	}
	for _, identity := range []string{"own", "node"} {
		traces, err := collector.Start(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		n.write(t, n.config, fakeprovider.Config(plantedProviders(n.dir, true)...))
		replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
			Binary: s.binaries[build.Pullgate], CertsD: s.certsD, LogLevel: "debug", Config: fmt.Sprintf(plantedConfig, identity),
			Env: append(traces.Env(), plantedEnv()...), Args: append(n.flags(n.config, n.node), "--image-credential-token-dir", n.tokens),
		})
		if err != nil {
			t.Fatal(err)
		}
		defer replica.Stop()
		client, err := s.webhookClient(t, replica)
		if err != nil {
			t.Fatal(err)
		}
		came := map[string]string{"the answers of the replica": client.askAll(t, ns, plantedImages())}
		if identity == "own" {
			n.reload(t, replica)
		}
		s.wantNothingPlanted(t, came, replica, traces)
		if err := replica.Healthy(t.Context()); err != nil {
			t.Error(err)
		}
	}
	n.write(t, n.config, fakeprovider.Config(plantedProviders(n.dir, false)...))
	for _, found := range allPlants().found(s.checkPlantedNodes(t, ns, n)) {
		t.Errorf("pullgate check: %s", found)
	}
	for _, found := range allPlants().found(s.startPlantedNodes(t, n)) {
		t.Errorf("a start that is refused: %s", found)
	}
	n.wantPlanted(t, s)
}

// askAll asks about Pods with one of the images each, with and without a Secret, and
// returns all answers. It asks about several at once: some of them wait.
func (c *webhookClient) askAll(t *testing.T, namespace string, images []string) string {
	t.Helper()
	answers := make([][2]string, len(images))
	var group errgroup.Group
	group.SetLimit(8)
	for n, image := range images {
		p := pod(image)
		p.Spec.ServiceAccountName = "default"
		for secrets, review := range []string{plantedReview(t, namespace, p), plantedReview(t, namespace, withSecrets(p, "refused"))} {
			group.Go(func() error {
				a, err := c.send(t, "", "", review)
				answers[n][secrets] = string(a.body)
				return err
			})
		}
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(answers)
}

// plantedImages are images of all registries with something planted. Those that get a
// password that is one answer in every way that there is.
func plantedImages() (images []string) {
	for _, script := range append(slices.Sorted(maps.Keys(plantedScripts())), "node") {
		ways := []string{"good", "denied"}
		if slices.Contains([]string{"answers", "env", "token", "node"}, script) {
			ways = plantedWays()
		}
		for _, way := range ways {
			images = append(images, fmt.Sprintf("%s/%s/app:v1", plantedScriptHost(script), way))
		}
	}
	return images
}

func (s *suite) newPlantedNodes(t *testing.T) *plantedNodes {
	t.Helper()
	dir := t.TempDir()
	n := &plantedNodes{
		dir: dir, config: filepath.Join(dir, "providers.yaml"), bin: filepath.Join(dir, "bin"), log: filepath.Join(dir, "runs"),
		node: filepath.Join(dir, "config.json"), tokens: filepath.Join(dir, "tokens"),
	}
	for _, folder := range []string{n.bin, n.tokens} {
		if err := os.Mkdir(folder, 0o750); err != nil {
			t.Fatal(err)
		}
	}
	for name, script := range plantedScripts() {
		script.Log = n.log
		n.write(t, filepath.Join(dir, name+".script"), script.String())
		if err := fakeprovider.Install(n.bin, s.binaries[build.FakeProvider], name); err != nil {
			t.Fatal(err)
		}
	}
	n.write(t, n.node, logins(t, "ci", nodePassword, plantedNodeHost))
	account, err := s.cluster.Client().CoreV1().ServiceAccounts(pullgate.Namespace).Get(t.Context(), pullgate.ServiceAccount, metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	claims := fmt.Sprintf(`{"aud":["planted"],"exp":%d,"kubernetes.io":{"namespace":%q,"serviceaccount":{"name":%q,"uid":%q}}}`,
		time.Now().Add(time.Hour).Unix(), account.Namespace, account.Name, account.UID)
	encoded := base64.RawURLEncoding.EncodeToString([]byte(claims))
	n.write(t, filepath.Join(n.tokens, "planted"), "eyJhbGciOiJub25lIn0."+encoded+"."+handedSignature)
	n.write(t, filepath.Join(n.tokens, "broken"), "eyJhbGciOiJub25lIn0."+handedSignature)
	return n
}

// write replaces a file, of which nobody reads a part.
func (*plantedNodes) write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path+".next", []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(path+".next", path); err != nil {
		t.Fatal(err)
	}
}

func (n *plantedNodes) flags(config, node string) []string {
	return []string{"--image-credential-provider-config", config, "--image-credential-provider-bin-dir", n.bin, "--image-credential-node-config", node}
}

// reload has a replica meet broken files while it runs.
func (n *plantedNodes) reload(t *testing.T, replica *pullgate.Server) {
	t.Helper()
	refused := func(what string) int {
		log, err := readFile(replica.LogFile())
		if err != nil {
			t.Fatal(err)
		}
		return strings.Count(log, what+" refused")
	}
	tries := []struct{ file, what, content string }{{n.node, "node config.json", brokenLogins()["not-base64"]}}
	for _, broken := range []string{"no kind", "a number", "only a word"} {
		tries = append(tries, struct{ file, what, content string }{n.config, "credential provider configuration", brokenProviders()[broken]})
	}
	for _, try := range tries {
		before := refused(try.what)
		n.write(t, try.file, try.content)
		eventually(t, "a "+try.what+" that is refused", func(context.Context) error {
			if refused(try.what) == before {
				return errors.New("the log does not say so")
			}
			return nil
		})
	}
	n.write(t, n.node, logins(t, "ci", nodePassword, plantedNodeHost))
}

// wantPlanted proves that the search had something to find: that plugins were given,
// and registries were sent, what is nowhere else.
func (n *plantedNodes) wantPlanted(t *testing.T, s *suite) {
	t.Helper()
	runs, err := readFile(n.log)
	if err != nil {
		t.Fatal(err)
	}
	want := func(who, text string, names ...string) {
		for _, name := range names {
			if len((plants{name: allPlants()[name]}).found(text)) == 0 {
				t.Errorf("%s never got the %s", who, name)
			}
		}
	}
	want("the registry", s.planted.received(), "password of a plugin", "environment of the configuration", "number in the configuration",
		"environment of the process", "password of the nodes' config.json", "token that a plugin is handed")
	want("a plugin", runs, "environment of the configuration", "number in the configuration", "argument of the configuration",
		"environment of the process", "token that a plugin is handed")
	for name := range plantedScripts() {
		if !strings.Contains(runs, plantedScriptHost(name)) {
			t.Errorf("the plugin %s was never run", name)
		}
	}
}
