package conformance

import (
	"context"
	"fmt"
	"strings"
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"

	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// newClient makes the client whose warnings go to whoever sent the request.
func newClient(c *cluster.Cluster) (kubernetes.Interface, error) {
	config := c.RESTConfig()
	config.WarningHandler = nil
	config.WarningHandlerWithContext = warningHandler{}
	return kubernetes.NewForConfig(config)
}

type warningsKey struct{}

// warnings are those that came with the answer to one request.
type warnings struct {
	mu   sync.Mutex
	list []string
}

type warningHandler struct{}

// HandleWarningHeaderWithContext keeps what pullgate says. The API server has
// warnings of its own, which are about other things.
func (warningHandler) HandleWarningHeaderWithContext(ctx context.Context, _ int, _, text string) {
	w, ok := ctx.Value(warningsKey{}).(*warnings)
	if !ok || !strings.HasPrefix(text, "image") {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.list = append(w.list, text)
}

// answer sends a request and tells pullgate's answer to it. A request that fails
// for any other reason is an error.
func answer(ctx context.Context, send func(context.Context) error) (Answer, string, error) {
	w := &warnings{}
	err := send(context.WithValue(ctx, warningsKey{}, w))
	switch {
	case err == nil && len(w.list) == 0:
		return Allow, "", nil
	case err == nil:
		return Warn, strings.Join(w.list, "; "), nil
	}
	if said, denied := pullgate.Denial(err.Error()); denied && apierrors.IsForbidden(err) {
		return Deny, said, nil
	}
	return "", "", err
}

// prepare makes the Pod that is to be changed, for shapes that change one.
func (st *stage) prepare(ctx context.Context) error {
	var p *corev1.Pod
	switch st.try.As {
	case Ephemeral, NewImage:
		p = st.pod(Container, st.goodImage())
	case NewLabels, Resize:
		p = st.pod(st.try.As, st.image)
	case NoFinalizers:
		p = st.pod(Container, st.image)
		p.Finalizers = []string{finalizer}
	case DeletedPod:
		p = st.pod(Container, st.goodImage())
		p.Finalizers = []string{finalizer}
	default:
		return nil
	}
	var err error
	pods := st.pods()
	if st.existing, err = pods.Create(ctx, p, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("make the Pod that is to be changed: %w", err)
	}
	if st.try.As != DeletedPod {
		return nil
	}
	if err := pods.Delete(ctx, st.existing.Name, metav1.DeleteOptions{GracePeriodSeconds: new(int64)}); err != nil {
		return fmt.Errorf("delete the Pod: %w", err)
	}
	st.existing, err = pods.Get(ctx, st.existing.Name, metav1.GetOptions{})
	return err
}

const finalizer = "conformance.pullgate.dev/keep"

func (st *stage) pods() typedcorev1.PodInterface { return st.client.CoreV1().Pods(st.namespace) }

// createDeployment creates a Deployment of the Pod. That pullgate denies it is not
// the answer that is looked for, but an error.
func (st *stage) createDeployment(ctx context.Context) error {
	_, err := st.client.AppsV1().Deployments(st.namespace).Create(ctx, st.deployment(), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("create the Deployment: %s", err) //nolint:errorlint // not to be taken for a denial
	}
	return nil
}

// askPullgate creates the Pod, or changes it.
func (st *stage) askPullgate(ctx context.Context) (Answer, string, error) {
	return answer(ctx, func(ctx context.Context) (err error) {
		pods := st.pods()
		if st.existing == nil {
			if st.try.As == DeploymentKind {
				if err := st.createDeployment(ctx); err != nil {
					return err
				}
			}
			_, err = pods.Create(ctx, st.pod(st.try.As, st.image), metav1.CreateOptions{})
			return err
		}
		p := st.existing.DeepCopy()
		switch st.try.As {
		case Ephemeral:
			p.Spec.EphemeralContainers = []corev1.EphemeralContainer{{EphemeralContainerCommon: corev1.EphemeralContainerCommon{
				Name: "debug", Image: st.image, ImagePullPolicy: st.try.Policy,
			}}}
			_, err = pods.UpdateEphemeralContainers(ctx, p.Name, p, metav1.UpdateOptions{})
			return err
		case Resize:
			p.Spec.Containers[0].Resources = cpu("200m")
			_, err = pods.UpdateResize(ctx, p.Name, p, metav1.UpdateOptions{})
			return err
		case NewImage, DeletedPod:
			p.Spec.Containers[0].Image = st.image
		case NewLabels:
			p.Labels = map[string]string{"changed": "yes"}
		case NoFinalizers:
			p.Finalizers = nil
		}
		_, err = pods.Update(ctx, p, metav1.UpdateOptions{})
		return err
	})
}
