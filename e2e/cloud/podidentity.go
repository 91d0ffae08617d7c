package cloud

import (
	"net/http"
	"strings"
	"time"
)

// credentialsPath is where the agent of EKS Pod Identity is asked.
const credentialsPath = "/v1/credentials"

// servePodIdentity gives a key to whoever has a Pod's token.
func (c *Cloud) servePodIdentity(w http.ResponseWriter, r *http.Request, x *exchange) {
	name, ours := strings.CutPrefix(r.Header.Get("Authorization"), podIdentityToken(""))
	if _, ok := c.role(name); ours && ok {
		x.Role = name
	}
	switch {
	case x.State == Throttled:
		refuseAgent(w, http.StatusTooManyRequests, "ThrottlingException", "Rate exceeded")
	case x.State == Unavailable:
		refuseAgent(w, http.StatusServiceUnavailable, "ServiceUnavailableException", "EKS Auth is unavailable")
	case x.State == Denied, x.Role == "":
		refuseAgent(w, http.StatusForbidden, "AccessDeniedException", "the token's ServiceAccount has no association")
	default:
		k := c.issueKey(temporary, name)
		sendJSON(w, http.StatusOK, map[string]any{
			"AccessKeyId": k.ID, "SecretAccessKey": k.Secret, "Token": k.Session,
			"Expiration": k.Expires.Format(time.RFC3339), "AccountId": Account,
		})
	}
}

func refuseAgent(w http.ResponseWriter, status int, code, message string) {
	sendJSON(w, status, map[string]any{"code": code, "message": message})
}
