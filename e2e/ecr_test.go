package e2e

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/cloud"
)

// The real plugin, in each way to have an identity, opens the registry for check.
func testECRModes(t *testing.T, s *suite) {
	for _, mode := range cloud.Modes() {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := s.newSite(t)
			const image = ecrHost + "/team/app:v1.2.3"
			i := s.checkImages(t, c, checkRun{}, c.flags(t, c.amazon(t, mode)), image)[image]
			if i.Reason != "Pullable" || i.Message != "" {
				t.Errorf("%s: %s", i.Reason, i.Message)
			}
			if n := c.Count(cloud.ECR); n != 1 {
				t.Errorf("ECR was asked for %d passwords, want 1", n)
			}
			if r := c.Requests(cloud.Registry); len(r) == 0 || r[len(r)-1].Role != "pullgate" {
				t.Errorf("the registry was asked %+v", r)
			}
		})
	}
}

// What pullgate says of an image on ECR, by what its own role may do, and by what the
// administrator has said of the nodes.
func testECRVerdicts(t *testing.T, s *suite) {
	const (
		there, missing = ecrHost + "/team/app:v1.2.3", ecrHost + "/team/app:v1.2.4"
		nowhere        = ecrHost + "/team/ap:v1.2.3"
		foreign        = ecrHost + "/other/app:v1.2.3"
	)
	own := func(*site) {}
	for name, tc := range map[string]struct {
		set           func(*site)
		image         string
		registries    string
		identity      string
		reason, class string
		words         string
	}{
		"found":                      {own, there, "", "own", "Pullable", "pullable", ""},
		"tag, nothing said":          {own, missing, "", "own", "NodeManaged", "unverified", "registries.pullThrough"},
		"tag, no pull-through":       {own, missing, ", pullThrough: []", "own", "ImageNotFound", "definite", `tag "v1.2.4" does not exist`},
		"tag, it is pull-through":    {own, missing, ", pullThrough: ['*.dkr.ecr.*.amazonaws.com/team']", "own", "NodeManaged", "unverified", `tag "v1.2.4" does not exist`},
		"tag, another is":            {own, missing, ", pullThrough: ['*.dkr.ecr.*.amazonaws.com/docker-hub']", "own", "ImageNotFound", "definite", `tag "v1.2.4" does not exist`},
		"tag, as the nodes":          {own, missing, "", "node", "ImageNotFound", "definite", `tag "v1.2.4" does not exist`},
		"repository, nothing said":   {own, nowhere, "", "own", "NodeManaged", "unverified", "registries.pullThrough"},
		"repository, no caches":      {own, nowhere, ", pullThrough: []", "own", "RepositoryNotFound", "definite", "does not exist"},
		"no rights":                  {own, foreign, "", "own", "NodeManaged", "unverified", "pullgate's own identity"},
		"no rights, no caches":       {own, foreign, ", pullThrough: []", "own", "NodeManaged", "unverified", "pullgate's own identity"},
		"no rights, as the nodes":    {own, foreign, "", "node", "Unauthorized", "definite", "credential provider"},
		"no rights, nothing there":   {own, ecrHost + "/none/app:v1.2.3", ", pullThrough: []", "own", "NodeManaged", "unverified", "pullgate's own identity"},
		"no password":                {func(c *site) { c.SetRole(cloud.Role{Name: "pullgate", NoPassword: true}) }, there, ", pullThrough: []", "own", "CredentialProviderFailed", "unverified", "ecr-credential-provider"},
		"no password, as the nodes":  {func(c *site) { c.SetRole(cloud.Role{Name: "pullgate", NoPassword: true}) }, there, "", "node", "CredentialProviderFailed", "unverified", "ecr-credential-provider"},
		"no password, anybody's":     {func(c *site) { c.Set(cloud.ECR, cloud.Denied); c.SetRole(cloud.Role{Pull: []string{""}}) }, there, "", "own", "Pullable", "pullable", ""},
		"registry throttles":         {func(c *site) { c.Set(cloud.Registry, cloud.Throttled) }, there, ", pullThrough: []", "own", "RateLimited", "unverified", ""},
		"registry is out":            {func(c *site) { c.Set(cloud.Registry, cloud.Unavailable) }, there, ", pullThrough: []", "own", "RegistryUnavailable", "unverified", ""},
		"registry forgets passwords": {func(c *site) { c.SetRole(cloud.Role{Name: "pullgate"}) }, there, ", pullThrough: []", "own", "NodeManaged", "unverified", "pullgate's own identity"},
		"may list no tags": {func(c *site) { c.SetRole(cloud.Role{Name: "pullgate", Pull: []string{""}, NoTags: true}) }, missing, ", pullThrough: []", "own",
			"ImageNotFound", "definite", `tag "v1.2.4" does not exist`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := s.newSite(t)
			tc.set(c)
			run := checkRun{registries: tc.registries, config: patientLimits + "credentialProviders: {identity: " + tc.identity + "}\n"}
			i := s.checkImages(t, c, run, c.flags(t, c.amazon(t, cloud.StaticKey)), tc.image)[tc.image]
			if i.Reason != tc.reason || i.Class != tc.class || !strings.Contains(i.Message, tc.words) {
				t.Errorf("%s (%s): %s, want %s (%s) and %q", i.Reason, i.Class, i.Message, tc.reason, tc.class, tc.words)
			}
			// What pullgate sees of a repository is not for everybody.
			if strings.Contains(i.Message, "did you mean") != (tc.identity == "node" && tc.image == missing) {
				t.Errorf("a suggestion, or none: %s", i.Message)
			}
			if strings.Contains(i.Message, "registry-password") {
				t.Errorf("a password: %s", i.Message)
			}
		})
	}
}

