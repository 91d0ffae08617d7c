package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Google's and Azure's plugins, and their registries, as far as they differ from
// Amazon's (P42 to P45).
func testOtherClouds(t *testing.T, s *suite) {
	google := func(script func(token string) fakeprovider.Script) func(*site) fakeprovider.Provider {
		return func(c *site) fakeprovider.Provider {
			return scriptedProvider(googlePlugin, script(c.Issue("pullgate")), "container.cloud.google.com", "gcr.io", "*.gcr.io", "*.pkg.dev")
		}
	}
	azure := func(c *site) fakeprovider.Provider {
		return scriptedProvider(azurePlugin, cloud.Azure(c.Issue("pullgate")), "*.azurecr.io", "*.azurecr.cn", "*.azurecr.de", "*.azurecr.us")
	}
	harbor := func(c *site) fakeprovider.Provider {
		return scriptedProvider(harborPlugin, cloud.Amazon(c.Issue("pullgate")), harborHost)
	}
	fails := func(string) fakeprovider.Script { return cloud.GoogleFails() }
	public := func(c *site) { c.SetRole(cloud.Role{Pull: []string{""}}) }
	for name, tc := range map[string]struct {
		provider      func(*site) fakeprovider.Provider
		set           func(*site)
		image         string
		identity      string
		reason, class string
		words         []string
	}{
		"P42 Google's answers nothing":              {google(fails), nil, garHost + "/team/app:v1.2.3", "own", "NodeManaged", "unverified", []string{"no credential provider has credentials"}},
		"P42 the same, as the nodes":                {google(fails), nil, garHost + "/team/app:v1.2.3", "node", "NodeManaged", "unverified", nil},
		"P42 the same, of a public image":           {google(fails), public, garHost + "/team/app:v1.2.3", "own", "Pullable", "pullable", nil},
		"P44 GAR, there":                            {google(cloud.Google), nil, garHost + "/team/app:v1.2.3", "own", "Pullable", "pullable", nil},
		"P44 GAR, refused":                          {google(cloud.Google), nil, garHost + "/other/app:v1.2.3", "own", "NodeManaged", "unverified", []string{"pullgate's own identity", googlePlugin}},
		"P44 GAR, refused, as the nodes":            {google(cloud.Google), nil, garHost + "/other/app:v1.2.3", "node", "Unauthorized", "definite", nil},
		"P44 GAR, missing":                          {google(cloud.Google), nil, garHost + "/team/app:v1.2.4", "own", "ImageNotFound", "definite", []string{`tag "v1.2.4" does not exist`}},
		"P44 Harbor, there":                         {harbor, nil, harborHost + "/team/app:v1.2.3", "own", "Pullable", "pullable", nil},
		"P44 Harbor, missing":                       {harbor, nil, harborHost + "/team/app:v1.2.4", "own", "NodeManaged", "unverified", []string{`tag "v1.2.4" does not exist`}},
		"P44 Harbor, missing, as the nodes":         {harbor, nil, harborHost + "/team/app:v1.2.4", "node", "ImageNotFound", "definite", nil},
		"P45 ACR, there":                            {azure, nil, acrHost + "/team/app:v1.2.3", "own", "Pullable", "pullable", nil},
		"P45 ACR, refused, and refused anonymously": {azure, nil, acrHost + "/other/app:v1.2.3", "own", "NodeManaged", "unverified", []string{"pullgate's own identity", azurePlugin}},
		"P45 the same, as the nodes":                {azure, nil, acrHost + "/other/app:v1.2.3", "node", "Unauthorized", "definite", nil},
		"P45 ACR, refused, and open to anybody":     {azure, public, acrHost + "/other/app:v1.2.3", "own", "Pullable", "pullable", nil},
		"P45 ACR, missing":                          {azure, nil, acrHost + "/team/app:v1.2.4", "own", "ImageNotFound", "definite", []string{`tag "v1.2.4" does not exist`}},
		"ACR, the plugin fails": {
			func(*site) fakeprovider.Provider {
				return scriptedProvider(azurePlugin, cloud.AzureFails(), "*.azurecr.io")
			}, nil, acrHost + "/team/app:v1.2.3", "own", "CredentialProviderFailed", "unverified", []string{azurePlugin, "exit status 1"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.newSite(t)
			if tc.set != nil {
				tc.set(c)
			}
			run := checkRun{config: patientLimits + "credentialProviders: {identity: " + tc.identity + "}\n"}
			i := s.checkImages(t, c, run, c.flags(t, tc.provider(c)), tc.image)[tc.image]
			if i.Reason != tc.reason || i.Class != tc.class || !containsAll(i.Message, tc.words) {
				t.Errorf("%s (%s): %s, want %s (%s) and %q", i.Reason, i.Class, i.Message, tc.reason, tc.class, tc.words)
			}
			for _, secret := range []string{"registry-password", "metadata", "E0101"} {
				if strings.Contains(i.Message, secret) {
					t.Errorf("what a plugin printed: %s", i.Message)
				}
			}
		})
	}
}

