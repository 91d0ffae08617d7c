package check

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/webhook"
	"github.com/pullgate/pullgate/webhook/workload"
)

// unfinished leaves out, at the API server, Pods for which nothing is pulled.
const unfinished = "status.phase!=Succeeded,status.phase!=Failed"

// running makes targets of the Pods of a namespace, or of all if it is "".
func (c *cluster) running(ctx context.Context, config webhook.Config, namespace string, selector labels.Selector) (targets []target, err error) {
	list := func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.client.CoreV1().Pods(namespace).List(ctx, o)
	}
	o := metav1.ListOptions{FieldSelector: unfinished, LabelSelector: selector.String()}
	err = eachOf(ctx, list, o, func(obj runtime.Object) error {
		pod, ok := obj.(*corev1.Pod)
		if !ok {
			return fmt.Errorf("a list of Pods holds a %T", obj)
		}
		targets = append(targets, ofPod(config, pod)...)
		return nil
	})
	if err == nil {
		return targets, nil
	}
	where := "in all namespaces"
	if namespace != "" {
		where = fmt.Sprintf("in namespace %q", namespace)
	}
	if apierrors.IsForbidden(err) {
		return targets, fmt.Errorf("you may not list Pods %s: %w", where, err)
	}
	return targets, fmt.Errorf("list Pods %s: %w", where, err)
}

// ofPod makes the targets of a Pod that runs. It is looked at as if it were to
// land somewhere else: its node is no longer given, and its ephemeral containers,
// which were added for debugging while it ran, do not come back.
func ofPod(config webhook.Config, pod *corev1.Pod) []target {
	seen := workload.Of(pod)
	if seen.Quiet {
		return nil
	}
	seen.Spec.NodeName, seen.Spec.EphemeralContainers = "", nil
	object := report.Object{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name}
	return targetsOf(config, object, nil, seen.Spec, func(string) int { return 0 })
}
