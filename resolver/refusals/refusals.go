package refusals

import (
	"sync"
	"time"

	"github.com/pullgate/pullgate/resolver/bounded"
)

const (
	// free is how often in a row a login is tried without a wait.
	free = 3
	// firstWait doubles with each further refusal, up to longestWait.
	firstWait   = 10 * time.Second
	longestWait = 5 * time.Minute
	// maxLogins bounds what is remembered, and forgetAfter for how long.
	maxLogins   = 4096
	forgetAfter = time.Hour
)

// Refusals counts refused logins. It is safe for concurrent use.
type Refusals struct {
	mu     sync.Mutex
	logins *bounded.Cache[*state]
}

// state is what is known of a login at a registry, or at one of its repositories.
type state struct {
	accepted bool
	refused  int // in a row
	since    time.Time
	until    time.Time
}

// New makes a Refusals that knows of none.
func New() *Refusals { return &Refusals{logins: bounded.New[*state](maxLogins)} }

// Login is one login at one repository.
type Login struct {
	Registry, Repository string
	// ID stands for the user name and password, and does not reveal them.
	ID string
}

// Verdict is what is known of a login.
type Verdict struct {
	// Refused reports whether the last try was refused.
	Refused bool
	// Wait reports whether the login must not be tried now.
	Wait bool
	// Since is when the first of the refusals in a row was, and Until the end of
	// the wait.
	Since, Until time.Time
}

// At is what is known of a login now.
func (r *Refusals) At(l Login) Verdict {
	r.mu.Lock()
	defer r.mu.Unlock()
	s, ok := r.logins.Get(r.key(l))
	if !ok || s.refused == 0 {
		return Verdict{}
	}
	return Verdict{Refused: true, Wait: time.Until(s.until) > 0, Since: s.since, Until: s.until}
}

// Refused notes that a registry has refused a login.
func (r *Refusals) Refused(l Login) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := r.key(l)
	s, ok := r.logins.Get(key)
	if !ok {
		s = &state{since: time.Now()}
	}
	if s.refused++; s.refused >= free {
		s.until = time.Now().Add(wait(s.refused))
	}
	r.logins.Set(key, s, forgetAfter)
}

// wait is how long a login is left alone after so many refusals.
func wait(refused int) time.Duration {
	w := firstWait
	for range refused - free {
		if w *= 2; w >= longestWait {
			return longestWait
		}
	}
	return w
}

// Accepted notes that a registry has let a login in.
func (r *Refusals) Accepted(l Login) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.logins.Set(l.Registry+"\x00"+l.ID, &state{accepted: true}, forgetAfter)
	r.logins.Delete(l.Registry + "\x00" + l.ID + "\x00" + l.Repository)
}

// key is under what a login is counted: for the registry as a whole, unless it has
// let the login in elsewhere. Then a refusal speaks of the repository, and must not
// keep the login from the others.
func (r *Refusals) key(l Login) string {
	whole := l.Registry + "\x00" + l.ID
	if s, ok := r.logins.Get(whole); ok && s.accepted {
		return whole + "\x00" + l.Repository
	}
	return whole
}
