package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// echo answers with all that it was given, so that nothing can be read otherwise
// without being seen.
func echo(_ context.Context, req admission.Request) admission.Response {
	was, err := json.Marshal(req)
	if err != nil {
		return admission.Errored(http.StatusInternalServerError, err)
	}
	response := admission.Denied(string(was)).WithWarnings("a < b", "c")
	response.AuditAnnotations = map[string]string{"k": string(req.Object.Raw)}
	return response
}

// bothWays answers a request by admission.Webhook alone, and by reviews, and says
// whether the second did so without the first.
func bothWays(t *testing.T, request func() *http.Request) (want, got string, own bool) {
	t.Helper()
	answered := func(h http.Handler) string {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, request())
		return http.StatusText(w.Code) + ": " + w.Body.String()
	}
	own = true
	want = answered(&admission.Webhook{Handler: admission.HandlerFunc(echo)})
	got = answered(reviews{&admission.Webhook{
		Handler: admission.HandlerFunc(echo),
		// admission.Webhook asks for it when it reads a request.
		WithContextFunc: func(ctx context.Context, _ *http.Request) context.Context { own = false; return ctx },
	}})
	return want, got, own
}

const (
	fullReview = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"7","kind":{"group":"","version":"v1","kind":"Pod"},` +
		`"resource":{"group":"","version":"v1","resource":"pods"},"requestKind":{"group":"","version":"v1","kind":"Pod"},"namespace":"dev","operation":"UPDATE",` +
		`"userInfo":{"username":"me","groups":["a"],"extra":{"e":["1"]}},"object":{"spec":{"n":9007199254740993, "s":"\u003c\u2028"}},` +
		`"oldObject":null,"dryRun":true,"options":{"kind":"UpdateOptions"}}}`
	badPod = `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1","request":{"uid":"7","object":`
)

// reviewsToRead are bodies, and whether reviews reads them itself.
func reviewsToRead() map[string]bool {
	return map[string]bool{
		fullReview:                                true,
		"\n" + fullReview + "\n":                  true,
		reviewWith(`"request":{}`):                true,
		reviewWith(`"request":{"UID":"7"}`):       true, // names are case-sensitive
		reviewWith(`"request":{"uid":"\ud800"}`):  true,
		reviewWith(`"request":{},"response":{}`):  true,
		reviewWith(`"request":null`):              false,
		reviewWith(`"spec":{}`):                   false,
		reviewWith(`"request":{"uid":7}`):         false,
		reviewWith(`"request":[]`):                false,
		fullReview + "{}":                         false,
		fullReview[:len(fullReview)-1]:            false,
		badPod + strings.Repeat("[", 20_000):      false,
		badPod + "nil}}":                          false,
		"":                                        false,
		"null":                                    false,
		"[]":                                      false,
		"{}":                                      false,
		`{"request":{"uid":"7"}}`:                 false,
		"not JSON":                                false,
		"k8s\x00\n":                               false,
		`{"kind":"Pod","apiVersion":"v1"}`:        false,
		`{"kind":"Unknown","apiVersion":"x.y/1"}`: false,
		`{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1beta1","request":{"uid":"7"}}`: false,
	}
}

func reviewWith(rest string) string {
	return `{"kind":"AdmissionReview","apiVersion":"admission.k8s.io/v1",` + rest + `}`
}

func requestOf(body io.Reader, contentType string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, "/validate", body)
	r.Header.Set("Content-Type", contentType)
	return r
}

func TestReviewsAnswersAsTheLibraryDoes(t *testing.T) {
	for body, wantOwn := range reviewsToRead() {
		want, got, own := bothWays(t, func() *http.Request { return requestOf(strings.NewReader(body), "application/json") })
		if diff := cmp.Diff(want, got); diff != "" || own != wantOwn {
			t.Errorf("%.200q: read by itself: %t, want %t (-library +reviews):\n%s", body, own, wantOwn, diff)
		}
	}
	long := func(n int) io.Reader { // of n bytes
		const end = "}"
		return strings.NewReader(fullReview[:len(fullReview)-1] + strings.Repeat(" ", n-len(fullReview)) + end)
	}
	failing := errors.New("the connection is gone")
	for name, test := range map[string]struct {
		body        func() io.Reader
		contentType string
		wantOwn     bool
	}{
		"no body":              {func() io.Reader { return http.NoBody }, "application/json", false},
		"of unknown length":    {func() io.Reader { return struct{ io.Reader }{strings.NewReader(fullReview)} }, "application/json", true},
		"of another type":      {func() io.Reader { return strings.NewReader(fullReview) }, "application/yaml", false},
		"of a type with more":  {func() io.Reader { return strings.NewReader(fullReview) }, "application/json; charset=utf-8", false},
		"long":                 {func() io.Reader { return long(1 << 20) }, "application/json", true},
		"as long as may be":    {func() io.Reader { return long(maxReview - 1) }, "application/json", true},
		"too long by a byte":   {func() io.Reader { return long(maxReview) }, "application/json", false},
		"much too long":        {func() io.Reader { return long(2 * maxReview) }, "application/json", false},
		"that breaks off":      {func() io.Reader { return io.MultiReader(strings.NewReader(fullReview[:99]), broken{failing}) }, "application/json", false},
		"that breaks off late": {func() io.Reader { return io.MultiReader(strings.NewReader(fullReview), broken{failing}) }, "application/json", false},
	} {
		want, got, own := bothWays(t, func() *http.Request { return requestOf(test.body(), test.contentType) })
		if diff := cmp.Diff(want, got); diff != "" || own != test.wantOwn {
			t.Errorf("a body %s: read by itself: %t, want %t (-library +reviews):\n%s", name, own, test.wantOwn, diff)
		}
	}
}

// Whoever only says that much is to come must not be given the memory for it.
func TestReadBelievesNoLength(t *testing.T) {
	allocated := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.TotalAlloc
	}
	r := requestOf(strings.NewReader("{"), "application/json")
	r.ContentLength = 6 << 20
	before := allocated()
	if _, ok := read(r); ok {
		t.Error("it is a review")
	}
	if got := allocated() - before; got > 1<<20 {
		t.Errorf("%d bytes allocated for a byte", got)
	}
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// FuzzReview holds what reviews makes of any bytes against what admission.Webhook
// does. There is one difference: that takes the names apiVersion and kind in any case,
// and so may find another kind than the API's own decoder, and refuse it.
func FuzzReview(f *testing.F) {
	for body := range reviewsToRead() {
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body string) {
		want, got, own := bothWays(t, func() *http.Request { return requestOf(strings.NewReader(body), "application/json") })
		if want != got && (!own || !strings.Contains(want, `"code":400`)) {
			t.Errorf("answers %s, want %s", got, want)
		}
	})
}
