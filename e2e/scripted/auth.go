package scripted

import (
	"net/http"
	"slices"
	"strings"
)

// admit lets a request in, or answers it with a challenge.
func (s *Server) admit(w http.ResponseWriter, r *http.Request, t target, auth Auth) bool {
	shown := false
	switch auth.Scheme {
	case "":
		return true
	case Basic:
		user, password, ok := r.BasicAuth()
		if ok && user == User && password == Password {
			return true
		}
	case Bearer:
		var token string
		token, shown = strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if shown && slices.Contains(strings.Split(token, ","), grant(t.name)) {
			return true
		}
	}
	for _, challenge := range s.challenges(r, t, auth) {
		if shown && auth.Error {
			challenge += `,error="insufficient_scope"`
		}
		w.Header().Add("WWW-Authenticate", challenge)
	}
	refuse(w, http.StatusUnauthorized, "UNAUTHORIZED")
	return false
}

// grant is the part of a token that opens a repository.
func grant(name string) string { return "pull:" + name }

func (s *Server) challenges(r *http.Request, t target, auth Auth) []string {
	_, repository, _ := strings.Cut(t.name, "/")
	own := map[string][]string{
		Basic:  {`Basic realm="scripted"`},
		Bearer: {`Bearer realm="{realm}",service="scripted",scope="repository:` + repository + `:pull"`},
	}[auth.Scheme]
	if auth.Challenges != nil {
		own = auth.Challenges
	}
	realm := s.realm(r, t, auth)
	var all []string
	for _, c := range own {
		all = append(all, strings.ReplaceAll(c, "{realm}", realm))
	}
	return all
}

// realm is the token server's URL. The side is in its path because nothing else
// of a request for a token tells it.
func (s *Server) realm(r *http.Request, t target, auth Auth) string {
	base := "http://" + r.Host
	if r.TLS != nil {
		base = "https://" + r.Host
	}
	switch auth.Realm {
	case PrivateRealm:
		base = "http://" + s.options.PrivateRealm
	case ClosedRealm:
		base = "http://" + s.options.ClosedRealm
	}
	return base + "/token/" + string(t.side) + "/" + t.name
}
