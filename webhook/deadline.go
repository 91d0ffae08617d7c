package webhook

import (
	"context"
	"net/http"
	"time"
)

const (
	// defaultTimeout is the API server's own where a request names none.
	defaultTimeout = 10 * time.Second
	// maxMargin is what an answer needs to be written and sent; of a short
	// timeout it is at most a fifth.
	maxMargin = 500 * time.Millisecond
)

// WithDeadline gives each request the deadline that the API server names in
// the URL's ?timeout=, less a margin: an answer after that is no answer.
func WithDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx, cancel := context.WithTimeout(r.Context(), budget(r.URL.Query().Get("timeout")))
		defer cancel()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// budget is the time to spend on a request. A timeout that cannot be read or
// that the API server would not send counts as the default.
func budget(timeout string) time.Duration {
	d, err := time.ParseDuration(timeout)
	if err != nil || d <= 0 || d > 30*time.Second {
		d = defaultTimeout
	}
	return d - min(maxMargin, d/5)
}
