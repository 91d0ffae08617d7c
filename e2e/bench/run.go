package bench

import (
	"context"
	"runtime"
	"slices"
	"time"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Result is all that was measured.
type Result struct {
	When      time.Time   `json:"when"`
	CPUs      int         `json:"cpus"`
	Go        string      `json:"go"`
	Seconds   float64     `json:"seconds"`
	Creation  []Creation  `json:"creation"`
	Cold      []Cold      `json:"cold"`
	Requests  Requests    `json:"requests"`
	Provider  Provider    `json:"provider"`
	Start     Start       `json:"start"`
	InProcess []InProcess `json:"inProcess"`
	Growth    []Growth    `json:"growth"`
	// CachedRSS is pullgate's memory with as many images known as it keeps, in MiB.
	CachedRSS float64  `json:"cachedRSS_MiB"`
	Crowd     Crowd    `json:"crowd"`
	Targets   []Target `json:"targets"`
}

// Run measures everything. root is the folder of the product's module.
func (b *Bench) Run(ctx context.Context, root string) (r Result, err error) {
	r = Result{When: time.Now().UTC(), CPUs: runtime.NumCPU(), Go: runtime.Version()}
	var pods []Growth
	var cache, nodes Growth
	for _, step := range []struct {
		name string
		do   func() error
	}{
		{"handler", func() (err error) { r.InProcess, err = b.inProcess(ctx, root); return err }},
		{"start", func() (err error) { r.Start, err = b.measureStart(ctx); return err }},
		{"creation", func() (err error) { r.Creation, err = b.creation(ctx); return err }},
		{"cold", func() (err error) { r.Cold, err = b.cold(ctx); return err }},
		{"requests", func() (err error) { r.Requests, err = b.requests(ctx); return err }},
		{"provider", func() (err error) { r.Provider, err = b.provider(ctx); return err }},
		{"pods", func() (err error) { pods, err = b.growOfPod(ctx); return err }},
		{"cache", func() (err error) { cache, r.CachedRSS, err = b.growOfCache(ctx); return err }},
		// The last: what it puts into the cluster stays there.
		{"crowd", func() (err error) { nodes, r.Crowd, err = b.crowd(ctx); return err }},
	} {
		if b.options.Only != "" && b.options.Only != step.name {
			continue
		}
		// Each begins with nothing in any cache.
		if err := b.startPullgate(ctx, pullgate.Options{}); err != nil {
			return r, err
		}
		if err := step.do(); err != nil {
			return r, err
		}
	}
	r.Growth = slices.Concat(pods, []Growth{cache, nodes})
	r.Seconds = time.Since(r.When).Seconds()
	if b.options.Only == "" {
		r.Targets = targets(r)
	}
	return r, nil
}

// Good reports whether every target was reached.
func (r Result) Good() bool {
	for _, t := range r.Targets {
		if !t.Reached {
			return false
		}
	}
	return true
}
