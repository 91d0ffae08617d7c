package pullgate

import (
	"strings"
	"testing"
)

const manifest = `# pullgate, all of it
apiVersion: v1
kind: ServiceAccount
metadata: {name: pullgate}
---
# only a comment
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: pullgate}
---
apiVersion: v1
kind: Service
metadata: {name: pullgate}
spec:
  ports: [{port: 443, targetPort: 10250}]
  selector: {app: pullgate}
---
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingWebhookConfiguration
metadata: {name: pullgate}
webhooks:
- name: pods.pullgate.dev
  clientConfig: {service: {name: pullgate, namespace: pullgate-system, path: /validate}}
`

func TestAdapt(t *testing.T) {
	got, err := adapt(manifest, 12345)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"externalName: localhost", "type: ExternalName", "port: 12345", "timeoutSeconds: 30", "path: /validate", "kind: ServiceAccount"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in:\n%s", want, got)
		}
	}
	if strings.Contains(got, "Deployment") {
		t.Errorf("a Deployment in:\n%s", got)
	}
}

func TestAdaptRefusesAManifestThatLacksSomething(t *testing.T) {
	for kind, broken := range map[string]string{
		"Service":                        strings.Replace(manifest, "kind: Service\n", "kind: ConfigMap\n", 1),
		"ValidatingWebhookConfiguration": strings.Replace(manifest, "webhooks:", "hooks:", 1),
	} {
		if _, err := adapt(broken, 1); err == nil || !strings.Contains(err.Error(), kind) {
			t.Errorf("err = %v, want one about the %s", err, kind)
		}
	}
}
