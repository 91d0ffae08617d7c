package e2e

import (
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/pullgate/pullgate/e2e/registry"
)

const (
	firstImage   = "spec.containers[0].image"
	absentDigest = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
)

func testGoodImage(t *testing.T, s *suite) {
	digest := push(t, s.open, "acme/good", "v1")
	push(t, s.open, "acme/good", "latest")
	ns := s.namespace(t, nil)
	for name, image := range map[string]string{
		"tag":            openHost + "/acme/good:v1",
		"no tag":         openHost + "/acme/good",
		"digest":         openHost + "/acme/good@" + digest,
		"tag and digest": openHost + "/acme/good:ignored@" + digest,
	} {
		t.Run(name, func(t *testing.T) { s.create(t, ns, pod(image)).created(t) })
	}
}

func testMissingTag(t *testing.T, s *suite) {
	push(t, s.open, "acme/app", "v1.2.3")
	image := openHost + "/acme/app:v1.2.4"
	s.create(t, s.namespace(t, nil), pod(image)).denied(t, "ImageNotFound", firstImage,
		`image "`+image+`" (`+firstImage+`) cannot be pulled: tag "v1.2.4" does not exist`)
}

func testMissingTagKubectl(t *testing.T, s *suite) {
	push(t, s.open, "acme/typo", "v1.2.3")
	image := openHost + "/acme/typo:v1.2.4"
	out, err := s.kubectl(t, "run", "web", "--image", image, "-n", s.namespace(t, nil))
	if err == nil {
		t.Fatalf("created: %s", out)
	}
	want := `Error from server (Forbidden): admission webhook "pods.pullgate.dev" denied the request: ` +
		`image "` + image + `" (spec.containers[0].image) cannot be pulled: tag "v1.2.4" does not exist`
	if !strings.Contains(out, want) {
		t.Errorf("kubectl prints\n%s\nwant\n%s", out, want)
	}
}

func testMissingRepository(t *testing.T, s *suite) {
	image := openHost + "/acme/nothing-here:v1"
	s.create(t, s.namespace(t, nil), pod(image)).denied(t, "RepositoryNotFound", firstImage, image, "acme/nothing-here")
}

func testMissingDigest(t *testing.T, s *suite) {
	push(t, s.open, "acme/digest", "v1")
	image := openHost + "/acme/digest@" + absentDigest
	s.create(t, s.namespace(t, nil), pod(image)).denied(t, "ImageNotFound", firstImage, image, "digest")
}

func testInitContainer(t *testing.T, s *suite) {
	push(t, s.open, "acme/main", "v1")
	p := pod(openHost + "/acme/main:v1")
	image := openHost + "/acme/main:init"
	p.Spec.InitContainers = []corev1.Container{{Name: "init", Image: image}}
	s.create(t, s.namespace(t, nil), p).denied(t, "ImageNotFound", "spec.initContainers[0].image", image, `tag "init"`)
}

func testImageVolume(t *testing.T, s *suite) {
	push(t, s.open, "acme/data", "v1")
	p := pod(openHost + "/acme/data:v1")
	image := openHost + "/acme/data:v2"
	p.Spec.Volumes = []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: image}}}}
	s.create(t, s.namespace(t, nil), p).denied(t, "ImageNotFound", "spec.volumes[0].image.reference", image, `tag "v2"`)
}

// As kubectl debug adds one.
func testEphemeralContainer(t *testing.T, s *suite) {
	push(t, s.open, "acme/debugged", "v1")
	o := s.create(t, s.namespace(t, nil), pod(openHost+"/acme/debugged:v1"))
	o.created(t)
	image := openHost + "/acme/debugged:tools"
	debug := func(image string) outcome {
		p := o.pod.DeepCopy()
		p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
			Name: "debug", Image: image, ImagePullPolicy: corev1.PullIfNotPresent, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
		}}}
		return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			return c.CoreV1().Pods(p.Namespace).UpdateEphemeralContainers(t.Context(), p.Name, p, metav1.UpdateOptions{})
		})
	}
	debug(image).denied(t, "ImageNotFound", "spec.ephemeralContainers[0].image", image, `tag "tools"`)
	debug(openHost + "/acme/debugged:v1").created(t)
}

func testSeveralBadImages(t *testing.T, s *suite) {
	push(t, s.open, "acme/several", "v1")
	good, bad := openHost+"/acme/several:v1", openHost+"/acme/several:v2"
	o := s.create(t, s.namespace(t, nil), pod(good, bad, "Not An Image"))
	o.denied(t, "ImageNotFound", "spec.containers[1].image", bad, `tag "v2"`)
	o.denied(t, "InvalidImageName", "spec.containers[2].image", "Not An Image")
	if strings.Contains(o.denial.Message, good) || len(o.denial.Details.Causes) != 2 {
		t.Errorf("the good image is denied too: %+v", o.denial)
	}
}

func testPullPolicyNever(t *testing.T, s *suite) {
	p := pod(openHost + "/acme/never:v1")
	p.Spec.Containers[0].ImagePullPolicy = corev1.PullNever
	if o := s.create(t, s.namespace(t, nil), p); o.denial != nil {
		t.Errorf("denied: %s", o.denial.Message)
	}
	if requests := requestsTo(t, s.open, "acme/never"); len(requests) > 0 {
		t.Errorf("the registry was asked: %v", requests)
	}
}

func testSecondPodCostsNothing(t *testing.T, s *suite) {
	push(t, s.open, "acme/second", "v1")
	pushed := len(requestsTo(t, s.open, "acme/second"))
	image := openHost + "/acme/second:v1"
	s.create(t, s.namespace(t, nil), pod(image)).created(t)
	first := byTag(requestsTo(t, s.open, "acme/second")[pushed:])
	if want := (registry.Request{Method: "HEAD", Path: "/v2/acme/second/manifests/v1", Status: 200}); len(first) != 1 || first[0] != want {
		t.Errorf("the first Pod costs %v, want %v", first, want)
	}
	s.create(t, s.namespace(t, nil), pod(image)).created(t)
	if both := byTag(requestsTo(t, s.open, "acme/second")[pushed:]); len(both) > len(first) {
		t.Errorf("the second Pod costs %v", both[len(first):])
	}
}

func testPodsAtOnce(t *testing.T, s *suite) {
	push(t, s.open, "acme/at-once", "v1")
	pushed := len(requestsTo(t, s.open, "acme/at-once"))
	ns := s.namespace(t, nil)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if o := s.create(t, ns, pod(openHost+"/acme/at-once:v1", openHost+"/acme/at-once:v1")); o.denial != nil {
				t.Errorf("denied: %s", o.denial.Message)
			}
		})
	}
	wg.Wait()
	if got := byTag(requestsTo(t, s.open, "acme/at-once")[pushed:]); len(got) != 1 || got[0].Status != http.StatusOK {
		t.Errorf("eight Pods at once cost %v, want one request", got)
	}
}

// byTag are the requests that somebody waits for. Those by digest are made in the
// background, once for each image.
func byTag(requests []registry.Request) []registry.Request {
	return slices.DeleteFunc(requests, func(r registry.Request) bool { return strings.Contains(r.Path, "/sha256:") })
}

func requestsTo(t *testing.T, r *registry.Registry, repository string) []registry.Request {
	t.Helper()
	requests, err := r.RequestsTo(repository)
	if err != nil {
		t.Fatal(err)
	}
	return requests
}
