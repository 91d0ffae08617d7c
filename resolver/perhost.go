package resolver

import (
	"context"
	"sync"

	"golang.org/x/sync/semaphore"
)

// perHost bounds what is under way at each registry host, so that a slow one
// holds up nobody but those who ask it, and a fast one is not flooded.
type perHost struct {
	limit int64

	mu    sync.Mutex
	hosts map[string]*slots
}

// slots are one host's, and go with their last user: strangers can name any
// number of hosts.
type slots struct {
	*semaphore.Weighted
	users int
}

func newPerHost(limit int) *perHost {
	return &perHost{limit: int64(limit), hosts: map[string]*slots{}}
}

// acquire waits for a place at a host, and returns what gives it back. It fails
// when ctx is done first.
func (p *perHost) acquire(ctx context.Context, host string) (release func(), err error) {
	s := p.enter(host)
	if err := s.Acquire(ctx, 1); err != nil {
		p.leave(host, s)
		return nil, err
	}
	return func() {
		s.Release(1)
		p.leave(host, s)
	}, nil
}

func (p *perHost) enter(host string) *slots {
	p.mu.Lock()
	defer p.mu.Unlock()
	s, ok := p.hosts[host]
	if !ok {
		s = &slots{Weighted: semaphore.NewWeighted(p.limit)}
		p.hosts[host] = s
	}
	s.users++
	return s
}

func (p *perHost) leave(host string, s *slots) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if s.users--; s.users == 0 {
		delete(p.hosts, host)
	}
}
