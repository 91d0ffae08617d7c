package proxy

import (
	"crypto/rand"
	"errors"
	"net/http"
	"strconv"
	"time"
)

func (p *Proxy) serve(w http.ResponseWriter, r *http.Request) {
	if p.options.Heard != nil {
		p.options.Heard(r)
	}
	if d := time.Duration(p.delay.Load()); d > 0 {
		time.Sleep(d)
	}
	switch p.now() {
	case Slow:
		select {
		case <-r.Context().Done():
			return
		case <-time.After(Delay):
		}
		p.next.ServeHTTP(w, r)
	case Unavailable:
		codes := []int{http.StatusInternalServerError, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}
		http.Error(w, "upstream connect error", codes[p.turn.Add(1)%uint64(len(codes))])
	case RateLimited:
		limit(w)
	case Pausing:
		w.Header().Set("Retry-After", strconv.Itoa(int(RetryAfter/time.Second)))
		limit(w)
	case Garbage:
		if p.turn.Add(1)%2 == 0 {
			noHTTP(w)
			return
		}
		noManifest(w)
	case SignIn:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte("<!DOCTYPE html><title>Sign in to the network</title>\n"))
	case Truncated:
		p.next.ServeHTTP(&truncating{ResponseWriter: w}, r)
	default:
		p.next.ServeHTTP(w, r)
	}
}

func limit(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusTooManyRequests)
	_, _ = w.Write([]byte(`{"errors":[{"code":"TOOMANYREQUESTS","message":"too many requests"}]}` + "\n"))
}

// noHTTP answers with random bytes.
func noHTTP(w http.ResponseWriter) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return
	}
	_, _ = conn.Write(noise())
	_ = conn.Close()
}

// noManifest has the header of a manifest and no more, not even its digest.
func noManifest(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
	_, _ = w.Write(noise())
}

func noise() []byte {
	bytes := make([]byte, 512)
	_, _ = rand.Read(bytes) // never fails
	return bytes
}

var errTruncated = errors.New("truncated on purpose")

// truncating passes on half of the first piece of a body. The error makes the
// reverse proxy end the connection, for the length was announced as it was.
type truncating struct{ http.ResponseWriter }

// Write writes half.
func (t *truncating) Write(b []byte) (int, error) {
	n, err := t.ResponseWriter.Write(b[:len(b)/2])
	if err != nil {
		return n, err
	}
	_ = http.NewResponseController(t.ResponseWriter).Flush()
	return n, errTruncated
}
