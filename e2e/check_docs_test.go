package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/documents"
	"github.com/pullgate/pullgate/e2e/process"
)

// testCheckDocs runs every command that docs/check.md and the README's section on
// check show in a block marked sh. The registry that they name is not there, so
// that nothing is certain, and all of them end with 0.
func testCheckDocs(t *testing.T, s *suite) {
	root, err := build.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join(root, "docs", "check.md"))
	if err != nil {
		t.Fatal(err)
	}
	readme, err := os.ReadFile(filepath.Join(root, "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(readme), "## Check without a webhook")
	section, _, _ = strings.Cut(section, "\n## ")

	home := t.TempDir()
	bin := filepath.Join(home, "bin")
	if err := os.Mkdir(bin, 0o750); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"pullgate": s.binaries[build.Pullgate], "kubectl": s.binaries[build.Kubectl]} {
		if err := os.Symlink(target, filepath.Join(bin, name)); err != nil {
			t.Fatal(err)
		}
	}
	writeIn(t, home, "deploy.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p, namespace: shop}\nspec: {containers: [{name: c, image: registry.example.com/acme/app:1.2}]}\n")
	writeIn(t, home, "manifests/deeper/deploy.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\n")
	writeIn(t, home, "overlay/kustomization.yaml", "resources: [pod.yaml]\n")
	writeIn(t, home, "overlay/pod.yaml", "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec: {containers: [{name: c, image: registry.example.com/acme/app:1.2}]}\n")
	writeIn(t, home, "login.json", `{"auths":{"registry.example.com":{"auth":"dTpw"}}}`)
	writeIn(t, home, "config.json", `{"auths":{"registry.example.com":{"auth":"dTpw"}}}`)
	writeIn(t, home, "providers.yaml", "apiVersion: kubelet.config.k8s.io/v1\nkind: CredentialProviderConfig\nproviders:\n"+
		"- {name: plugin, matchImages: [registry.example.com], defaultCacheDuration: 1h, apiVersion: credentialprovider.kubelet.k8s.io/v1}\n")
	writeIn(t, home, "plugins/plugin", "#!/bin/sh\nexit 1\n")
	if err := os.Chmod(filepath.Join(home, "plugins", "plugin"), 0o700); err != nil {
		t.Fatal(err)
	}

	var commands []string
	for _, c := range documents.In("check.md and README.md", string(page)+section) {
		if !c.Inline {
			commands = append(commands, c.Text)
		}
	}
	if len(commands) < 15 {
		t.Fatalf("only %d commands found: %q", len(commands), commands)
	}
	for _, command := range commands {
		cmd := exec.CommandContext(t.Context(), "sh", "-ec", command)
		cmd.Dir = home
		cmd.Env = process.Env(home, "KUBECONFIG="+s.cluster.Kubeconfig(), "PATH="+bin+":"+os.Getenv("PATH"))
		c := result(t, cmd, "")
		// In the cluster, other cases have Pods that really cannot be pulled.
		ofCluster := strings.Contains(command, " -A") || strings.Contains(command, "--running")
		if c.code != 0 && (!ofCluster || c.code != 1) {
			t.Errorf("%s: exit code %d:\n%s%s", command, c.code, c.stdout, c.stderr)
		}
	}
}
