package e2e

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/cloud"
)

// A webhook of its own, with the real plugin, and the cloud changing under it.
func testECRWebhook(t *testing.T, s *suite) {
	c := s.newSite(t)
	_, client := s.providing(t, c, "  pullThrough: []\nlimits: {lookupTimeout: 2m}\n", c.flags(t, c.amazon(t, cloud.IRSA)))
	ns := s.namespace(t, nil)
	let := func(image string, runs int) {
		t.Helper()
		if allowed, said := client.review(t, ns, image); !allowed || len(said) > 0 {
			t.Errorf("%s: %v, %q", image, allowed, said)
		}
		if n := c.Count(cloud.ECR); n != runs {
			t.Errorf("%s: the plugin has run %d times, want %d", image, n, runs)
		}
	}
	let(ecrHost+"/team/app:v1.2.3", 1)
	asked := func() (n int) {
		for _, r := range c.Requests(cloud.Registry) {
			if strings.HasSuffix(r.Path, "/manifests/v1.2.3") { // the content is read in the background
				n++
			}
		}
		return n
	}
	before := asked()
	let(ecrHost+"/team/app:v1.2.3", 1) // known
	if after := asked(); after != before || before == 0 {
		t.Errorf("the second Pod costs %d requests, after %d", after-before, before)
	}
	if allowed, said := client.review(t, ns, ecrHost+"/team/app:v1.2.4"); allowed || !strings.Contains(fmt.Sprint(said), `tag "v1.2.4" does not exist`) {
		t.Errorf("a missing tag: %v, %q", allowed, said)
	}
	// The password expires long before pullgate thinks so: the plugin has another.
	c.Expire("pullgate")
	let(ecrHost+"/team/second:v1.2.3", 2)
	var statuses []int
	for _, r := range c.Requests(cloud.Registry) {
		if strings.HasSuffix(r.Path, "/team/second/manifests/v1.2.3") {
			statuses = append(statuses, r.Status)
		}
	}
	if !slices.Contains(statuses, 403) || statuses[len(statuses)-1] != 200 {
		t.Errorf("the registry answered %v, want a refusal first, and success last", statuses)
	}
	let(ecrHost+"/team/app:v1.2.3", 2)
}

// The same where the registry does not know the password any more, and asks for one.
func testECRRevoked(t *testing.T, s *suite) {
	c := s.newSite(t)
	_, client := s.providing(t, c, "limits: {lookupTimeout: 2m}\n", c.flags(t, c.amazon(t, cloud.EKSPod)))
	ns := s.namespace(t, nil)
	for n, image := range []string{ecrHost + "/team/app:v1.2.3", ecrHost + "/team/second:v1.2.3"} {
		if allowed, said := client.review(t, ns, image); !allowed || len(said) > 0 {
			t.Errorf("%s: %v, %q", image, allowed, said)
		}
		if got := c.Count(cloud.ECR); got != n+1 {
			t.Errorf("%s: the plugin has run %d times, want %d", image, got, n+1)
		}
		c.Revoke("pullgate")
	}
}

// While STS is silent a Pod is let through with a warning, before the API server would
// give up; and then the plugin is left alone for a time that doubles.
func testECRSilentWebhook(t *testing.T, s *suite) {
	c := s.newSite(t)
	c.Set(cloud.STS, cloud.Silent)
	replica, client := s.providing(t, c, "limits: {lookupTimeout: 24h}\ncredentialProviders: {timeout: 6s}\n", c.flags(t, c.amazon(t, cloud.IRSA)))
	client.url = strings.Replace(client.url, "timeout=30s", "timeout=5s", 1)
	ns := s.namespace(t, nil)
	warned := func(image string) {
		t.Helper()
		want := fmt.Sprintf("image %q (%s) not verified: credential provider", image, firstImage)
		if allowed, said := client.review(t, ns, image); !allowed || len(said) != 1 || !strings.HasPrefix(said[0], want) {
			t.Errorf("%v, %q, want one that begins with %q", allowed, said, want)
		}
	}
	warned(ecrHost + "/team/app:v1.2.3")
	if n := c.Count(cloud.STS); n != 1 {
		t.Errorf("STS was asked %d times, want 1", n)
	}
	// The run goes on without anybody who waits for it, and ends by its own limit.
	backsOff := `pullgate_credential_provider_backing_off{provider="ecr-credential-provider"} 1` + "\n"
	eventually(t, "the back-off", func(ctx context.Context) error {
		before, err := metrics(ctx, replica)
		if err != nil {
			return err
		}
		if !strings.Contains(before, backsOff) {
			return errors.New("it does not back off")
		}
		runs := c.Count(cloud.STS)
		warned(ecrHost + "/team/second:v1.2.3")
		after, err := metrics(ctx, replica)
		if err != nil {
			return err
		}
		if !strings.Contains(after, backsOff) {
			return errors.New("the back-off was over meanwhile") // each is longer than the one before
		}
		if n := c.Count(cloud.STS); n != runs {
			return fmt.Errorf("the plugin ran while it is left alone: STS was asked %d times, not %d", n, runs)
		}
		return nil
	})
	if err := c.Abandoned(t.Context(), cloud.STS, 1); err != nil {
		t.Error(err)
	}
	// And when all is well again, so is the image.
	c.Set(cloud.STS, cloud.Well)
	eventually(t, "the provider", func(context.Context) error {
		if _, said := client.review(t, ns, ecrHost+"/team/app:v1.2.3"); len(said) > 0 {
			return fmt.Errorf("%q", said)
		}
		return nil
	})
}
