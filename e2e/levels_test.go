package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

func testWarnOnly(t *testing.T, s *suite) {
	push(t, s.open, "acme/warned", "v1")
	image := openHost + "/acme/warned:v2"
	ns := s.namespace(t, nil)
	if out, err := s.kubectl(t, "label", "namespace", ns, "pullgate.dev/enforce=off"); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	eventually(t, "the namespace's label", func(context.Context) error {
		out, err := s.kubectl(t, "run", "web", "--image", image, "-n", ns, "--dry-run=server")
		if err != nil {
			return fmt.Errorf("%w: %s", err, out)
		}
		return nil
	})
	stdout, stderr, err := s.cluster.Kubectl(t.Context(), "", "run", "web", "--image", image, "-n", ns)
	if err != nil || stdout != "pod/web created\n" {
		t.Errorf("%v: %q, %q", err, stdout, stderr)
	}
	if want := `Warning: image "` + image + `" (spec.containers[0].image)`; !strings.HasPrefix(stderr, want) || !strings.Contains(stderr, `tag "v2"`) {
		t.Errorf("stderr = %q, want a line that begins with %q and names the tag", stderr, want)
	}
	if strings.Count(stderr, "\n") != 1 {
		t.Errorf("more than one line: %q", stderr)
	}
}

func testOff(t *testing.T, s *suite) {
	ns := s.namespace(t, map[string]string{
		"pullgate.dev/enforce": "off", "pullgate.dev/warn": "off", "pullgate.dev/audit": "off",
	})
	eventually(t, "the namespace's labels", func(context.Context) error {
		if o := s.create(t, ns, pod(openHost+"/acme/off-probe:v1")); o.denial != nil || len(o.warnings) > 0 {
			return fmt.Errorf("%+v", o)
		}
		return nil
	})
	s.create(t, ns, pod(openHost+"/acme/off:v1")).created(t)
	if requests := requestsTo(t, s.open, "acme/off"); len(requests) > 0 {
		t.Errorf("nobody wants to know, and the registry is asked: %v", requests)
	}
}

func testStrict(t *testing.T, s *suite) {
	ns := s.namespace(t, map[string]string{"pullgate.dev/enforce": "strict"})
	image := strictHost + "/acme/app:v1"
	eventually(t, "the namespace's label", func(context.Context) error {
		if o := s.create(t, ns, pod(image)); o.denial == nil {
			return fmt.Errorf("let through: %+v", o)
		}
		return nil
	})
	s.create(t, ns, pod(image)).denied(t, "Unreachable", firstImage, image, strictHost)
}

func testInvalidLevel(t *testing.T, s *suite) {
	push(t, s.open, "acme/level", "v1")
	ns := s.namespace(t, map[string]string{"pullgate.dev/enforce": "of"})
	image := openHost + "/acme/level:v2"
	s.create(t, ns, pod(image)).denied(t, "ImageNotFound", firstImage, image)
	s.create(t, ns, pod(openHost+"/acme/level:v1")).warned(t, "pullgate.dev/enforce", `"of"`)
}

func testAuditAnnotations(t *testing.T, s *suite) {
	push(t, s.open, "acme/audited", "v1")
	denied := s.namespace(t, nil)
	image := openHost + "/acme/audited:v2"
	s.create(t, denied, pod(image)).denied(t, "ImageNotFound", firstImage, image)
	warned := s.namespace(t, nil)
	s.create(t, warned, pod(downHost+"/acme/audited:v1")).warned(t, downHost+"/acme/audited:v1")

	for ns, reason := range map[string]string{denied: "ImageNotFound", warned: "Unreachable"} {
		eventually(t, "the audit log", func(context.Context) error {
			annotations, err := auditAnnotations(s.cluster.AuditLog(), ns)
			if err != nil {
				return err
			}
			for key, value := range annotations {
				if strings.HasPrefix(key, pullgate.Webhook+"/") && strings.Contains(value, reason) {
					return nil
				}
			}
			return fmt.Errorf("no annotation %s/... with %q in %v", pullgate.Webhook, reason, annotations)
		})
	}
}

// auditAnnotations are the annotations of the events of creating Pods in a
// namespace.
func auditAnnotations(log, namespace string) (map[string]string, error) {
	f, err := os.Open(log)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	all := map[string]string{}
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var event struct {
			Verb      string `json:"verb"`
			ObjectRef struct {
				Resource  string `json:"resource"`
				Namespace string `json:"namespace"`
			} `json:"objectRef"`
			Annotations map[string]string `json:"annotations"`
		}
		// The last line may be cut: it is being written.
		if json.Unmarshal(lines.Bytes(), &event) != nil {
			continue
		}
		if event.Verb != "create" || event.ObjectRef.Resource != "pods" || event.ObjectRef.Namespace != namespace {
			continue
		}
		for key, value := range event.Annotations {
			all[key] = value
		}
	}
	return all, lines.Err()
}
