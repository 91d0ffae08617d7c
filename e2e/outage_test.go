package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

func testRegistryStopped(t *testing.T, s *suite) {
	push(t, s.outage, "acme/app", "v1")
	push(t, s.outage, "acme/unseen", "v1")
	ns := s.namespace(t, nil)
	seen, unseen := outageHost+"/acme/app:v1", outageHost+"/acme/unseen:v1"
	s.create(t, ns, pod(seen)).created(t)

	s.outage.Stop()
	s.create(t, ns, pod(unseen)).warned(t, `image "`+unseen+`" (`+firstImage+`) not verified: `)
	t.Run("an image seen before", func(t *testing.T) {
		if o := s.create(t, ns, pod(seen)); o.denial != nil {
			t.Errorf("denied: %s", o.denial.Message)
		}
	})
	t.Run("as kubectl shows it", func(t *testing.T) {
		stdout, stderr, err := s.cluster.Kubectl(t.Context(), "", "run", "web", "--image", unseen, "-n", ns)
		if want := `Warning: image "` + unseen + `" (` + firstImage + `) not verified: `; err != nil || !strings.HasPrefix(stderr, want) {
			t.Errorf("%v: %q, %q, want %q", err, stdout, stderr, want)
		}
	})

	t.Run("and started again", func(t *testing.T) {
		if err := s.outage.Restart(t.Context()); err != nil {
			t.Fatal(err)
		}
		eventually(t, "the image is verified again", func(context.Context) error {
			o := s.create(t, ns, pod(unseen))
			if o.denial != nil {
				return errors.New(o.denial.Message)
			}
			if len(o.warnings) > 0 {
				return errors.New(o.warnings[0])
			}
			return nil
		})
	})
}

func testRegistryNeverThere(t *testing.T, s *suite) {
	image := downHost + "/acme/app:v1"
	o := s.create(t, s.namespace(t, nil), pod(image))
	o.warned(t, `image "`+image+`" (`+firstImage+`) not verified: `)
	if o.took > 3*time.Second {
		t.Errorf("took %v", o.took)
	}
}

// The API server waits 5 s for the webhook, and lets the Pod through then, but
// without a word to the user.
func testSilentRegistry(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	for name, secrets := range map[string][]string{"one attempt": nil, "three attempts": {"a", "b", "c"}} {
		t.Run(name, func(t *testing.T) {
			for _, secret := range secrets {
				s.pullSecret(t, ns, secret, silentHost, secret, password)
			}
			image := silentHost + "/acme/app:v1"
			o := s.create(t, ns, withSecrets(pod(image), secrets...))
			o.warned(t, `image "`+image+`" (`+firstImage+`) not verified: `)
			if o.took >= 5*time.Second {
				t.Errorf("took %v, want less than 5 s", o.took)
			}
		})
	}
}

// A Pod's loopback is the node's, not the webhook's, and what listens on it is
// nobody's business: here, a registry that counts its requests.
func testLoopback(t *testing.T, s *suite) {
	push(t, s.open, "acme/loopback", "v1")
	before := len(requestsTo(t, s.open, "acme/loopback"))
	image := s.open.Address() + "/acme/loopback:v1"
	s.create(t, s.namespace(t, nil), pod(image)).warned(t, `image "`+image+`" (`+firstImage+`) not verified: `)
	if got := requestsTo(t, s.open, "acme/loopback")[before:]; len(got) > 0 {
		t.Errorf("loopback is dialled: %v", got)
	}
}
