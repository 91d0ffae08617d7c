package e2e

import (
	"strings"
	"testing"
)

// hostileLimit is more than any message about one image needs.
const hostileLimit = 4096

// The API server does not look at an image name; etcd ends at about 1 MB.
func testLongImageName(t *testing.T, s *suite) {
	image := strings.Repeat("a", 100<<10)
	o := s.create(t, s.namespace(t, nil), pod(image))
	o.denied(t, "InvalidImageName", firstImage, strings.Repeat("a", 20))
	if len(o.denial.Message) > hostileLimit {
		t.Errorf("the message has %d bytes", len(o.denial.Message))
	}
	warned := s.warnOnlyNamespace(t)
	s.create(t, warned, pod(image, openHost+"/"+image)).warnedBriefly(t, "aaa")
}

// A tag of 4 KB is none, wherever it stands, and who wrote it is told.
func testLongTag(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	image := openHost + "/acme/app:" + strings.Repeat("v", 4<<10)
	s.create(t, ns, pod(image)).denied(t, "InvalidImageName", firstImage, openHost+"/acme/app:vvv")
	s.create(t, s.warnOnlyNamespace(t), pod(image)).warnedBriefly(t, firstImage, "vvv")
	_, stderr, err := s.apply(t, ns, deployment(image, nil), "--dry-run=server")
	if err != nil || strings.Count(stderr, "\n") != 1 || !strings.Contains(stderr, "not a valid image reference") {
		t.Errorf("%v: kubectl prints %q", err, stderr)
	}
}

func testControlCharacters(t *testing.T, s *suite) {
	ns := s.namespace(t, nil)
	warned := s.warnOnlyNamespace(t)
	for name, image := range map[string]string{
		"line feed":       openHost + "/acme/app:v1\nWarning: all is well",
		"escape sequence": openHost + "/acme/\x1b[31mapp:v1",
		"NUL":             openHost + "/acme/app\x00:v1",
		"DEL, C1, bidi":   openHost + "/acme/app\x7f\u0085\u202e:v1",
		"only controls":   "x" + strings.Repeat("\x01\r\n\t", 1000) + "x",
	} {
		t.Run(name, func(t *testing.T) {
			o := s.create(t, ns, pod(image))
			o.denied(t, "InvalidImageName", firstImage)
			if len(o.denial.Message) > hostileLimit {
				t.Errorf("the message has %d bytes", len(o.denial.Message))
			}
			if strings.ContainsAny(o.denial.Message, "\u0085\u202e") {
				t.Errorf("unprintable: %q", o.denial.Message)
			}
			s.create(t, warned, pod(image)).warnedBriefly(t, firstImage)
		})
	}
}

// The API server's own validation comes first.
func testEmptyImageName(t *testing.T, s *suite) {
	o := s.create(t, s.namespace(t, nil), pod(""))
	if o.denial == nil || o.denial.Code != 422 || !strings.Contains(o.denial.Message, "spec.containers[0].image: Required value") {
		t.Errorf("%+v", o.denial)
	}
}

func (s *suite) warnOnlyNamespace(t *testing.T) string {
	t.Helper()
	return s.namespace(t, map[string]string{"pullgate.dev/enforce": "off"})
}

// warnedBriefly is warned, within the limits of what an API server passes on.
func (o outcome) warnedBriefly(t *testing.T, words ...string) {
	t.Helper()
	o.warned(t, words...)
	total := 0
	for _, w := range o.warnings {
		total += len(w)
		if len(w) > 256 {
			t.Errorf("a warning of %d bytes: %q", len(w), w)
		}
	}
	if total >= 4096 {
		t.Errorf("warnings of %d bytes", total)
	}
}
