package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// checkPlanted drives `pullgate check` past the same secrets, and returns all that
// it prints.
func (s *suite) checkPlanted(t *testing.T, namespace string, secrets []string) string {
	t.Helper()
	var out strings.Builder
	keep := func(c checked) { out.WriteString(c.stdout + c.stderr) }
	var images []string
	for _, host := range []string{plantedHost, keyedHost} {
		for _, way := range plantedWays() {
			images = append(images, fmt.Sprintf("%s/%s/app:v1", host, way))
		}
	}
	const noBackOff = "limits: {backOff: 0s, lookupTimeout: 2m}\n"
	for _, secret := range secrets {
		for _, format := range [][]string{nil, {"-o", "json"}} {
			args := slices.Concat([]string{"-v", "-n", namespace, "--pull-secret", secret}, format, images)
			c := s.runCheck(t, checkRun{kubeconfig: s.cluster.Kubeconfig(), config: noBackOff}, args...)
			// Else nothing was looked up, and there was nothing to hide.
			if c.code == 3 {
				t.Errorf("%s, %q: %s", secret, format, c.stderr)
			}
			keep(c)
		}
	}
	login := filepath.Join(t.TempDir(), "login.json")
	for name, content := range brokenLogins() {
		manifest := fmt.Sprintf("kind: Secret\napiVersion: v1\nmetadata: {name: own}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n  .dockerconfigjson: %q\n"+
			"---\nkind: Pod\napiVersion: v1\nmetadata: {name: own}\nspec:\n  imagePullSecrets: [{name: own}]\n  containers: [{name: c, image: %q}]\n", content, images[0])
		keep(s.runCheck(t, checkRun{stdin: manifest}, "--local", "-v", "-"))
		// As a document that cannot be read, in which the password is what is wrong.
		keep(s.runCheck(t, checkRun{stdin: "kind: Secret\napiVersion: v1\nmetadata: {name: x}\nstringData: " + content + "\n"}, "--local", "-v", "-"))
		keep(s.runCheck(t, checkRun{stdin: "kind: Secret\napiVersion: v1\nmetadata: {name: x}\ndata: {.dockerconfigjson: " + brokenPassword + "}\n"}, "--local", "-v", "-"))
		if err := os.WriteFile(login, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		keep(s.runCheck(t, checkRun{}, "--local", "-v", "--docker-config="+login, images[0]))
		t.Logf("%s tried", name)
	}
	return out.String()
}

// brokenLogins are those of plantedSecrets, and what no API server lets be a
// Secret.
func brokenLogins() map[string]string {
	all := plantedSecrets()
	all["not-json"] = `{"auths":{"` + plantedHost + `":{"password":"` + brokenPassword
	all["at-error"] = `{"auths":{"` + plantedHost + `":{"password":` + brokenPassword + `}}}`
	all["after-error"] = `{"auths":{]"` + brokenPassword + `"}`
	return all
}

// checkPlantedNodes has `pullgate check` run the same plugins, and returns all that it
// prints, in every format.
func (s *suite) checkPlantedNodes(t *testing.T, namespace string, n *plantedNodes) string {
	t.Helper()
	var out strings.Builder
	run := checkRun{kubeconfig: s.cluster.Kubeconfig(), config: strings.Replace(fmt.Sprintf(plantedConfig, "own"), "tokens: own, ", "", 1), env: plantedEnv()}
	for _, format := range []string{"", "json", "yaml", "sarif", "junit"} {
		args := []string{"-v", "-n", namespace, "-o", format}
		c := s.runCheck(t, run, slices.Concat(args, n.flags(n.config, n.node), plantedImages())...)
		// Else nothing was looked up, and there was nothing to hide.
		if c.code > 2 || !strings.Contains(c.stdout, plantedScriptHost("answers")) {
			t.Errorf("-o %q ends with %d: %s", format, c.code, c.stderr)
		}
		out.WriteString(c.stdout + c.stderr)
	}
	return out.String()
}

// startPlantedNodes has webhook and check meet broken files at their start, and
// returns what they say.
func (s *suite) startPlantedNodes(t *testing.T, n *plantedNodes) string {
	t.Helper()
	var out strings.Builder
	file := filepath.Join(n.dir, "broken.yaml")
	refused := func(what string, flags []string) {
		said := s.webhookRefuses(t, flags...)
		if !strings.Contains(said, "broken.") {
			t.Errorf("%s: the webhook does not name the file: %s", what, said)
		}
		out.WriteString(said)
		c := s.runCheck(t, checkRun{env: plantedEnv()}, append(flags, "-v", "--local", plantedHost+"/good/app:v1")...)
		if c.code != 3 {
			t.Errorf("%s: check ends with %d: %s", what, c.code, c.stderr)
		}
		out.WriteString(c.stdout + c.stderr)
	}
	for what, content := range brokenProviders() {
		n.write(t, file, content)
		refused(what, n.flags(file, n.node))
	}
	login := filepath.Join(n.dir, "broken.json")
	for what, content := range brokenLogins() {
		if slices.Contains([]string{"good", "refused", "key"}, what) {
			continue // nothing is wrong with them
		}
		n.write(t, login, content)
		refused(what, n.flags(n.config, login))
	}
	return out.String()
}