// However many images of a registry are checked, the plugin is run once.
func testECROneRun(t *testing.T, s *suite) {
	c := s.newSite(t)
	images := []string{ecrHost + "/team/app:v1.2.3", ecrHost + "/team/second:v1.2.3", ecrHost + "/team/app:v1.2.4", ecrHost + "/other/app:v1.2.3"}
	items := s.checkImages(t, c, checkRun{registries: ", pullThrough: []"}, c.flags(t, c.amazon(t, cloud.IRSA)), images...)
	for n, reason := range []string{"Pullable", "Pullable", "ImageNotFound", "NodeManaged"} {
		if i := items[images[n]]; i.Reason != reason {
			t.Errorf("%s: %s: %s, want %s", i.Image, i.Reason, i.Message, reason)
		}
	}
	// Once, and once more for the one that was refused.
	if n := c.Count(cloud.STS); n > 2 {
		t.Errorf("STS was asked %d times: %+v", n, c.Requests(cloud.STS))
	}
}

// Silence holds nobody up for longer than a look-up may take, and the plugin does not
// outlive check.
func testECRSilentCheck(t *testing.T, s *suite) {
	c := s.newSite(t)
	c.Set(cloud.STS, cloud.Silent)
	images := []string{ecrHost + "/team/app:v1.2.3", ecrHost + "/team/second:v1.2.3"}
	items := s.checkImages(t, c, checkRun{config: "credentialProviders: {timeout: 2s}\n"}, c.flags(t, c.amazon(t, cloud.IRSA)), images...)
	for _, image := range images {
		if i := items[image]; i.Reason != "CredentialProviderFailed" || i.Class != "unverified" || !strings.Contains(i.Message, "did not answer in time") {
			t.Errorf("%s: %s (%s): %s", image, i.Reason, i.Class, i.Message)
		}
	}
	if n := c.Count(cloud.STS); n != 1 {
		t.Errorf("STS was asked %d times, want 1", n)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	defer cancel()
	if err := c.Abandoned(ctx, cloud.STS, 1); err != nil {
		t.Errorf("the plugin is left behind: %v", err)
	}
}
