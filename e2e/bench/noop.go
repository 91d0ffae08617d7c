package bench

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	admissionregistrationv1 "k8s.io/api/admissionregistration/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/util/cert"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

const noOpName = "no-op"

// startNoOp starts the webhook that does nothing, and has it called as pullgate is:
// by a Service that leads to loopback.
func (b *Bench) startNoOp(ctx context.Context) error {
	ports, err := process.FreePorts(1)
	if err != nil {
		return err
	}
	dir := filepath.Join(b.dir, noOpName)
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	certificate, key, err := cert.GenerateSelfSignedCertKey(noOpName+"."+pullgate.Namespace+".svc", nil, nil)
	if err != nil {
		return fmt.Errorf("make a certificate: %w", err)
	}
	for name, content := range map[string][]byte{"tls.crt": certificate, "tls.key": key} {
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			return err
		}
	}
	p, err := process.Start(process.Options{Name: noOpName, Path: b.options.Binaries[build.NoOp], Dir: dir, Args: []string{
		"-port", strconv.Itoa(ports[0]), "-cert-dir", dir,
	}})
	if err != nil {
		return err
	}
	b.undo = append(b.undo, func() { p.Stop() })
	b.noOp = p
	return b.callNoOp(ctx, ports[0], certificate)
}

func (b *Bench) callNoOp(ctx context.Context, port int, certificate []byte) error {
	client := b.cluster.Client()
	service := &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Namespace: pullgate.Namespace, Name: noOpName},
		Spec:       corev1.ServiceSpec{Type: corev1.ServiceTypeExternalName, ExternalName: "localhost"},
	}
	if _, err := client.CoreV1().Services(pullgate.Namespace).Create(ctx, service, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("install the no-op webhook: %w", err)
	}
	// Everything but the name is as pullgate's.
	like, err := client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Get(ctx, pullgate.WebhookConfiguration, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("install the no-op webhook: %w", err)
	}
	w := like.Webhooks[0].DeepCopy()
	w.Name = "no-op.bench.pullgate.dev"
	w.ClientConfig.Service.Name = noOpName
	w.ClientConfig.Service.Port = new(int32(port)) //nolint:gosec // a port
	w.ClientConfig.CABundle = certificate
	w.NamespaceSelector.MatchExpressions = []metav1.LabelSelectorRequirement{calls(noOpName)}
	_, err = client.AdmissionregistrationV1().ValidatingWebhookConfigurations().Create(ctx, &admissionregistrationv1.ValidatingWebhookConfiguration{
		ObjectMeta: metav1.ObjectMeta{Name: noOpName},
		Webhooks:   []admissionregistrationv1.ValidatingWebhook{*w},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("install the no-op webhook: %w", err)
	}
	// The API server hears of it a moment later.
	time.Sleep(2 * time.Second)
	return nil
}
