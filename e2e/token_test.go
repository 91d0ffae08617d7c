package e2e

import (
	"fmt"
	"strings"
	"testing"
)

func testTokenPublic(t *testing.T, s *suite) {
	push(t, s.token, "acme/public", "v1")
	ns := s.namespace(t, nil)
	s.create(t, ns, pod(tokenHost+"/acme/public:v1")).created(t)
	image := tokenHost + "/acme/public:v2"
	s.create(t, ns, pod(image)).denied(t, "ImageNotFound", firstImage, image, `tag "v2"`)
}

func testTokenPrivate(t *testing.T, s *suite) {
	push(t, s.token, "acme/private", "v1")
	image := tokenHost + "/acme/private:v1"
	ns := s.namespace(t, nil)
	t.Run("without a Secret", func(t *testing.T) {
		s.create(t, ns, pod(image)).denied(t, "Unauthorized", firstImage, image, "imagePullSecrets")
	})
	t.Run("with a refused password", func(t *testing.T) {
		s.pullSecret(t, ns, "stale", tokenHost, user, "of-last-year")
		o := s.create(t, ns, withSecrets(pod(image), "stale"))
		o.denied(t, "Unauthorized", firstImage, image, "stale")
		wantNoSecret(t, o, "of-last-year")
	})
	t.Run("with the Secret", func(t *testing.T) {
		s.pullSecret(t, ns, "pull", tokenHost, user, password)
		s.create(t, ns, withSecrets(pod(image), "pull")).created(t)
	})
	t.Run("a second time", func(t *testing.T) {
		// Other cases use the registry too, but only this one this repository.
		before := len(requestsTo(t, s.token, "acme/private"))
		s.create(t, ns, withSecrets(pod(image), "pull")).created(t)
		if got := byTag(requestsTo(t, s.token, "acme/private")[before:]); len(got) > 0 {
			t.Errorf("the second Pod costs %v", got)
		}
	})
}

// The credential is good, and not for this repository.
func testTokenWrongUser(t *testing.T, s *suite) {
	push(t, s.token, "acme/of-another-team", "v1")
	image := tokenHost + "/acme/of-another-team:v1"
	ns := s.namespace(t, nil)
	s.pullSecret(t, ns, "pull", tokenHost, user, password)
	o := s.create(t, ns, withSecrets(pod(image), "pull"))
	o.denied(t, "Unauthorized", firstImage, image, "pull")
	wantNoSecret(t, o, password)
}

// wantNoSecret requires that a denial gives no credential away.
func wantNoSecret(t *testing.T, o outcome, secret string) {
	t.Helper()
	if all := fmt.Sprintf("%+v", o.denial); strings.Contains(all, secret) {
		t.Errorf("%q is in %s", secret, all)
	}
}
