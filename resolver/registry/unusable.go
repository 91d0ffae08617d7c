package registry

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"sync"
	"time"

	"github.com/go-logr/logr"
)

// What an endpoint that cannot be asked from here as a node asks it would have
// said is not known, as of a mirror that is down.

// errStrangeRewrite is a rewrite that is no table of patterns, as in the
// containerd of other distributions.
var errStrangeRewrite = errors.New("its rewrite is not written as k3s and RKE2 write it")

// errSeveralNames is an endpoint of which nodes take now one name for a repository
// and now another; see hostsfile.Rewrites.
var errSeveralNames = errors.New("several of its rewrites change the repository's name, and nodes take any of them")

// without notes that an endpoint cannot be asked from here.
func (ch *chain) without(i int, err error) {
	if ch.unusable == nil {
		ch.unusable = map[int]*UnusableError{}
	}
	ch.unusable[i] = &UnusableError{Err: err}
}

// unclear is what is open of an endpoint that answers to several names.
func (ch *chain) unclear(i int) error {
	e := ch.endpoints[i]
	return &UnusableError{Endpoint: e.Scheme + "://" + e.Host, Err: errSeveralNames}
}

// mended reports whether a file that could not be read can be read now.
func (ch *chain) mended() bool {
	for _, u := range ch.unusable {
		missing, ok := errors.AsType[*fs.PathError](u)
		if !ok {
			continue
		}
		if _, err := os.ReadFile(missing.Path); err == nil {
			return true
		}
	}
	return false
}

// toldTTL is for as long as the process lives.
const toldTTL = 365 * 24 * time.Hour

// note makes the endpoints that cannot be asked part of what identifies a chain,
// and something to tell.
func (c *chains) note(ch *chain) {
	if len(ch.unusable) == 0 {
		return
	}
	what := ch.folder
	for i, e := range ch.endpoints {
		if u := ch.unusable[i]; u != nil {
			u.Endpoint = e.Scheme + "://" + e.Host
			what += "\n" + u.Error()
		}
	}
	ch.id += what
	// The folder that holds for all other hosts is told of once, not for each.
	once, ok := c.told.Get(what)
	if !ok {
		once = &sync.Once{}
		c.told.Set(what, once, toldTTL)
	}
	ch.told = once
}

// tell writes to the log which endpoints cannot be asked, and why: once for each
// version of the folder.
func (ch *chain) tell(ctx context.Context, host string) {
	if len(ch.unusable) == 0 {
		return
	}
	ch.told.Do(func() {
		for _, u := range ch.unusable {
			logr.FromContextOrDiscard(ctx).Error(u.Err, "an endpoint in certs.d cannot be asked from here as nodes ask it", "registry", host, "endpoint", u.Endpoint)
		}
	})
}
