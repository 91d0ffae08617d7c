package e2e

import (
	"context"
	"fmt"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// testPositions: the bad image is found wherever it stands.
func testPositions(t *testing.T, s *suite) {
	push(t, s.open, "acme/position", "v1")
	good, bad := openHost+"/acme/position:v1", openHost+"/acme/position:v2"
	ns := s.namespace(t, nil)
	const positions = 3
	full := func() *corev1.Pod {
		p := pod(good, good, good)
		for n := range positions {
			p.Spec.InitContainers = append(p.Spec.InitContainers, corev1.Container{Name: fmt.Sprintf("init%d", n), Image: good})
			p.Spec.Volumes = append(p.Spec.Volumes, corev1.Volume{
				Name:         fmt.Sprintf("data%d", n),
				VolumeSource: corev1.VolumeSource{Image: &corev1.ImageVolumeSource{Reference: good}},
			})
		}
		return p
	}
	o := s.create(t, ns, full())
	o.created(t)
	for n := range positions {
		for field, set := range map[string]func(*corev1.Pod){
			"spec.containers[%d].image":        func(p *corev1.Pod) { p.Spec.Containers[n].Image = bad },
			"spec.initContainers[%d].image":    func(p *corev1.Pod) { p.Spec.InitContainers[n].Image = bad },
			"spec.volumes[%d].image.reference": func(p *corev1.Pod) { p.Spec.Volumes[n].Image.Reference = bad },
		} {
			p := full()
			set(p)
			s.create(t, ns, p).denied(t, "ImageNotFound", fmt.Sprintf(field, n), bad)
		}
		p := o.pod.DeepCopy()
		for i := range positions {
			image := good
			if i == n {
				image = bad
			}
			p.Spec.EphemeralContainers = append(p.Spec.EphemeralContainers, corev1.EphemeralContainer{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: fmt.Sprintf("debug%d", i), Image: image, ImagePullPolicy: corev1.PullIfNotPresent, TerminationMessagePolicy: corev1.TerminationMessageReadFile,
			}})
		}
		s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			return c.CoreV1().Pods(ns).UpdateEphemeralContainers(t.Context(), p.Name, p, metav1.UpdateOptions{})
		}).denied(t, "ImageNotFound", fmt.Sprintf("spec.ephemeralContainers[%d].image", n), bad)
	}
}

// testDryRun: a dry run gets the answer of the real thing, and leaves nothing.
func testDryRun(t *testing.T, s *suite) {
	push(t, s.open, "acme/dry", "v1")
	ns := s.namespace(t, nil)
	dry := func(p *corev1.Pod) outcome {
		return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			return c.CoreV1().Pods(ns).Create(t.Context(), p, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
		})
	}
	bad := pod(openHost + "/acme/dry:v2")
	wet, rehearsed := s.create(t, ns, bad), dry(bad)
	rehearsed.denied(t, "ImageNotFound", firstImage)
	if wet.denial == nil || wet.denial.Message != rehearsed.denial.Message {
		t.Errorf("dry run: %v, else %v", rehearsed.denial, wet.denial)
	}
	dry(pod(openHost + "/acme/dry:v1")).created(t)
	left, err := s.cluster.Client().CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{})
	if err != nil || len(left.Items) > 0 {
		t.Errorf("%d Pods are left, %v", len(left.Items), err)
	}
}

// testFinalizer: a finalizer can be removed whatever became of the image, and
// whatever image comes with that: nothing will be pulled any more (C50).
func testFinalizer(t *testing.T, s *suite) {
	push(t, s.open, "acme/finalizer", "v1")
	p, _ := s.podWithMissingImage(t, "acme/finalizer")
	p.Finalizers = []string{"example.com/hold"}
	o := s.update(t, p)
	o.created(t)
	if out, err := s.kubectl(t, "delete", "pod", p.Name, "-n", p.Namespace, "--wait=false"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	pods := s.cluster.Client().CoreV1().Pods(p.Namespace)
	deleted, err := pods.Get(t.Context(), p.Name, metav1.GetOptions{})
	if err != nil || deleted.DeletionTimestamp == nil {
		t.Fatalf("%v: not being deleted: %+v", err, deleted)
	}
	deleted.Finalizers = nil
	// Without another image the update would be let through for that alone.
	deleted.Spec.Containers[0].Image = openHost + "/acme/finalizer:gone-too"
	s.update(t, deleted).created(t)
	if _, err := pods.Get(t.Context(), p.Name, metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the Pod is still there: %v", err)
	}
}

// suiteConfig is added to the configuration of the suite's server. A registry is
// asked whatever it answered in another case, and a look-up takes as long as it does on a
// busy machine.
const suiteConfig = `
limits: {backOff: 0s, lookupTimeout: 2m}
exemptions:
  namespaces: ["exempt-*"]
  usernames: ["system:serviceaccount:*:exempt"]
  runtimeClasses: [exempt]
  images: ["` + openHost + `/exempt/**"]
`

func testExemptions(t *testing.T, s *suite) {
	missing := openHost + "/acme/exempt:gone"
	ns := s.namespace(t, nil)
	s.create(t, ns, pod(missing)).denied(t, "RepositoryNotFound", firstImage)

	t.Run("image", func(t *testing.T) {
		s.create(t, ns, pod(openHost+"/exempt/a/b:gone")).created(t)
		s.create(t, ns, pod(openHost+"/exempt/a:gone", missing)).denied(t, "RepositoryNotFound", "spec.containers[1].image", missing)
	})
	t.Run("namespace", func(t *testing.T) {
		api := s.cluster.Client().CoreV1()
		if _, err := api.Namespaces().Create(t.Context(), &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "exempt-a"}}, metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		eventually(t, "its ServiceAccount", func(ctx context.Context) error {
			_, err := api.ServiceAccounts("exempt-a").Get(ctx, "default", metav1.GetOptions{})
			return err
		})
		s.create(t, "exempt-a", pod(missing)).created(t)
	})
	t.Run("user", func(t *testing.T) {
		out, err := s.kubectl(t, "run", "web", "--image", missing, "-n", ns, "--as=system:serviceaccount:x:exempt", "--as-group=system:masters")
		if err != nil || strings.Contains(out, "Warning") {
			t.Errorf("%v: %s", err, out)
		}
	})
	t.Run("runtime class", func(t *testing.T) {
		if out, err := s.cluster.Client().NodeV1().RuntimeClasses().Create(t.Context(), runtimeClass("exempt"), metav1.CreateOptions{}); err != nil {
			t.Fatalf("%v: %v", err, out)
		}
		p, class := pod(missing), "exempt"
		p.Spec.RuntimeClassName = &class
		eventually(t, "a Pod of the runtime class", func(context.Context) error {
			if o := s.create(t, ns, p); o.denial != nil {
				return fmt.Errorf("denied: %s", o.denial.Message)
			}
			return nil
		})
	})
}
