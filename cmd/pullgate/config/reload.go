package config

import (
	"context"
	"time"

	"github.com/go-logr/logr"
	"github.com/prometheus/client_golang/prometheus"
)

// pollEvery is how often the file is read. It is read rather than watched: that
// works wherever a file can be mounted, and whatever replaces it, be it a rename,
// the swap of a symbolic link that is a ConfigMap's, or a deletion for a while.
const pollEvery = time.Second

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

// Reloader re-reads the file. It is a manager's Runnable, for every replica.
type Reloader struct {
	path    string
	apply   func(Configuration) error
	metrics *metrics
	log     logr.Logger

	inForce string // its hash
	seen    string // what the last poll met: content or an error
	refused string // why what is there is not in force, "" if it is
}

// NewReloader makes a Reloader.
func NewReloader(o ReloaderOptions) (*Reloader, error) {
	m, err := newMetrics(o.Registerer)
	if err != nil {
		return nil, err
	}
	m.inForce(o.InForce.Hash)
	return &Reloader{path: o.Path, apply: o.Apply, metrics: m, log: o.Log.WithValues("file", o.Path), inForce: o.InForce.Hash}, nil
}

// NeedLeaderElection says that no replica leaves this to another.
func (*Reloader) NeedLeaderElection() bool { return false }

// Start re-reads the file until ctx is done.
func (r *Reloader) Start(ctx context.Context) error {
	r.log.Info("configuration in force", "hash", r.inForce)
	ticker := time.NewTicker(pollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			r.poll()
		}
	}
}

// poll puts into force what it has met twice: a file that is being written, or
// replaced, is not judged by what is there of it.
func (r *Reloader) poll() {
	data, err := read(r.path)
	if seen := fingerprint(data, err); seen != r.seen {
		r.seen = seen
		return
	}
	if err == nil && r.refused == "" && hash(data) == r.inForce {
		return
	}
	// What was refused is tried again each time: that a folder is not there may
	// have been the only thing wrong with it.
	var c Configuration
	if err == nil {
		c, err = Parse(r.path, data)
	}
	if err == nil {
		err = r.apply(c)
	}
	if err != nil {
		r.refuse(fingerprint(data, err), hash(data), err)
		return
	}
	r.log.Info("configuration applied", "hash", c.Hash, "before", r.inForce)
	r.inForce, r.refused = c.Hash, ""
	r.metrics.inForce(c.Hash)
	r.metrics.reloads.WithLabelValues(success).Inc()
}

// refuse tells it once of each content and reason.
func (r *Reloader) refuse(why, hash string, err error) {
	if why == r.refused {
		return
	}
	r.refused = why
	r.log.Error(err, "configuration refused, the one in force stays", "hash", hash, "inForce", r.inForce)
	r.metrics.successful.Set(0)
	r.metrics.reloads.WithLabelValues(failure).Inc()
}

// fingerprint tells apart what a poll may meet.
func fingerprint(data []byte, err error) string {
	if err != nil {
		return hash(data) + " " + err.Error()
	}
	return hash(data)
}
