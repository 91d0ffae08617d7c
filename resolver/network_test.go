package resolver

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"github.com/pullgate/pullgate/resolver/registry"
)

// network stands in for everything that a Resolver can reach, and keeps what it
// was asked.
type network struct {
	answer func(*http.Request) *http.Response

	mu       sync.Mutex
	requests []request
}

// request is what was sent, its body read, and what came back.
type request struct {
	*http.Request
	sent   string
	status int
}

// RoundTrip answers a request.
func (n *network) RoundTrip(req *http.Request) (*http.Response, error) {
	sent := ""
	if req.Body != nil {
		b, err := io.ReadAll(req.Body)
		if err != nil {
			return nil, err
		}
		sent = string(b)
	}
	resp := n.answer(req)
	resp.Request = req
	n.mu.Lock()
	defer n.mu.Unlock()
	n.requests = append(n.requests, request{req, sent, resp.StatusCode})
	return resp, nil
}

// alone makes a Resolver that has nothing but a network.
func alone(t testing.TB, answer func(*http.Request) *http.Response) (*Resolver, *network) {
	t.Helper()
	n := &network{answer: answer}
	config := patient()
	config.Cache.Entries = 8 // one is made for each input
	r, err := New(config, "pullgate/test")
	if err != nil {
		t.Fatal(err)
	}
	r.client = registry.NewClient(registry.Options{Wrap: func(http.RoundTripper) http.RoundTripper { return n }})
	return r, n
}

// reply makes an answer; the header is lines of "Name: value".
func reply(req *http.Request, status int, header string, body []byte) *http.Response {
	w := httptest.NewRecorder()
	for line := range strings.SplitSeq(header, "\n") {
		name, value, ok := strings.Cut(line, ":")
		if ok && name != "" && !strings.ContainsFunc(name, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
			w.Header().Add(name, strings.TrimSpace(value))
		}
	}
	w.WriteHeader(status)
	resp := w.Result()
	if req.Method != http.MethodHead {
		resp.Body, resp.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	}
	return resp
}

// validStatus is a final status out of any number.
func validStatus(n uint16) int { return 200 + int(n)%400 }

// wantModest requires of a verdict that its words are few and on one line.
func wantModest(t *testing.T, v Verdict) {
	t.Helper()
	for name, text := range map[string]string{"message": v.Message, "detail": v.Detail} {
		if len(text) > 1024 {
			t.Fatalf("%s: a %s of %d bytes: %.200q", v.Reason, name, len(text), text)
		}
		if !utf8.ValidString(text) || strings.ContainsFunc(text, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			t.Fatalf("%s: a %s that is not one printable line: %q", v.Reason, name, text)
		}
	}
}

// wantFew requires that what strangers write does not make many requests.
func (n *network) wantFew(t *testing.T, limit int) {
	t.Helper()
	if len(n.requests) <= limit {
		return
	}
	var list []string
	for _, r := range n.requests {
		list = append(list, fmt.Sprint(r.Method, " ", r.URL, " ", r.status))
	}
	t.Fatalf("%d requests, want at most %d:\n%s", len(n.requests), limit, strings.Join(list, "\n"))
}
