package bench

import (
	"context"
	"fmt"
	"io"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Options say how thoroughly to measure.
type Options struct {
	Binaries build.Paths
	// Short measures a little of everything, to see that it can be.
	Short bool
	// Only is the one step to measure, as named in Run; all if empty.
	Only string
	// Progress is told what is being measured.
	Progress io.Writer
}

// clients is how many Pods are created at once.
const clients = 16

// variant is a way in which Pods are created.
type variant string

const (
	none        variant = "no webhook"
	noOp        variant = "no-op webhook"
	warm        variant = "pullgate, warm"
	switchedOff variant = "pullgate, off by label"
)

func variants() []variant { return []variant{none, noOp, warm, switchedOff} }

// callsLabel is a namespace's label that says which webhook is called.
const callsLabel = "bench.pullgate.dev/calls"

func (v variant) labels() map[string]string {
	switch v {
	case none:
		return map[string]string{callsLabel: "none"}
	case noOp:
		return map[string]string{callsLabel: noOpName}
	case switchedOff:
		return map[string]string{callsLabel: "pullgate", "pullgate.dev/enforce": "off", "pullgate.dev/warn": "off", "pullgate.dev/audit": "off"}
	default:
		return map[string]string{callsLabel: "pullgate"}
	}
}

func calls(which string) metav1.LabelSelectorRequirement {
	return metav1.LabelSelectorRequirement{Key: callsLabel, Operator: metav1.LabelSelectorOpIn, Values: []string{which}}
}

// Bench is all that runs.
type Bench struct {
	options    Options
	dir        string
	site       *site
	cluster    *cluster.Cluster
	client     kubernetes.Interface
	namespaces map[variant][]string
	port       int
	server     *pullgate.Server
	reviewer   *reviewer
	noOp       *process.Process
	undo       []func()
}

// auditPolicy notes what pullgate asks of the API server, and nothing else.
const auditPolicy = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages: [RequestReceived, ResponseStarted]
rules:
- level: Metadata
  users: ["system:serviceaccount:` + pullgate.Namespace + `:` + pullgate.ServiceAccount + `"]
- level: None
`

// collectRarely is for the API server, by far the largest process: a run of its
// garbage collector takes as long as a turn of creation does, and falls on one
// variant or another by chance. With the default percentage of 100 that made more of
// a difference than what the webhooks do.
const collectRarely = "GOGC=400"

// New starts everything but pullgate. It ends with Close; a start that fails
// leaves nothing behind.
func New(ctx context.Context, o Options) (*Bench, error) {
	b := &Bench{options: o}
	if err := b.start(ctx); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Close stops everything, last started first.
func (b *Bench) Close() {
	b.stopPullgate()
	for i := len(b.undo) - 1; i >= 0; i-- {
		b.undo[i]()
	}
	b.undo = nil
}

func (b *Bench) start(ctx context.Context) (err error) {
	if b.dir, err = os.MkdirTemp("", "pullgate-bench-"); err != nil {
		return err
	}
	b.undo = append(b.undo, func() { _ = os.RemoveAll(b.dir) })
	if b.site, err = startSite(ctx, b.dir, b.options.Binaries[build.Registry]); err != nil {
		return err
	}
	b.undo = append(b.undo, b.site.close)
	if b.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: b.options.Binaries, AuditPolicy: auditPolicy, APIServerEnv: []string{collectRarely}}); err != nil {
		return err
	}
	b.undo = append(b.undo, b.cluster.Stop)
	config := b.cluster.RESTConfig()
	config.ContentType, config.AcceptContentTypes = runtime.ContentTypeProtobuf, runtime.ContentTypeProtobuf
	if b.client, err = kubernetes.NewForConfig(config); err != nil {
		return err
	}
	if b.port, err = pullgate.Install(ctx, b.cluster); err != nil {
		return err
	}
	if err := b.selectNamespaces(ctx); err != nil {
		return err
	}
	if err := b.startNoOp(ctx); err != nil {
		return err
	}
	return b.newNamespaces(ctx)
}

// selectNamespaces has pullgate called for Pods of some namespaces only, besides
// what its configuration says.
func (b *Bench) selectNamespaces(ctx context.Context) error {
	patch := fmt.Appendf(nil, `[{"op":"add","path":"/webhooks/0/namespaceSelector/matchExpressions/-","value":{"key":%q,"operator":"In","values":["pullgate"]}}]`, callsLabel)
	_, err := b.client.AdmissionregistrationV1().ValidatingWebhookConfigurations().
		Patch(ctx, pullgate.WebhookConfiguration, types.JSONPatchType, patch, metav1.PatchOptions{})
	if err != nil {
		return fmt.Errorf("choose the namespaces: %w", err)
	}
	return nil
}

// namespaceCount is how many there are of each variant.
const namespaceCount = 50

// newNamespaces makes the namespaces, each with a pull Secret.
func (b *Bench) newNamespaces(ctx context.Context) error {
	b.namespaces = map[variant][]string{}
	for _, v := range variants() {
		for range namespaceCount {
			name, err := b.cluster.NewNamespace(ctx, v.labels())
			if err != nil {
				return err
			}
			if err := b.newSecret(ctx, name, pullSecret, dockerConfig(host)); err != nil {
				return err
			}
			b.namespaces[v] = append(b.namespaces[v], name)
		}
	}
	return nil
}

const pullSecret = "pull"

func (b *Bench) newSecret(ctx context.Context, namespace, name string, content []byte) error {
	_, err := b.client.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: content},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("make a Secret: %w", err)
	}
	return nil
}

// startPullgate starts pullgate anew, with nothing in its caches.
func (b *Bench) startPullgate(ctx context.Context, more pullgate.Options) error {
	b.stopPullgate()
	var err error
	if b.server, err = pullgate.Start(ctx, b.cluster, b.pullgateOptions(more)); err != nil {
		return err
	}
	if err := b.server.WaitCalled(ctx, b.cluster, b.namespaces[warm][0]); err != nil {
		return err
	}
	b.reviewer, err = b.newReviewer(ctx, b.server)
	return err
}

func (b *Bench) pullgateOptions(o pullgate.Options) pullgate.Options {
	o.Binary, o.Port, o.CertsD = b.options.Binaries[build.Pullgate], b.port, b.site.certsD()
	return o
}

func (b *Bench) stopPullgate() {
	if b.server != nil {
		b.server.Stop()
		b.server = nil
	}
}

func (b *Bench) tell(format string, args ...any) {
	_, _ = fmt.Fprintf(b.options.Progress, "%s %s\n", time.Now().Format(time.TimeOnly), fmt.Sprintf(format, args...))
}

// podOf makes a Pod of images, with the pull Secret.
func podOf(namespace string, images ...string) *corev1.Pod {
	p := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "web-", Namespace: namespace},
		Spec:       corev1.PodSpec{ImagePullSecrets: []corev1.LocalObjectReference{{Name: pullSecret}}},
	}
	for n, i := range images {
		p.Spec.Containers = append(p.Spec.Containers, corev1.Container{Name: fmt.Sprint("c", n), Image: i})
	}
	return p
}
