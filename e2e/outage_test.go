package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/pullgate"
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
	s.create(t, s.namespace(t, nil), pod(image)).warned(t, `image "`+image+`" (`+firstImage+`) not verified: `)
}

// An API server that waits in vain lets the Pod through without a word to the user. So
// there is an answer before the time is over that it gives, whatever look-ups are allowed:
// a replica of its own has none that end by themselves. It is asked directly, with the 5
// seconds of users, for nobody else waits long enough to hear an answer that is late only
// because the machine is busy.
func testSilentRegistry(t *testing.T, s *suite) {
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, Config: "limits: {lookupTimeout: 24h}\n",
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Stop()
	client, err := s.webhookClient(t, replica)
	if err != nil {
		t.Fatal(err)
	}
	client.url = strings.Replace(client.url, "timeout=30s", "timeout=5s", 1)
	ns := s.namespace(t, nil)
	for name, secrets := range map[string][]string{"one attempt": nil, "three attempts": {"a", "b", "c"}} {
		t.Run(name, func(t *testing.T) {
			for _, secret := range secrets {
				s.pullSecret(t, ns, secret, silentHost, secret, password)
			}
			image := silentHost + "/acme/app:v1"
			answer, err := client.send(t, "", "", plantedReview(t, ns, withSecrets(pod(image), secrets...)))
			if err != nil {
				t.Fatal(err)
			}
			answer.wantAllowed(t, "7")
			want := fmt.Sprintf("image %q (%s) not verified: ", image, firstImage)
			if got := answer.review(t).Response.Warnings; len(got) != 1 || !strings.HasPrefix(got[0], want) {
				t.Errorf("warnings %q, want one that begins with %q", got, want)
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
