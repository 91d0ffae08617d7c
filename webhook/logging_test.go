package webhook

import (
	"bytes"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"

	"github.com/go-logr/logr"
	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"

	"github.com/pullgate/pullgate/resolver"
)

// loggedBy is what a handled request leaves in the log, decoded.
func loggedBy(t *testing.T, v *Validator, images ...string) (lines []map[string]any) {
	t.Helper()
	var out bytes.Buffer
	ctx := log.IntoContext(t.Context(), logr.FromSlogHandler(slog.NewJSONHandler(&out, nil)))
	v.Handle(ctx, request(t, admissionv1.Create, podOf(images...), nil))
	for line := range strings.Lines(out.String()) {
		var decoded map[string]any
		if err := json.Unmarshal([]byte(line), &decoded); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		lines = append(lines, decoded)
	}
	return lines
}

// byName answers by the image's name.
func byName() checkerFunc {
	return func(image resolver.Image, _ resolver.Pod) resolver.Verdict {
		v := resolver.Verdict{Image: image.Reference, Reason: resolver.Pullable}
		for name, reason := range map[string]resolver.Reason{"missing": resolver.ImageNotFound, "down": resolver.Unreachable} {
			if strings.Contains(image.Reference, name) {
				v.Reason, v.Message, v.Detail = reason, "it is "+name, "the error behind it"
			}
		}
		if strings.Contains(image.Reference, "noted") {
			v.Message = "worth a word"
		}
		v.Class = v.Reason.Class()
		return v
	}
}

// Each answer that is a denial or not verified is one line, whatever the number
// of images; the many that are neither leave none.
func TestOneLinePerAnswer(t *testing.T) {
	for name, tc := range map[string]struct {
		images  []string
		message string
		outcome string
		reason  resolver.Reason
		others  int
	}{
		"good":                    {images: []string{"good", "better"}},
		"denied":                  {[]string{"good", "missing"}, "denied", "denied", resolver.ImageNotFound, 0},
		"denied, the worst first": {[]string{"down", "missing", "missing:2"}, "denied", "denied", resolver.ImageNotFound, 2},
		"not verified":            {[]string{"down", "good"}, "let through with an image that is not verified", "warned", resolver.Unreachable, 0},
		"noted":                   {[]string{"noted"}, "let through with a note", "warned", resolver.Pullable, 0},
	} {
		t.Run(name, func(t *testing.T) {
			v, _ := newValidator(t, byName(), labels{})
			lines := loggedBy(t, v, tc.images...)
			if tc.message == "" {
				if len(lines) > 0 {
					t.Errorf("logged: %v", lines)
				}
				return
			}
			if len(lines) != 1 {
				t.Fatalf("%d lines: %v", len(lines), lines)
			}
			line := lines[0]
			if line["msg"] != tc.message || line["outcome"] != tc.outcome || line["reason"] != string(tc.reason) {
				t.Errorf("logged: %v", line)
			}
			others, _ := line["others"].([]any)
			if len(others) != tc.others || line["images"] != float64(1+tc.others) {
				t.Errorf("%d others, want %d, in %v", len(others), tc.others, line)
			}
			if tc.reason != resolver.Pullable && line["detail"] != "the error behind it" {
				t.Errorf("no detail: %v", line)
			}
		})
	}
}

// What is let through in a namespace that neither warns nor audits is known to
// who runs pullgate all the same.
func TestQuietNamespacesAreLogged(t *testing.T) {
	v, _ := newValidator(t, byName(), labels{set: map[string]string{WarnLabel: "off", AuditLabel: "off"}})
	if lines := loggedBy(t, v, "down"); len(lines) != 1 || lines[0]["outcome"] != "allowed" {
		t.Errorf("logged: %v", lines)
	}
}

// A line stays readable, and one line, whoever wrote the Pod.
func TestLinesAreBounded(t *testing.T) {
	v, _ := newValidator(t, byName(), labels{})
	images := make([]string, 3*maxLogged)
	for n := range images {
		images[n] = "missing\x1b[31m\n" + strings.Repeat("x", 10*n) + strings.Repeat("y", 10_000)
	}
	lines := loggedBy(t, v, images...)
	if len(lines) != 1 || lines[0]["images"] != float64(len(images)) {
		t.Fatalf("%d lines, %v images", len(lines), lines[0]["images"])
	}
	text, err := json.Marshal(lines[0])
	if err != nil || len(text) > 64<<10 {
		t.Errorf("%d bytes, %v", len(text), err)
	}
	if image := lines[0]["image"].(string); strings.ContainsAny(image, "\x1b\n") || len(image) > maxDeniedImage {
		t.Errorf("image %q", image)
	}
}
