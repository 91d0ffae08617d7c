package webhook

import (
	"github.com/go-logr/logr"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

// logConstructor is for an admission.Webhook. Its loggers say of a request what
// those of admission.DefaultLogConstructor do, but put it into words only when
// there is something to log, which for most requests is nothing: it would take as
// long as to find out about an image.
func logConstructor(base logr.Logger, req *admission.Request) logr.Logger {
	if req == nil {
		return base
	}
	return base.WithSink(requestSink{LogSink: base.GetSink(), base: base, req: req})
}

// requestSink adds what a request is about to what is logged. It has Init and
// Enabled of the base's own.
type requestSink struct {
	logr.LogSink
	base logr.Logger
	req  *admission.Request
}

func (s requestSink) full() logr.LogSink {
	return admission.DefaultLogConstructor(s.base, s.req).GetSink()
}

// Info logs a line.
func (s requestSink) Info(level int, msg string, keysAndValues ...any) {
	s.full().Info(level, msg, keysAndValues...)
}

// Error logs an error.
func (s requestSink) Error(err error, msg string, keysAndValues ...any) {
	s.full().Error(err, msg, keysAndValues...)
}

// WithValues returns a sink that adds more to each line.
func (s requestSink) WithValues(keysAndValues ...any) logr.LogSink {
	return s.full().WithValues(keysAndValues...)
}

// WithName returns a sink with a longer name.
func (s requestSink) WithName(name string) logr.LogSink { return s.full().WithName(name) }
