package cloud

import (
	"fmt"
	"net/http"
	"strings"
	"time"
)

// bearerPath begins the paths of the token servers. The registry's host follows.
const bearerPath = "/token/"

// serveBearer gives a token for a password, and one to nobody where nobody may look at
// something. Both ways to ask are known: the form, and GET with Basic.
func (c *Cloud) serveBearer(w http.ResponseWriter, r *http.Request, x *exchange) {
	host := strings.TrimPrefix(r.URL.Path, bearerPath)
	q := question{kind: kindOf(host), base: "http://" + r.Host, host: host}
	if r.Method == http.MethodPost && r.Header.Get("Authorization") == "" {
		if user := r.PostFormValue("username"); user != "" {
			r.SetBasicAuth(user, r.PostFormValue("password"))
		}
	}
	var who standing
	if r.Header.Get("Authorization") != "" {
		x.Role, who = c.basic(r, q)
	}
	q.role = x.Role
	anonymous, _ := c.role("")
	switch {
	case x.State == Throttled:
		q.refuse(w, throttled)
	case x.State == Unavailable:
		q.refuse(w, unavailable)
	case x.State == Denied, who == unknown, who == expired, who == nobody && len(anonymous.Pull) == 0:
		sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication failed")
	default:
		token := c.issueBearer(x.Role)
		sendJSON(w, http.StatusOK, map[string]any{"token": token, "access_token": token, "expires_in": 3600})
	}
}

// issueBearer makes a token. It holds an hour, however long the password does.
func (c *Cloud) issueBearer(role string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.issued++
	p := &password{text: fmt.Sprintf("bearer-%d-of-%s", c.issued, role), role: role, expires: time.Now().Add(time.Hour)}
	c.bearers[p.text] = p
	return p.text
}
