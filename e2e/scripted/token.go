package scripted

import (
	"fmt"
	"net/http"
	"strings"
)

// serveToken is the token server, which knows both ways to ask: the OAuth POST
// of a form, and GET with Basic.
func (s *Server) serveToken(w http.ResponseWriter, r *http.Request, t target, script *script) {
	if fronted(w, r, t, script) {
		return
	}
	auth := script.behaviour.Auth
	statuses, kind := auth.Fetch, "token get"
	if r.Method == http.MethodPost {
		statuses, kind = auth.Post, "token post"
	}
	if !pass(w, script.behaviour, statuses.at(script.next(t.side, kind))) {
		return
	}
	given, known := identify(r)
	if given && !known || !given && auth.Anonymous == "" {
		refuse(w, http.StatusUnauthorized, "UNAUTHORIZED")
		return
	}
	token := s.granted(r, t, known)
	w.Header().Set("Content-Type", "application/json")
	switch auth.Token {
	case "token":
		_, _ = fmt.Fprintf(w, `{"token":%q}`, token)
	case "access_token":
		_, _ = fmt.Fprintf(w, `{"access_token":%q}`, token)
	case "html":
		_, _ = fmt.Fprint(w, "<html>Log in first</html>")
	case "empty":
		_, _ = fmt.Fprint(w, "{}")
	default:
		_, _ = fmt.Fprintf(w, `{"token":%[1]q,"access_token":%[1]q,"expires_in":3600}`, token)
	}
}

// identify says whether there is a credential, and whether it is good.
func identify(r *http.Request) (given, known bool) {
	if r.Method == http.MethodPost {
		switch r.PostFormValue("grant_type") {
		case "refresh_token":
			return true, r.PostFormValue("refresh_token") == RefreshToken
		default:
			return true, r.PostFormValue("username") == User && r.PostFormValue("password") == Password
		}
	}
	user, password, ok := r.BasicAuth()
	return ok, user == User && password == Password
}

// granted opens those repositories of the host that are asked for and that the
// client may pull from. A client that has met several may ask for all of them at
// once, and at the realm of any.
func (s *Server) granted(r *http.Request, t target, known bool) string {
	scopes := r.URL.Query()["scope"]
	if r.Method == http.MethodPost {
		scopes = strings.Fields(r.PostFormValue("scope"))
	}
	names := []string{t.name}
	for _, scope := range scopes {
		if parts := strings.Split(scope, ":"); len(parts) == 3 && parts[0] == "repository" {
			names = append(names, hostOf(t.name)+"/"+parts[1])
		}
	}
	var grants []string
	for _, name := range names {
		if script := s.script(name); script != nil && (known || script.behaviour.Auth.Anonymous == AnyToken) {
			grants = append(grants, grant(name))
		}
	}
	if len(grants) == 0 {
		return "useless"
	}
	return strings.Join(grants, ",")
}
