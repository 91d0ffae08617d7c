package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

const (
	// probeImage is no image name: judging it costs no registry a request.
	probeImage = "pullgate probe"
	// podWebhook is the name of the webhook in every installation.
	podWebhook = "pods.pullgate.dev"
	// probeRetry is the time between two tries.
	probeRetry = time.Second
)

// newProbeCommand makes `pullgate probe`, which `helm test` runs.
func newProbeCommand() *cobra.Command {
	var (
		kubeconfig, namespace string
		timeout               time.Duration
	)
	cmd := &cobra.Command{
		Use:   "probe",
		Short: "Find out whether the API server calls the webhook, and heeds it",
		Long: `Ask the API server for a Pod with an image name that is none, with a dry run, until
pullgate denies it or warns about it. Nothing is created, and no registry is asked.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			config, err := loadKubeconfig(kubeconfig)
			if err != nil {
				return err
			}
			ctx, cancel := context.WithTimeout(cmd.Context(), timeout)
			defer cancel()
			answer, err := probe(ctx, config, namespace)
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), answer)
			return err
		},
	}
	f := cmd.Flags()
	f.StringVar(&kubeconfig, "kubeconfig", "", "path of a kubeconfig `file`; without it the Pod's own ServiceAccount is used")
	f.StringVar(&namespace, "namespace", "default", "`namespace` to ask for the Pod in")
	f.DurationVar(&timeout, "timeout", 30*time.Second, "`time` to try again for: the API server does not know a new webhook at once")
	return cmd
}

// probe tries until it has an answer of the webhook's, or ctx ends.
func probe(ctx context.Context, config *rest.Config, namespace string) (answer string, err error) {
	heard := &warnings{}
	config.WarningHandler = heard
	scheme, err := newScheme()
	if err != nil {
		return "", err
	}
	c, err := client.New(config, client.Options{Scheme: scheme, Mapper: newMapper()})
	if err != nil {
		return "", fmt.Errorf("set up a client: %w", err)
	}
	for {
		err := c.Create(ctx, probePod(namespace), client.DryRunAll)
		switch {
		case apierrors.IsForbidden(err) && strings.Contains(err.Error(), podWebhook):
			return "denied, as it should be: " + err.Error(), nil
		case err == nil && heard.about(probeImage) != "":
			return "warned about, as it should be: " + heard.about(probeImage), nil
		case err == nil:
			err = fmt.Errorf("namespace %s: a Pod with the image %q is let through without a warning", namespace, probeImage)
		default:
			err = fmt.Errorf("namespace %s: %w", namespace, err)
		}
		select {
		case <-ctx.Done():
			return "", err
		case <-time.After(probeRetry):
		}
	}
}

// probePod is one that the Pod Security level restricted lets through.
func probePod(namespace string) *corev1.Pod {
	yes, no := true, false
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "pullgate-probe-", Namespace: namespace},
		Spec: corev1.PodSpec{
			SecurityContext: &corev1.PodSecurityContext{
				RunAsNonRoot:   &yes,
				SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
			},
			Containers: []corev1.Container{{
				Name: "probe", Image: probeImage,
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: &no,
					Capabilities:             &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
				},
			}},
		},
	}
}

// warnings keeps what the API server passes on.
type warnings struct {
	mu   sync.Mutex
	said []string
}

// HandleWarningHeader keeps one warning.
func (w *warnings) HandleWarningHeader(_ int, _, text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = append(w.said, text)
}

// about is the first warning about an image, "" if there is none.
func (w *warnings) about(image string) string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if i := slices.IndexFunc(w.said, func(text string) bool { return strings.Contains(text, image) }); i >= 0 {
		return w.said[i]
	}
	return ""
}
