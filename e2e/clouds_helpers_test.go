package e2e

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// The hosts of the clouds' registries, and of one that is nobody's.
const (
	ecrHost    = cloud.Host
	garHost    = "europe-docker.pkg.dev"
	acrHost    = "acme.azurecr.io"
	harborHost = "harbor.example.com"
)

// The names of the clouds' plugins. Amazon's is the real one.
const (
	googlePlugin = "auth-provider-gcp"
	azurePlugin  = "acr-credential-provider"
	harborPlugin = "harbor-credential-provider"
)

// site is a cloud of a test's own, with registries that all have team/app and
// other/app with the tag v1.2.3, and with the clouds' plugins. pullgate may look at what is
// under team/, and nodes at everything.
type site struct {
	*cloud.Cloud
	certsD, bin string
}

func (s *suite) newSite(t *testing.T) *site {
	t.Helper()
	images, err := scripted.Start(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(images.Close)
	hosts := []string{ecrHost, garHost, acrHost, harborHost}
	for _, host := range hosts {
		for _, repository := range []string{"/team/app", "/team/second", "/other/app"} {
			if _, err := images.Set(host+repository, scripted.Behaviour{Tag: "v1.2.3"}); err != nil {
				t.Fatal(err)
			}
		}
	}
	content, err := cloud.Behind(images.URL())
	if err != nil {
		t.Fatal(err)
	}
	c := &site{certsD: t.TempDir(), bin: t.TempDir()}
	if c.Cloud, err = cloud.Start(cloud.Options{Content: content}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	if err := c.CertsD(c.certsD, hosts...); err != nil {
		t.Fatal(err)
	}
	mayPull := cloud.Role{Name: "pullgate"}
	for _, host := range hosts {
		mayPull.Pull = append(mayPull.Pull, host+"/team/")
	}
	c.SetRole(mayPull)
	c.SetRole(cloud.Role{Name: "node", Pull: []string{""}, Import: true})
	if err := fakeprovider.Install(c.bin, s.binaries[build.ECRProvider], "ecr-credential-provider"); err != nil {
		t.Fatal(err)
	}
	if err := fakeprovider.Install(c.bin, s.binaries[build.FakeProvider], googlePlugin, azurePlugin, harborPlugin); err != nil {
		t.Fatal(err)
	}
	return c
}

// amazon is the real plugin, which has a role in one of the ways that there are.
func (c *site) amazon(t *testing.T, mode cloud.Mode) fakeprovider.Provider {
	t.Helper()
	env, err := c.Environment(mode, "pullgate", t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return cloud.Provider(env)
}

// scriptedProvider is a plugin that is told what to do.
func scriptedProvider(name string, script fakeprovider.Script, match ...string) fakeprovider.Provider {
	return fakeprovider.Provider{
		Name: name, MatchImages: match, DefaultCacheDuration: "10m",
		Env: []string{fakeprovider.Variable + "=" + script.String()},
	}
}

// flags have pullgate run these providers.
func (c *site) flags(t *testing.T, providers ...fakeprovider.Provider) []string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "providers.json")
	if err := os.WriteFile(file, []byte(fakeprovider.Config(providers...)), 0o600); err != nil {
		t.Fatal(err)
	}
	return []string{"--image-credential-provider-config", file, "--image-credential-provider-bin-dir", c.bin}
}

// checkImages is `pullgate check` of images, for Pods of a namespace without Secrets.
func (s *suite) checkImages(t *testing.T, c *site, run checkRun, flags []string, images ...string) map[string]checkItem {
	t.Helper()
	run.certsD, run.kubeconfig = c.certsD, s.cluster.Kubeconfig()
	args := append([]string{"-o", "json", "-n", s.namespace(t, nil)}, flags...)
	checked := s.runCheck(t, run, append(args, images...)...)
	if checked.code > 1 {
		t.Fatalf("exit code %d: %s", checked.code, checked.stderr)
	}
	items := map[string]checkItem{}
	for _, i := range checked.report(t).Items {
		items[i.Image] = i
	}
	if len(items) != len(images) {
		t.Fatalf("%d items of %d images: %s%s", len(items), len(images), checked.stdout, checked.stderr)
	}
	return items
}

// providing is a replica of its own that runs providers. The API server does not call
// it: it is asked directly.
func (s *suite) providing(t *testing.T, c *site, config string, flags []string) (*pullgate.Server, *webhookClient) {
	t.Helper()
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: c.certsD, Config: config, Args: flags,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		replica.Stop()
		if t.Failed() {
			t.Logf("the log of the replica ends:\n%s", replica.Log())
		}
	})
	client, err := s.webhookClient(t, replica)
	if err != nil {
		t.Fatal(err)
	}
	return replica, client
}

// review asks a replica about a Pod with an image, and returns whether it is let
// through, and all that is said of it.
func (c *webhookClient) review(t *testing.T, namespace, image string) (allowed bool, said []string) {
	t.Helper()
	return c.ask(t, plantedReview(t, namespace, pod(image)))
}

// ask is the same for any AdmissionReview.
func (c *webhookClient) ask(t *testing.T, review string) (allowed bool, said []string) {
	t.Helper()
	a, err := c.send(t, "", "", review)
	if err != nil {
		t.Fatal(err)
	}
	r := a.review(t).Response
	said = r.Warnings
	if r.Result != nil && r.Result.Message != "" {
		said = append(said, r.Result.Message)
	}
	return r.Allowed, said
}
