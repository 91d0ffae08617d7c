package e2e

import (
	"context"
	"errors"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

func testUpdateImage(t *testing.T, s *suite) {
	push(t, s.open, "acme/update", "v1")
	push(t, s.open, "acme/update", "v2")
	ns := s.namespace(t, nil)
	o := s.create(t, ns, pod(openHost+"/acme/update:v1"))
	o.created(t)

	t.Run("to another tag", func(t *testing.T) {
		p := o.pod.DeepCopy()
		p.Spec.Containers[0].Image = openHost + "/acme/update:v2"
		s.update(t, p).created(t)
	})
	t.Run("to a missing tag", func(t *testing.T) {
		image := openHost + "/acme/update:v3"
		out, err := s.kubectl(t, "set", "image", "pod/"+o.pod.Name, "c0="+image, "-n", ns)
		if err == nil {
			t.Fatalf("let through: %s", out)
		}
		for _, want := range []string{`admission webhook "pod-updates.pullgate.dev" denied the request`, image, firstImage, `tag "v3" does not exist`} {
			if !strings.Contains(out, want) {
				t.Errorf("kubectl prints %q, without %q", out, want)
			}
		}
	})
}

// A Pod whose image is gone must stay as easy to label, and to delete, as any.
func testUpdateLabels(t *testing.T, s *suite) {
	push(t, s.open, "acme/labels", "v1")
	p, image := s.podWithMissingImage(t, "acme/labels")
	p.Labels = map[string]string{"team": "a"}
	s.update(t, p).created(t)
	if out, err := s.kubectl(t, "label", "pod", p.Name, "-n", p.Namespace, "team=b", "--overwrite"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
	s.create(t, p.Namespace, pod(image)).denied(t, "ImageNotFound", firstImage, image)
	if out, err := s.kubectl(t, "delete", "pod", p.Name, "-n", p.Namespace, "--wait=false"); err != nil {
		t.Errorf("%v: %s", err, out)
	}
}

// Only the image that is new is held against the Pod.
func testUpdateOneOfTwo(t *testing.T, s *suite) {
	push(t, s.open, "acme/two", "v1")
	push(t, s.open, "acme/two", "v2")
	p, _ := s.podWithMissingImage(t, "acme/two", openHost+"/acme/two:v1")
	p.Spec.Containers[1].Image = openHost + "/acme/two:v2"
	s.update(t, p).created(t)
}

// Nothing will be pulled for a Pod that is finished (C45).
func testUpdateFinished(t *testing.T, s *suite) {
	push(t, s.open, "acme/finished", "v1")
	for _, phase := range []corev1.PodPhase{corev1.PodFailed, corev1.PodSucceeded} {
		t.Run(string(phase), func(t *testing.T) {
			o := s.create(t, s.namespace(t, nil), pod(openHost+"/acme/finished:v1"))
			o.created(t)
			p, missing := o.pod.DeepCopy(), openHost+"/acme/finished:"+string(phase)
			p.Spec.Containers[0].Image = missing
			s.update(t, p).denied(t, "ImageNotFound", firstImage, missing)

			p = o.pod
			p.Status.Phase = phase
			o = s.updateStatus(t, p)
			o.created(t)
			before := len(requestsTo(t, s.open, "acme/finished"))
			o.pod.Spec.Containers[0].Image = missing + "-too" // which no cache knows
			s.update(t, o.pod).created(t)
			if asked := requestsTo(t, s.open, "acme/finished")[before:]; len(asked) > 0 {
				t.Errorf("the registry was asked: %v", asked)
			}
		})
	}
}

// What the kubelet and autoscalers write all the time brings no image, and
// nobody is told again what is wrong with the one that is there.
func testUpdateSubresources(t *testing.T, s *suite) {
	p := pod(openHost + "/acme/subresources:gone")
	p.Spec.Containers[0].Resources.Requests = corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("100m")}
	o := s.create(t, s.warnOnlyNamespace(t), p)
	o.warned(t, p.Spec.Containers[0].Image)
	before := len(requestsTo(t, s.open, "acme/subresources"))

	p = o.pod
	p.Status.Conditions = append(p.Status.Conditions, corev1.PodCondition{Type: "example.com/checked", Status: corev1.ConditionTrue})
	o = s.updateStatus(t, p)
	o.created(t)
	if c := o.pod.Status.Conditions; len(c) != len(p.Status.Conditions) {
		t.Errorf("the status is not updated: %+v", c)
	}
	p = o.pod
	p.Spec.Containers[0].Resources.Requests[corev1.ResourceCPU] = resource.MustParse("200m")
	o = s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
		return c.CoreV1().Pods(p.Namespace).UpdateResize(t.Context(), p.Name, p, metav1.UpdateOptions{})
	})
	o.created(t)
	if cpu := o.pod.Spec.Containers[0].Resources.Requests.Cpu().String(); cpu != "200m" {
		t.Errorf("resized to %s", cpu)
	}
	if asked := requestsTo(t, s.open, "acme/subresources")[before:]; len(asked) > 0 {
		t.Errorf("the registry was asked: %v", asked)
	}
}

func (s *suite) updateStatus(t *testing.T, p *corev1.Pod) outcome {
	t.Helper()
	return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
		return c.CoreV1().Pods(p.Namespace).UpdateStatus(t.Context(), p, metav1.UpdateOptions{})
	})
}

// podWithMissingImage creates a Pod whose first image does not exist, while its
// namespace enforces nothing, and has the namespace enforce again.
func (s *suite) podWithMissingImage(t *testing.T, repository string, more ...string) (p *corev1.Pod, image string) {
	t.Helper()
	image = openHost + "/" + repository + ":gone"
	ns := s.namespace(t, map[string]string{"pullgate.dev/enforce": "off"})
	var o outcome
	eventually(t, "a Pod in a namespace that enforces nothing", func(context.Context) error {
		if o = s.create(t, ns, pod(append([]string{image}, more...)...)); o.denial != nil {
			return errors.New(o.denial.Message)
		}
		return nil
	})
	o.warned(t, image)
	if out, err := s.kubectl(t, "label", "namespace", ns, "pullgate.dev/enforce-"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	eventually(t, "a namespace that enforces", func(context.Context) error {
		if o := s.create(t, ns, pod(image)); o.denial == nil {
			return errors.New("let through")
		}
		return nil
	})
	return o.pod, image
}
