package reload

import (
	"context"
	"time"

	"github.com/go-logr/logr"
)

// PollEvery is how often files are read. They are read rather than watched: that
// works wherever a file can be mounted, and whatever replaces it, be it a rename,
// the swap of a symbolic link that is a ConfigMap's, or a deletion for a while.
const PollEvery = time.Second

// Options are what a Watcher works with.
type Options struct {
	// What is what is read, for the log, such as "configuration".
	What string
	// Fingerprint reads it, and tells its versions apart.
	Fingerprint func() (string, error)
	// Apply reads it and puts it into force, or fails and changes nothing. It returns
	// the fingerprint of what it has read.
	Apply func() (fingerprint string, err error)
	// InForce is the fingerprint of what was read at start.
	InForce string
	// Applied and Refused are called for each change, to count it.
	Applied func(fingerprint string)
	Refused func()
	// Log is told what is applied and what is refused.
	Log logr.Logger
}

// Watcher reads files again. It is a manager's Runnable, for every replica.
type Watcher struct {
	options Options
	inForce string
	seen    string // what the last poll met: content or an error
	refused string // why what is there is not in force, "" if it is
}

// New makes a Watcher.
func New(o Options) *Watcher { return &Watcher{options: o, inForce: o.InForce} }

// NeedLeaderElection says that no replica leaves this to another.
func (*Watcher) NeedLeaderElection() bool { return false }

// InForce is the fingerprint of what is in force.
func (w *Watcher) InForce() string { return w.inForce }

// Start reads the files again until ctx is done.
func (w *Watcher) Start(ctx context.Context) error {
	w.options.Log.Info(w.options.What+" in force", "hash", w.inForce)
	ticker := time.NewTicker(PollEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-ticker.C:
			w.Poll()
		}
	}
}

// Poll puts into force what it has met twice: a file that is being written, or
// replaced, is not judged by what is there of it.
func (w *Watcher) Poll() {
	found, err := w.options.Fingerprint()
	if seen := key(found, err); seen != w.seen {
		w.seen = seen
		return
	}
	if err == nil && w.refused == "" && found == w.inForce {
		return
	}
	// What was refused is tried again each time: that a folder is not there may
	// have been the only thing wrong with it.
	applied := found
	if err == nil {
		applied, err = w.options.Apply()
	}
	if err != nil {
		w.refuse(found, err)
		return
	}
	w.options.Log.Info(w.options.What+" applied", "hash", applied, "before", w.inForce)
	w.inForce, w.refused = applied, ""
	w.options.Applied(applied)
}

// refuse tells it once of each content and reason.
func (w *Watcher) refuse(found string, err error) {
	why := key(found, err)
	if why == w.refused {
		return
	}
	w.refused = why
	w.options.Log.Error(err, w.options.What+" refused, the one in force stays", "hash", found, "inForce", w.inForce)
	w.options.Refused()
}

// key tells apart what a poll may meet.
func key(fingerprint string, err error) string {
	if err != nil {
		return fingerprint + " " + err.Error()
	}
	return fingerprint
}
