package pullgate

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
)

// The names that the manifest gives.
const (
	Namespace            = "pullgate-system"
	ServiceAccount       = "pullgate"
	Service              = "pullgate"
	Secret               = "pullgate-certs"
	WebhookConfiguration = "pullgate"
	Webhook              = "pods.pullgate.dev"
)

// Manifest is the path of the manifest that users install.
func Manifest(ctx context.Context) (string, error) {
	root, err := build.Root(ctx)
	if err != nil {
		return "", err
	}
	return filepath.Join(root, "deploy", "install.yaml"), nil
}

// Install applies the manifest with kubectl, as a user does, with three changes
// for a cluster that has no nodes. The Deployment is left out: the binary runs as
// a process. And the Service leads to that process: with type ExternalName the API
// server calls localhost at the port returned, which is free, and still asks for a
// certificate with the Service's own DNS name.
//
// And the API server waits for an answer as long as it can: a Pod that is let through
// because the machine is busy says nothing of pullgate.
func Install(ctx context.Context, c *cluster.Cluster) (port int, err error) {
	ports, err := process.FreePorts(1)
	if err != nil {
		return 0, fmt.Errorf("install pullgate: %w", err)
	}
	return ports[0], install(ctx, c, ports[0])
}

func install(ctx context.Context, c *cluster.Cluster, port int) error {
	manifest, err := Manifest(ctx)
	if err != nil {
		return fmt.Errorf("install pullgate: %w", err)
	}
	content, err := os.ReadFile(manifest)
	if err != nil {
		return fmt.Errorf("install pullgate: %w", err)
	}
	documents, err := adapt(string(content), port)
	if err != nil {
		return fmt.Errorf("install pullgate: %s: %w", manifest, err)
	}
	if _, stderr, err := c.Kubectl(ctx, documents, "apply", "-f", "-"); err != nil {
		return fmt.Errorf("install pullgate: %w\n%s", err, stderr)
	}
	return nil
}

// adapt returns the manifest's documents for a cluster without nodes.
func adapt(manifest string, port int) (string, error) {
	var out []string
	seen := map[string]bool{}
	for document := range strings.SplitSeq("\n"+manifest, "\n---") {
		var object map[string]any
		if err := yaml.Unmarshal([]byte(document), &object); err != nil {
			return "", err
		}
		if len(object) == 0 { // Comments only.
			continue
		}
		u := &unstructured.Unstructured{Object: object}
		seen[u.GetKind()] = true
		var err error
		switch u.GetKind() {
		case "Deployment":
			continue
		case "Service":
			err = leadToLocalhost(u)
		case "ValidatingWebhookConfiguration":
			err = callPort(u, port)
		}
		if err != nil {
			return "", fmt.Errorf("%s %s: %w", u.GetKind(), u.GetName(), err)
		}
		changed, err := yaml.Marshal(u.Object)
		if err != nil {
			return "", err
		}
		out = append(out, string(changed))
	}
	for _, kind := range []string{"Service", "ServiceAccount", "Deployment", "ValidatingWebhookConfiguration"} {
		if !seen[kind] {
			return "", fmt.Errorf("it has no %s", kind)
		}
	}
	return strings.Join(out, "---\n"), nil
}

func leadToLocalhost(service *unstructured.Unstructured) error {
	spec, ok := service.Object["spec"].(map[string]any)
	if !ok {
		return errors.New("it has no spec")
	}
	spec["type"] = "ExternalName"
	spec["externalName"] = "localhost"
	delete(spec, "clusterIP")
	return nil
}

// maxTimeout is the longest that an API server waits for a webhook, in seconds.
const maxTimeout = 30

// callPort makes the API server call a port of the Service, and be patient. Everything
// else of the configuration stays as users get it.
func callPort(configuration *unstructured.Unstructured, port int) error {
	webhooks, ok := configuration.Object["webhooks"].([]any)
	if !ok || len(webhooks) == 0 {
		return errors.New("it has no webhooks")
	}
	for _, w := range webhooks {
		webhook, ok := w.(map[string]any)
		if !ok {
			return errors.New("a webhook is no object")
		}
		if err := unstructured.SetNestedField(webhook, int64(port), "clientConfig", "service", "port"); err != nil {
			return err
		}
		if err := unstructured.SetNestedField(webhook, int64(maxTimeout), "timeoutSeconds"); err != nil {
			return err
		}
	}
	return nil
}
