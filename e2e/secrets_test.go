package e2e

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

func testPrivateImage(t *testing.T, s *suite) {
	push(t, s.private, "acme/private", "v1")
	image := privateHost + "/acme/private:v1"
	ns := s.namespace(t, nil)
	t.Run("without a Secret", func(t *testing.T) {
		s.create(t, ns, pod(image)).denied(t, "Unauthorized", firstImage, image, "imagePullSecrets")
	})
	t.Run("with a Secret that does not exist", func(t *testing.T) {
		s.create(t, ns, withSecrets(pod(image), "nowhere")).denied(t, "Unauthorized", firstImage, image, "nowhere", ns)
	})
	t.Run("with the Secret", func(t *testing.T) {
		s.pullSecret(t, ns, "pull", privateHost, user, password)
		s.create(t, ns, withSecrets(pod(image), "pull")).created(t)
	})
	t.Run("with the Secret, but a missing tag", func(t *testing.T) {
		image := privateHost + "/acme/private:v2"
		s.create(t, ns, withSecrets(pod(image), "pull")).denied(t, "ImageNotFound", firstImage, image, `tag "v2"`)
	})
}

func testSecretInAnotherNamespace(t *testing.T, s *suite) {
	push(t, s.private, "acme/elsewhere", "v1")
	image := privateHost + "/acme/elsewhere:v1"
	s.pullSecret(t, s.namespace(t, nil), "elsewhere", privateHost, user, password)
	ns := s.namespace(t, nil)
	s.create(t, ns, withSecrets(pod(image), "elsewhere")).denied(t, "Unauthorized", firstImage, image, "elsewhere", ns)
}

func testRefusedCredential(t *testing.T, s *suite) {
	push(t, s.private, "acme/refused", "v1")
	image := privateHost + "/acme/refused:v1"
	ns := s.namespace(t, nil)
	s.pullSecret(t, ns, "stale", privateHost, user, "of-last-year")
	o := s.create(t, ns, withSecrets(pod(image), "stale"))
	o.denied(t, "Unauthorized", firstImage, image, "stale")
	wantNoSecret(t, o, "of-last-year")
	t.Run("and a good one", func(t *testing.T) {
		s.pullSecret(t, ns, "fresh", privateHost, user, password)
		s.create(t, ns, withSecrets(pod(image), "stale", "fresh")).created(t)
	})
}

func testSecretForAnotherRegistry(t *testing.T, s *suite) {
	push(t, s.private, "acme/uncovered", "v1")
	image := privateHost + "/acme/uncovered:v1"
	ns := s.namespace(t, nil)
	s.pullSecret(t, ns, "other", "other.example.com", user, password)
	s.create(t, ns, withSecrets(pod(image), "other")).denied(t, "Unauthorized", firstImage, image, "other.example.com")
}

// A malformed Secret stops the kubelet from pulling anything, public images too.
func testMalformedSecret(t *testing.T, s *suite) {
	push(t, s.open, "acme/malformed", "v1")
	image := openHost + "/acme/malformed:v1"
	ns := s.namespace(t, nil)
	s.rawSecret(t, ns, "broken", `{"auths":{"other.example.com":{"auth":"%%%"}}}`)
	s.create(t, ns, withSecrets(pod(image), "broken")).denied(t, "InvalidPullSecret", firstImage, image, "broken")
}

// The API server's own admission copies the names into the Pod.
func testServiceAccountSecret(t *testing.T, s *suite) {
	push(t, s.private, "acme/by-account", "v1")
	image := privateHost + "/acme/by-account:v1"
	ns := s.namespace(t, nil)
	s.pullSecret(t, ns, "pull", privateHost, user, password)
	_, err := s.cluster.Client().CoreV1().ServiceAccounts(ns).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta:       metav1.ObjectMeta{Name: "puller"},
		ImagePullSecrets: []corev1.LocalObjectReference{{Name: "pull"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	p := pod(image)
	p.Spec.ServiceAccountName = "puller"
	s.create(t, ns, p).created(t)
}

// What the message said to do must work when it is done.
func testSecretCreatedLater(t *testing.T, s *suite) {
	push(t, s.private, "acme/later", "v1")
	image := privateHost + "/acme/later:v1"
	ns := s.namespace(t, nil)
	p := withSecrets(pod(image), "later")
	s.create(t, ns, p).denied(t, "Unauthorized", firstImage, image, "later", ns)
	s.pullSecret(t, ns, "later", privateHost, user, password)
	s.create(t, ns, p).created(t)
}

func testTenants(t *testing.T, s *suite) {
	push(t, s.private, "acme/tenants", "v1")
	image := privateHost + "/acme/tenants:v1"
	one, other := s.namespace(t, nil), s.namespace(t, nil)
	s.pullSecret(t, one, "pull", privateHost, user, password)
	s.create(t, one, withSecrets(pod(image), "pull")).created(t)
	s.create(t, other, pod(image)).denied(t, "Unauthorized", firstImage, image)
	s.pullSecret(t, other, "pull", privateHost, user, "guessed")
	o := s.create(t, other, withSecrets(pod(image), "pull"))
	o.denied(t, "Unauthorized", firstImage, image, "pull")
	wantNoSecret(t, o, "guessed")
}
