package registry

import (
	"sync/atomic"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/reference"
)

const (
	maxSessions = 4096
	sessionTTL  = time.Hour
)

// Login is what a registry that challenges is answered with. The zero value is
// an anonymous attempt.
type Login struct {
	// ID stands for user name and password in cache keys. It must differ where
	// they do, and must not reveal them.
	ID       string
	Username string
	Password string
	// Refused tells that the registry has refused it before: then it is shown once,
	// and not as often as a node shows it.
	Refused bool
}

// session is one login at one repository: an authorizer per endpoint, which keep
// the tokens that they were given. Tokens are for one repository anyway, and an
// authorizer takes the first challenge of a host for all that come: of a host
// whose repositories differ in it, a node would see each one's own.
type session struct {
	chain *chain
	// secret tells that the login is not anonymous.
	secret bool
	// sparing tells to show the login once.
	sparing     bool
	authorizers []docker.Authorizer // as chain.endpoints
	// good is set once it has been let in: what it keeps may be stale since.
	good atomic.Bool
}

type sessions struct{ cache *bounded.Cache[*session] }

func newSessions() sessions {
	return sessions{bounded.New[*session](maxSessions)}
}

// get returns the session of a login.
func (s sessions) get(ch *chain, ref reference.Reference, login Login) *session {
	return s.under(sessionKey(ch, ref, login), ch, login)
}

// content returns the session in which content is asked for. A node begins that
// with new authorizers. It makes a difference only where endpoints share one: what
// the name was resolved with at the one may be no good at the other.
func (s sessions) content(ch *chain, ref reference.Reference, login Login) *session {
	if len(ch.endpoints) == 1 {
		return s.get(ch, ref, login)
	}
	return s.under(sessionKey(ch, ref, login)+"\x00content", ch, login)
}

func (s sessions) under(key string, ch *chain, login Login) *session {
	known, ok := s.cache.Get(key)
	if !ok {
		known = newSession(ch, login)
		s.cache.Set(key, known, sessionTTL)
	}
	return known
}

// drop forgets the session of a login.
func (s sessions) drop(ch *chain, ref reference.Reference, login Login) {
	s.cache.Delete(sessionKey(ch, ref, login))
}

func sessionKey(ch *chain, ref reference.Reference, login Login) string {
	return ref.Repository + "\x00" + ch.id + "\x00" + login.ID
}

func newSession(ch *chain, login Login) *session {
	s := &session{chain: ch, secret: login.Username != "" || login.Password != "", sparing: login.Refused}
	credentials := func(string) (string, string, error) { return login.Username, login.Password, nil }
	// Endpoints without settings of their own share an authorizer, as they do in
	// containerd (C90).
	ours := map[docker.Authorizer]docker.Authorizer{}
	for _, e := range ch.endpoints {
		if ours[e.Authorizer] == nil {
			ours[e.Authorizer] = docker.NewDockerAuthorizer(
				docker.WithAuthClient(ch.tokenClient(e, s.sparing)),
				docker.WithAuthCreds(credentials),
				docker.WithAuthHeader(e.Header),
			)
		}
		s.authorizers = append(s.authorizers, ours[e.Authorizer])
	}
	return s
}
