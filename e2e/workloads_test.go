package e2e

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"sigs.k8s.io/yaml"
)

func runtimeClass(name string) *nodev1.RuntimeClass {
	return &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: name}, Handler: name}
}

// deployment is a Deployment of one Pod with one image.
func deployment(image string, change func(*corev1.PodSpec)) *appsv1.Deployment {
	labels := map[string]string{"app": "web"}
	d := &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: metav1.ObjectMeta{Name: "web"},
		Spec: appsv1.DeploymentSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels},
				Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "app", Image: image}}},
			},
		},
	}
	if change != nil {
		change(&d.Spec.Template.Spec)
	}
	return d
}

// apply applies an object as a user does, and returns what kubectl prints.
func (s *suite) apply(t *testing.T, ns string, object any, args ...string) (stdout, stderr string, err error) {
	t.Helper()
	manifest, err := yaml.Marshal(object)
	if err != nil {
		t.Fatal(err)
	}
	return s.cluster.Kubectl(t.Context(), string(manifest), append([]string{"apply", "-n", ns, "-f", "-"}, args...)...)
}

// testDeployment is the whole story of a typing error: a warning to who applies
// the Deployment, the cause in the ReplicaSet's event, no Pod; and Pods as soon
// as the image is mended.
func testDeployment(t *testing.T, s *suite) {
	push(t, s.open, "acme/rollout", "v1.2.3")
	ns := s.namespace(t, nil)
	image := openHost + "/acme/rollout:v1.2.4"
	stdout, stderr, err := s.apply(t, ns, deployment(image, nil))
	says := `cannot be pulled: tag "v1.2.4" does not exist; did you mean "v1.2.3"?`
	if want := fmt.Sprintf("Warning: image %q (spec.template.spec.containers[0].image) %s\n", image, says); err != nil || stderr != want {
		t.Errorf("%v: kubectl prints %q, want %q", err, stderr, want)
	}
	if stdout != "deployment.apps/web created\n" {
		t.Errorf("kubectl prints %q", stdout)
	}
	api := s.cluster.Client()
	eventually(t, "the ReplicaSet's event", func(ctx context.Context) error {
		events, err := api.CoreV1().Events(ns).List(ctx, metav1.ListOptions{FieldSelector: "reason=FailedCreate,involvedObject.kind=ReplicaSet"})
		if err != nil {
			return err
		}
		for _, e := range events.Items {
			if want := fmt.Sprintf("image %q (%s) %s", image, firstImage, says); strings.HasSuffix(e.Message, want) {
				return nil
			}
		}
		return fmt.Errorf("none of %d events says so", len(events.Items))
	})
	out, err := s.kubectl(t, "describe", "replicaset", "-n", ns)
	if err != nil || !strings.Contains(out, says) {
		t.Errorf("%v: kubectl describe prints\n%s", err, out)
	}
	if pods, err := api.CoreV1().Pods(ns).List(t.Context(), metav1.ListOptions{}); err != nil || len(pods.Items) > 0 {
		t.Errorf("%d Pods, %v", len(pods.Items), err)
	}
	if _, stderr, err := s.apply(t, ns, deployment(openHost+"/acme/rollout:v1.2.3", nil)); err != nil || stderr != "" {
		t.Errorf("the mended Deployment: %v: %s", err, stderr)
	}
	eventually(t, "a Pod of the mended Deployment", func(ctx context.Context) error {
		pods, err := api.CoreV1().Pods(ns).List(ctx, metav1.ListOptions{})
		if err == nil && len(pods.Items) == 0 {
			err = errors.New("none yet")
		}
		return err
	})
}

