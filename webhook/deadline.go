package webhook

import (
	"context"
	"net/http"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// defaultTimeout is the API server's own where a request names none.
	defaultTimeout = 10 * time.Second
	// maxMargin is what an answer needs to be written and sent; of a short
	// timeout it is at most a fifth.
	maxMargin = 500 * time.Millisecond
)

// withDeadline gives each request the deadline that the API server names in
// the URL's ?timeout=, less a margin: an answer after that is no answer.
func withDeadline(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		ctx := &deadlined{Context: r.Context(), at: time.Now().Add(budget(r.URL.Query().Get("timeout")))}
		defer ctx.stop()
		next.ServeHTTP(w, r.WithContext(ctx))
	})
}

// deadlined is a context with a deadline, whose timer is made when somebody waits for
// it: most answers are there before that.
type deadlined struct {
	context.Context // what it is made of
	at              time.Time

	once  sync.Once
	timed atomic.Pointer[timed]
}

type timed struct {
	context.Context
	stop context.CancelFunc
}

func (d *deadlined) timer() *timed {
	d.once.Do(func() {
		ctx, stop := context.WithDeadline(d.Context, d.at)
		d.timed.Store(&timed{ctx, stop})
	})
	return d.timed.Load()
}

func (d *deadlined) stop() {
	if t := d.timed.Load(); t != nil {
		t.stop()
	}
}

// Deadline returns the deadline.
func (d *deadlined) Deadline() (time.Time, bool) { return d.at, true }

// Done is closed when the deadline is over, or the context ends that this is made of.
func (d *deadlined) Done() <-chan struct{} { return d.timer().Done() }

// Err says why Done is closed.
func (d *deadlined) Err() error { return d.timer().Err() }

// Value asks the timer's context, once there is one: contexts that are made of this one
// find by it what ends them, and need no goroutine to wait for that.
func (d *deadlined) Value(key any) any {
	if t := d.timed.Load(); t != nil {
		return t.Value(key)
	}
	return d.Context.Value(key)
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
