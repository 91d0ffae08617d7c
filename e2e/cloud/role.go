package cloud

import (
	"encoding/base64"
	"encoding/json"
	"slices"
	"strings"
)

// What is the same for all.
const (
	// Account is the number of AWS's account.
	Account = "111122223333"
	// Host is that of its ECR in Ireland.
	Host = Account + ".dkr.ecr.eu-west-1.amazonaws.com"
	// Audience is whom a token must be for that STS takes.
	Audience = "sts.amazonaws.com"
)

// Role is an identity, and what it may do.
type Role struct {
	Name string
	// NoPassword forbids it GetAuthorizationToken.
	NoPassword bool
	// Pull are the beginnings of the repositories that it may look at and pull, as
	// "<host>/team/". All of them begin with "".
	Pull []string
	// NoTags forbids it to list tags, which is not needed for a pull.
	NoTags bool
	// Import lets it make the repositories of a pull-through cache.
	Import bool
	// Subjects are the ServiceAccounts, as "system:serviceaccount:<ns>:<name>", whose
	// tokens may assume it. The token that Environment writes always may.
	Subjects []string
}

// SetRole makes a role, or changes it.
func (c *Cloud) SetRole(r Role) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.roles[r.Name] = r
}

// Forget takes a role away.
func (c *Cloud) Forget(role string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.roles, role)
}

func (c *Cloud) role(name string) (Role, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.roles[name]
	return r, ok
}

// may tells whether it may look at a repository.
func (r Role) may(repository string) bool {
	return slices.ContainsFunc(r.Pull, func(p string) bool { return strings.HasPrefix(repository, p) })
}

// trusts tells whether whoever has a token may assume the role.
func (r Role) trusts(token string) bool {
	if token == webIdentityToken(r.Name) {
		return true
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return false
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return false
	}
	// Who signed it is not looked at: nobody but a test's own API server does.
	var claims struct {
		Subject  string   `json:"sub"`
		Audience []string `json:"aud"`
	}
	if err := json.Unmarshal(payload, &claims); err != nil {
		return false
	}
	return slices.Contains(claims.Audience, Audience) && slices.Contains(r.Subjects, claims.Subject)
}

// ARN is the name of the role that AWS knows it by.
func ARN(role string) string { return "arn:aws:iam::" + Account + ":role/" + role }

// session is the name of somebody who has assumed the role.
func session(role string) string {
	return "arn:aws:sts::" + Account + ":assumed-role/" + role + "/session"
}
