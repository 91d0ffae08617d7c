package webhook

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"

	admissionv1 "k8s.io/api/admission/v1"
	"sigs.k8s.io/controller-runtime/pkg/log"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
	kjson "sigs.k8s.io/json"
)

// NewHandler serves an admission handler over HTTP: it reads an AdmissionReview, has it
// answered by the deadline that the API server names, and writes the answer.
func NewHandler(h admission.Handler) http.Handler {
	return withDeadline(reviews{&admission.Webhook{Handler: h, LogConstructor: logConstructor}})
}

// reviews does for the reviews that API servers send what admission.Webhook does for
// all, with the same answers, but goes over their bytes twice, where that does so five
// times, which takes longer than all that pullgate does besides. Whatever else comes is
// left to admission.Webhook, to say what is wrong with it.
type reviews struct{ *admission.Webhook }

func (h reviews) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	review, ok := read(r)
	if !ok {
		h.Webhook.ServeHTTP(w, r)
		return
	}
	answer := h.Handle(r.Context(), admission.Request{AdmissionRequest: *review.Request})
	err := json.NewEncoder(w).Encode(admissionv1.AdmissionReview{TypeMeta: review.TypeMeta, Response: &answer.AdmissionResponse})
	if err != nil { // the API server is gone
		log.FromContext(r.Context()).Error(err, "write the answer")
	}
}

const (
	// maxReview is as much as admission.Webhook reads, in bytes.
	maxReview = 7 << 20
	// presumed is what a review is believed to have before it is there, in bytes:
	// hardly one of a Pod has more.
	presumed = 32 << 10
)

var reviewKind = admissionv1.SchemeGroupVersion.WithKind("AdmissionReview")

// read reads a review. Of a request that has none it leaves all to be read again.
func read(r *http.Request) (review admissionv1.AdmissionReview, ok bool) {
	if r.Body == nil || r.Body == http.NoBody || r.Header.Get("Content-Type") != "application/json" {
		return review, false
	}
	var body bytes.Buffer
	// At the end ReadFrom wants room for more.
	body.Grow(int(min(max(r.ContentLength, 0), presumed)) + bytes.MinRead)
	if _, err := body.ReadFrom(io.LimitReader(r.Body, maxReview)); err == nil && body.Len() < maxReview {
		err = kjson.UnmarshalCaseSensitivePreserveInts(body.Bytes(), &review)
		if err == nil && review.Request != nil && review.GroupVersionKind() == reviewKind {
			return review, true
		}
	}
	r.Body = unread{io.MultiReader(&body, r.Body), r.Body}
	return review, false
}

// unread is a body, some of which was read and is to be read again.
type unread struct {
	io.Reader
	io.Closer
}
