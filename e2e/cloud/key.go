package cloud

import (
	"fmt"
	"regexp"
	"time"
)

// key is an access key of AWS, by its id.
type key struct {
	role string
	// session is what comes with a key that does not hold for long.
	session string
}

// credentials are what signs requests.
type credentials struct {
	ID, Secret, Session string
	Expires             time.Time
}

// issueKey makes an access key for a role, of a kind: AKIA is for long, ASIA is not.
func (c *Cloud) issueKey(kind, role string) credentials {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.issued++
	out := credentials{
		ID:      fmt.Sprintf("%s%016d", kind, c.issued),
		Secret:  fmt.Sprintf("secret-key-%d-of-%s", c.issued, role),
		Expires: time.Now().Add(time.Hour).UTC().Truncate(time.Second),
	}
	if kind == temporary {
		out.Session = fmt.Sprintf("session-token-%d-of-%s", c.issued, role)
	}
	c.keys[out.ID] = key{role: role, session: out.Session}
	return out
}

// The kinds of access keys.
const (
	lasting   = "AKIA"
	temporary = "ASIA"
)

// signature is as much of AWS's as tells who signed, and for what. Whether it is right
// is not looked at.
var signature = regexp.MustCompile(`^AWS4-HMAC-SHA256 Credential=(\w+)/\d{8}/([a-z0-9-]+)/([a-z-]+)/aws4_request, `)

// signer is whose a signature is.
func (c *Cloud) signer(authorization, session string) (role, region, service string, ok bool) {
	m := signature.FindStringSubmatch(authorization)
	if m == nil {
		return "", "", "", false
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	k, ok := c.keys[m[1]]
	return k.role, m[2], m[3], ok && k.session == session
}

// password is what a registry takes.
type password struct {
	text, role string
	// region is where it holds, everywhere if empty.
	region  string
	expires time.Time
}

// Issue makes a password by which registries know a role, in all regions.
func (c *Cloud) Issue(role string) string { return c.issue(role, "").text }

func (c *Cloud) issue(role, region string) *password {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.issued++
	p := &password{
		text: fmt.Sprintf("registry-password-%d-of-%s", c.issued, role), role: role, region: region,
		expires: time.Now().Add(c.options.Lifetime),
	}
	c.passwords[p.text] = p
	return p
}

// Expire has all passwords expire that a role has been given until now.
func (c *Cloud) Expire(role string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.passwords {
		if p.role == role {
			p.expires = time.Time{}
		}
	}
}

// Revoke has the registries forget all passwords that a role has been given until now.
func (c *Cloud) Revoke(role string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for text, p := range c.passwords {
		if p.role == role {
			delete(c.passwords, text)
		}
	}
	for text, p := range c.bearers {
		if p.role == role {
			delete(c.bearers, text)
		}
	}
}

// standing is how a registry sees who asks.
type standing int

const (
	nobody standing = iota
	unknown
	expired
	known
)

// holder is whose a password is.
func (c *Cloud) holder(in map[string]*password, text, region string) (role string, s standing) {
	c.mu.Lock()
	defer c.mu.Unlock()
	p, ok := in[text]
	switch {
	case !ok, p.region != "" && region != "" && p.region != region:
		return "", unknown
	case !time.Now().Before(p.expires):
		return p.role, expired
	}
	return p.role, known
}
