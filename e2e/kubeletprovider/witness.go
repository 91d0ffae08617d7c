package kubeletprovider

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/go-logr/logr"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	"k8s.io/utils/clock"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
)

// witness sees each run of a plugin, and what the kubelet logs of it.
type witness struct {
	mu       sync.Mutex
	runs     []Run
	failures []string
}

// take returns what was seen since the last time. What ran at once is in the order
// of its names.
func (w *witness) take() ([]Run, []string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	runs, failures := w.runs, w.failures
	w.runs, w.failures = nil, nil
	slices.SortStableFunc(runs, func(a, b Run) int {
		return cmp.Or(slices.Index(kubeletplugin.Registered(), a.Provider)-slices.Index(kubeletplugin.Registered(), b.Provider), cmp.Compare(a.Image, b.Image))
	})
	return runs, failures
}

// seen is a plugin that is watched.
type seen struct {
	plugin.Plugin
	provider string
	witness  *witness
}

// ExecPlugin runs the plugin.
func (s seen) ExecPlugin(ctx context.Context, image, token string, annotations map[string]string) (*credentialproviderapi.CredentialProviderResponse, error) {
	response, err := s.Plugin.ExecPlugin(ctx, image, token, annotations)
	run := Run{Provider: s.provider, Image: image, Token: token, Annotations: maps.Clone(annotations)}
	if err != nil {
		run.Error = err.Error()
	}
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.witness.runs = append(s.witness.runs, run)
	return response, err
}

// sink keeps the errors that are logged.
type sink struct{ witness *witness }

// Init does nothing.
func (sink) Init(logr.RuntimeInfo) {}

// Enabled is for messages that are no errors.
func (sink) Enabled(int) bool { return false }

// Info does nothing.
func (sink) Info(int, string, ...any) {}

// Error keeps it.
func (s sink) Error(err error, message string, _ ...any) {
	if err != nil {
		message += ": " + err.Error()
	}
	s.witness.mu.Lock()
	defer s.witness.mu.Unlock()
	s.witness.failures = append(s.witness.failures, message)
}

// WithValues changes nothing.
func (s sink) WithValues(...any) logr.LogSink { return s }

// WithName changes nothing.
func (s sink) WithName(string) logr.LogSink { return s }

// movable is a clock that can be moved.
type movable struct {
	clock.RealClock
	ahead time.Duration
}

// Now is later than it is.
func (m *movable) Now() time.Time { return m.RealClock.Now().Add(m.ahead) }