// One password under two keys that match is tried once (P43): it costs what it costs
// under one key.
func testGoogleTwoKeys(t *testing.T, s *suite) {
	var cost []string
	for _, keys := range [][]string{{"{host}"}, {"{host}", "*.pkg.dev"}} {
		c := s.newSite(t)
		password := c.Issue("pullgate")
		auth := map[string]fakeprovider.Login{}
		for _, key := range keys {
			auth[key] = fakeprovider.Login{Username: cloud.GoogleUser, Password: password}
		}
		p := scriptedProvider(googlePlugin, fakeprovider.Script{Stdout: fakeprovider.Answer("Image", "0s", auth)}, "*.pkg.dev")
		const image = garHost + "/other/app:v1.2.3"
		if i := s.checkImages(t, c, checkRun{}, c.flags(t, p), image)[image]; i.Reason != "NodeManaged" {
			t.Errorf("%d keys: %s: %s", len(keys), i.Reason, i.Message)
		}
		requests := fmt.Sprintf("%d of the token server, %d of the registry", c.Count(cloud.TokenServer), c.Count(cloud.Registry))
		cost = append(cost, requests)
	}
	if cost[0] != cost[1] {
		t.Errorf("one key: %s; two keys: %s", cost[0], cost[1])
	}
}

// Azure's plugin gets a token, and by it another identity than the machine's, only with
// tokens: own (P46); without, it is not run (P53).
func testAzureToken(t *testing.T, s *suite) {
	const audience = "api://AzureADTokenExchange"
	for tokens, runs := range map[string]bool{"none": false, "own": true} {
		t.Run(tokens, func(t *testing.T) {
			t.Parallel()
			c := s.newSite(t)
			log := filepath.Join(t.TempDir(), "log")
			script := cloud.Azure(c.Issue("pullgate"))
			script.Log = log
			p := scriptedProvider(azurePlugin, script, "*.azurecr.io")
			p.TokenAttributes = map[string]any{
				"serviceAccountTokenAudience": audience, "requireServiceAccount": true, "cacheType": "ServiceAccount",
				"optionalServiceAccountAnnotationKeys": []string{"kubernetes.azure.com/acr-client-id"},
			}
			token := s.ownToken(t, audience)
			folder := t.TempDir()
			writeIn(t, folder, "azure", token)
			_, client := s.providing(t, c, "limits: {lookupTimeout: 2m}\ncredentialProviders: {tokens: "+tokens+"}\n",
				append(c.flags(t, p), "--image-credential-token-dir", folder))
			allowed, said := client.review(t, s.namespace(t, nil), acrHost+"/team/app:v1.2.3")
			ran, err := fakeprovider.Runs(log)
			if err != nil {
				t.Fatal(err)
			}
			if !runs {
				if !allowed || len(said) != 1 || !containsAll(said[0], []string{azurePlugin, "credentialProviders.tokens"}) || len(ran) > 0 {
					t.Errorf("%v, %q, after %d runs", allowed, said, len(ran))
				}
				return
			}
			if !allowed || len(said) > 0 || len(ran) != 1 {
				t.Fatalf("%v, %q, after %d runs", allowed, said, len(ran))
			}
			if q := ran[0].Request(); q.ServiceAccountToken != token || q.Image != acrHost+"/team/app" {
				t.Errorf("the plugin was asked for %q with a token of %d bytes, want %d", q.Image, len(q.ServiceAccountToken), len(token))
			}
			if slices.ContainsFunc(append(ran[0].Args, ran[0].Env...), func(text string) bool { return strings.Contains(text, token) }) {
				t.Error("the token is in the plugin's arguments or environment")
			}
		})
	}
}

// ownToken is one of pullgate's ServiceAccount for an audience, as a projected volume
// has it.
func (s *suite) ownToken(t *testing.T, audience string) string {
	t.Helper()
	request, err := s.cluster.Client().CoreV1().ServiceAccounts(pullgate.Namespace).CreateToken(t.Context(), pullgate.ServiceAccount,
		&authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{Audiences: []string{audience}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	return request.Status.Token
}

// A configuration that a kubelet would not start with, and a plugin that is not there,
// keep check and the webhook from starting, in words that name it.
func testBadProviders(t *testing.T, s *suite) {
	c := s.newSite(t)
	missing := c.flags(t, fakeprovider.Provider{Name: "no-such-provider", MatchImages: []string{"r.io"}})
	bad := c.flags(t, fakeprovider.Provider{Name: googlePlugin, MatchImages: []string{"r.io:*"}})
	for name, tc := range map[string]struct {
		flags []string
		words []string
	}{
		"missing plugin":     {missing, []string{"providers.json", "no-such-provider"}},
		"bad pattern":        {bad, []string{"providers.json", googlePlugin, "r.io:*"}},
		"no such file":       {[]string{missing[0], filepath.Join(c.bin, "none.yaml"), missing[2], c.bin}, []string{"none.yaml"}},
		"no folder of these": {missing[:2], []string{"--image-credential-provider-bin-dir"}},
	} {
		t.Run(name, func(t *testing.T) {
			checked := s.runCheck(t, checkRun{certsD: c.certsD}, append(slices.Clone(tc.flags), ecrHost+"/team/app:v1.2.3")...)
			if checked.code != 3 || !containsAll(checked.stderr, tc.words) {
				t.Errorf("check ends with %d: %s, want 3 and %q", checked.code, checked.stderr, tc.words)
			}
			config := filepath.Join(t.TempDir(), "config.yaml")
			if err := os.WriteFile(config, []byte("apiVersion: pullgate.dev/v1alpha1\nkind: Configuration\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			if out := s.webhookRefuses(t, append([]string{"--config", config}, tc.flags...)...); !containsAll(out, tc.words) {
				t.Errorf("the webhook says %s, want %q", out, tc.words)
			}
		})
	}
}
