package tokens

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"
)

// claims are what a ServiceAccount's token says of itself. Nobody verifies them here:
// whoever gets the token does.
type claims struct {
	Issuer    string    `json:"iss"`
	Audiences audiences `json:"aud"`
	Expires   float64   `json:"exp"` // seconds since 1970
	Subject   subject   `json:"kubernetes.io"`
}

// subject is the ServiceAccount.
type subject struct {
	Namespace string `json:"namespace"`
	Account   struct {
		Name string `json:"name"`
		UID  string `json:"uid"`
	} `json:"serviceaccount"`
}

// audiences are one or several.
type audiences []string

// UnmarshalJSON reads a string, or a list of strings.
func (a *audiences) UnmarshalJSON(data []byte) error {
	var one string
	if err := json.Unmarshal(data, &one); err == nil {
		*a = audiences{one}
		return nil
	}
	return json.Unmarshal(data, (*[]string)(a))
}

// errNoToken says nothing of what it found instead: it may be half a token.
var errNoToken = errors.New("is not a ServiceAccount's token")

// claimsOf takes a token apart.
func claimsOf(token string) (c claims, err error) {
	parts := strings.Split(token, ".")
	if len(parts) != 3 { // header, claims, signature
		return c, errNoToken
	}
	payload, err := base64.RawURLEncoding.DecodeString(parts[1])
	if err != nil {
		return c, errNoToken
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return claims{}, errNoToken
	}
	return c, nil
}

// expired reports whether nobody accepts the token any more.
func (c claims) expired() bool {
	return c.Expires != 0 && time.Now().Unix() >= int64(c.Expires)
}

// is reports whether two tokens are of the same ServiceAccount.
func (s subject) is(namespace, name, uid string) bool {
	return s.Namespace == namespace && s.Account.Name == name && s.Account.UID == uid
}

// has reports whether a token is for an audience.
func (a audiences) has(audience string) bool { return slices.Contains(a, audience) }

// any reports whether a token is for any of several audiences.
func (a audiences) any(of []string) bool { return slices.ContainsFunc(of, a.has) }