// testWorkloadSecrets: the Pods of a template will get their ServiceAccount's
// Secrets, and a warning must not come where they then can be pulled (C42).
func testWorkloadSecrets(t *testing.T, s *suite) {
	push(t, s.private, "acme/workload", "v1")
	image := privateHost + "/acme/workload:v1"
	ns := s.namespace(t, nil)
	s.pullSecret(t, ns, "pull", privateHost, user, password)
	s.pullSecret(t, ns, "other", "other.example.com", user, password)
	_, err := s.cluster.Client().CoreV1().ServiceAccounts(ns).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta:       metav1.ObjectMeta{Name: "puller"},
		ImagePullSecrets: []corev1.LocalObjectReference{{Name: "pull"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		change func(*corev1.PodSpec)
		warns  string
	}{
		"of the ServiceAccount":     {func(p *corev1.PodSpec) { p.ServiceAccountName = "puller" }, ""},
		"of the template":           {func(p *corev1.PodSpec) { p.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "pull"}} }, ""},
		"of neither":                {nil, `neither the Pod nor its ServiceAccount "default" names imagePullSecrets`},
		"of a ServiceAccount to be": {func(p *corev1.PodSpec) { p.ServiceAccountName = "to-be" }, `neither the Pod nor its ServiceAccount "to-be" names imagePullSecrets`},
		"a useless one of the template": {func(p *corev1.PodSpec) {
			p.ServiceAccountName = "puller"
			p.ImagePullSecrets = []corev1.LocalObjectReference{{Name: "other"}}
		}, `ServiceAccount "puller" has "pull", for Pods that name none`},
	} {
		t.Run(name, func(t *testing.T) {
			_, stderr, err := s.apply(t, ns, deployment(image, tc.change), "--dry-run=server")
			if err != nil || !strings.Contains(stderr, tc.warns) || (tc.warns == "") != (stderr == "") {
				t.Errorf("%v: kubectl prints %q, want %q in it", err, stderr, tc.warns)
			}
		})
	}
}

// testPlaceholders: what something else will replace is not nagged about.
func testPlaceholders(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	for image, warns := range map[string]bool{"auto": false, " ": false, "${IMAGE}": false, openHost + "/acme/app:${TAG}": true, "Not-An-Image": true} {
		_, stderr, err := s.apply(t, ns, deployment(image, nil), "--dry-run=server")
		if err != nil || strings.Contains(stderr, "Warning: image") != warns {
			t.Errorf("%q: %v: kubectl prints %q, want a warning: %t", image, err, stderr, warns)
		}
	}
}

// testOwned: who made the Deployment or the CronJob has been warned, and its
// controller reads no warnings.
func testOwned(t *testing.T, s *suite) {
	push(t, s.open, "acme/owned", "v1")
	ns := s.namespace(t, nil)
	for name, tc := range map[string]struct {
		object func(image string, m metav1.ObjectMeta) any
		owner  schema.GroupVersionKind
		asks   bool
	}{
		"replicaset-of-deployment": {ownedReplicaSet, appsv1.SchemeGroupVersion.WithKind("Deployment"), false},
		"replicaset-of-rollout":    {ownedReplicaSet, schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Rollout"}, true},
		"replicaset-of-nobody":     {ownedReplicaSet, schema.GroupVersionKind{}, true},
		"job-of-cronjob":           {ownedJob, batchv1.SchemeGroupVersion.WithKind("CronJob"), false},
		"job-of-workflow":          {ownedJob, schema.GroupVersionKind{Group: "example.com", Version: "v1", Kind: "Workflow"}, true},
		"job-of-nobody":            {ownedJob, schema.GroupVersionKind{}, true},
	} {
		t.Run(name, func(t *testing.T) {
			m := metav1.ObjectMeta{Name: "web"}
			if controller := true; tc.owner.Kind != "" {
				apiVersion, kind := tc.owner.ToAPIVersionAndKind()
				m.OwnerReferences = []metav1.OwnerReference{{APIVersion: apiVersion, Kind: kind, Name: "web", UID: "1", Controller: &controller}}
			}
			before := len(requestsTo(t, s.open, "acme/owned"))
			// An image of its own, which no cache knows.
			_, stderr, err := s.apply(t, ns, tc.object(openHost+"/acme/owned:"+name, m), "--dry-run=server")
			if warned := strings.Contains(stderr, "Warning: image"); err != nil || warned != tc.asks || !tc.asks && stderr != "" {
				t.Errorf("%v: kubectl prints %q", err, stderr)
			}
			if asked := len(requestsTo(t, s.open, "acme/owned")) > before; asked != tc.asks {
				t.Errorf("the registry was asked: %t", asked)
			}
		})
	}
}

func ownedReplicaSet(image string, m metav1.ObjectMeta) any {
	d := deployment(image, nil)
	return &appsv1.ReplicaSet{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "ReplicaSet"},
		ObjectMeta: m,
		Spec:       appsv1.ReplicaSetSpec{Selector: d.Spec.Selector, Template: d.Spec.Template},
	}
}

func ownedJob(image string, m metav1.ObjectMeta) any {
	d := deployment(image, func(p *corev1.PodSpec) { p.RestartPolicy = corev1.RestartPolicyNever })
	return &batchv1.Job{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "Job"},
		ObjectMeta: m,
		Spec:       batchv1.JobSpec{Template: d.Spec.Template},
	}
}
