package config

import (
	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"

	"github.com/pullgate/pullgate/cmd/pullgate/reload"
)

// ReloaderOptions configure a Reloader.
type ReloaderOptions struct {
	// Path is the file.
	Path string
	// InForce is what was read from it at start.
	InForce Configuration
	// Apply puts a configuration into force, or fails and changes nothing.
	Apply func(Configuration) error
	// Registerer gets the metrics.
	Registerer prometheus.Registerer
	// Log is told what is applied and what is refused.
	Log logr.Logger
}

// NewReloader makes what re-reads the file: a manager's Runnable, for every replica.
func NewReloader(o ReloaderOptions) (*reload.Watcher, error) {
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	m.inForce(o.InForce.Hash)
	return reload.New(reload.Options{
		What: "configuration",
		Fingerprint: func() (string, error) {
			data, err := read(o.Path)
			return hash(data), err
		},
		Apply: func() (string, error) {
			c, err := Load(o.Path)
			if err != nil {
				return "", err
			}
			return c.Hash, o.Apply(c)
		},
		InForce: o.InForce.Hash,
		Applied: m.applied,
		Refused: m.refused,
		Log:     o.Log.WithValues("file", o.Path),
	}), nil
}
