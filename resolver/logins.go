package resolver

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	remoteerrors "github.com/containerd/containerd/v2/core/remotes/errors"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/refusals"
	"github.com/pullgate/pullgate/resolver/registry"
)

// refusedBefore marks a login that its registry has refused, and says whether it
// must not be tried now: then the outcome is what it came to before.
func (r *Resolver) refusedBefore(ref reference.Reference, login registry.Login) (marked registry.Login, o outcome, wait bool) {
	if login.ID == "" || r.config.Limits.BackOff.Duration == 0 {
		return login, o, false
	}
	known := r.refusals.At(loginAt(ref, login))
	login.Refused = known.Refused
	if !known.Wait {
		return login, o, false
	}
	return login, outcome{
		reason: Unauthorized,
		says:   fmt.Sprintf("they have been refused since %s, and pullgate tries them again at %s", clock(known.Since), clock(known.Until)),
		detail: "a login that was refused several times in a row is left alone for a while",
	}, true
}

func clock(t time.Time) string { return t.UTC().Format("15:04:05 MST") }

// noteLogin notes what became of a login.
func (r *Resolver) noteLogin(ref reference.Reference, login registry.Login, err error) {
	if login.ID == "" {
		return
	}
	var status *registry.StatusError
	switch {
	case loginRefused(err):
		r.refusals.Refused(loginAt(ref, login))
	case err == nil, errors.As(err, &status) && status.Own && status.Code() == http.StatusNotFound:
		r.refusals.Accepted(loginAt(ref, login))
	}
}

// loginRefused reports whether a registry or its token server has refused a login,
// as opposed to what is asked for with it.
func loginRefused(err error) bool {
	var auth *registry.AuthError
	var status *registry.StatusError
	switch {
	case errors.As(err, &auth):
		token, ok := errors.AsType[remoteerrors.ErrUnexpectedStatus](auth)
		return registry.RefusedAgain(auth) || ok && (token.StatusCode == http.StatusUnauthorized || token.StatusCode == http.StatusForbidden)
	case errors.As(err, &status):
		return status.Own && status.Code() == http.StatusUnauthorized
	default:
		return false
	}
}

func loginAt(ref reference.Reference, login registry.Login) refusals.Login {
	return refusals.Login{Registry: ref.Host, Repository: ref.Repository, ID: login.ID}
}
