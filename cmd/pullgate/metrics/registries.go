package metrics

import (
	"maps"
	"slices"
	"sync"
)

const (
	// maxRegistries is how many are named in labels; a cluster uses few.
	maxRegistries = 50
	// other is the label of the rest.
	other = "other"
)

// registries bounds the registries that are named in labels: those that had an
// image first. Whoever invents a registry to fill the metrics has to run it.
type registries struct {
	mu    sync.RWMutex
	named map[string]bool
}

func (r *registries) admit(host string) {
	if r.label(host) != other {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.named == nil {
		r.named = map[string]bool{}
	}
	if len(r.named) < maxRegistries {
		r.named[host] = true
	}
}

func (r *registries) label(host string) string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	if r.named[host] {
		return host
	}
	return other
}

// all lists the registries that are named.
func (r *registries) all() []string {
	r.mu.RLock()
	defer r.mu.RUnlock()
	return slices.Collect(maps.Keys(r.named))
}
