package cloud

import (
	"net/http"
	"strings"
	"time"
)

// The paths of EC2's metadata service.
const (
	metadataPath = "/latest/"
	sessionPath  = metadataPath + "api/token"
	rolePath     = metadataPath + "meta-data/iam/security-credentials/"
	sessionToken = "metadata-session"
)

// machineURL is the metadata service of a machine with a role. Plugins ask by no path
// but the service's own, so it is the user who tells the machines apart.
func (c *Cloud) machineURL(role string) string { return "http://" + role + "@" + c.Address() }

// serveMetadata is version 2 of the service: whoever asks has asked for a token before.
func (c *Cloud) serveMetadata(w http.ResponseWriter, r *http.Request, x *exchange) {
	name, _, _ := r.BasicAuth()
	role, _ := c.role(name)
	x.Role = role.Name
	switch path := r.URL.Path; {
	case x.State == Throttled:
		http.Error(w, "Too Many Requests", http.StatusTooManyRequests)
	case x.State == Unavailable:
		http.Error(w, "Service Unavailable", http.StatusServiceUnavailable)
	case x.State == Denied:
		http.Error(w, "Forbidden", http.StatusForbidden)
	case r.Method == http.MethodPut && path == sessionPath:
		w.Header().Set("X-Aws-Ec2-Metadata-Token-Ttl-Seconds", r.Header.Get("X-Aws-Ec2-Metadata-Token-Ttl-Seconds"))
		_, _ = w.Write([]byte(sessionToken))
	case r.Header.Get("X-Aws-Ec2-Metadata-Token") != sessionToken:
		http.Error(w, "Unauthorized", http.StatusUnauthorized)
	case x.Role == "":
		http.NotFound(w, r) // a machine without a role
	case path == rolePath:
		_, _ = w.Write([]byte(role.Name))
	case strings.TrimPrefix(path, rolePath) == role.Name:
		k := c.issueKey(temporary, role.Name)
		sendJSON(w, http.StatusOK, map[string]any{
			"Code": "Success", "Type": "AWS-HMAC", "LastUpdated": time.Now().UTC().Format(time.RFC3339),
			"AccessKeyId": k.ID, "SecretAccessKey": k.Secret, "Token": k.Session, "Expiration": k.Expires.Format(time.RFC3339),
		})
	default:
		http.NotFound(w, r)
	}
}
