package resolver

import (
	"cmp"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
	"github.com/pullgate/pullgate/resolver/words"
)

const maxDetail = 500

// redact keeps an error's text fit for the log: redirects may carry signed
// queries, and a body that is no registry's error list may hold anything.
func redact(err error) string {
	text := err.Error()
	var status *transport.Error
	if errors.As(err, &status) && len(status.Errors) == 0 {
		text = fmt.Sprintf("status %d %s", status.StatusCode, http.StatusText(status.StatusCode))
		if req := status.Request; req != nil {
			text += " to " + req.Method + " " + req.URL.String()
		}
	}
	fields := strings.Fields(words.Cut(text, 8*maxDetail))
	for i, f := range fields {
		if path, _, found := strings.Cut(f, "?"); found && strings.Contains(f, "://") {
			fields[i] = path + `?…"`
		}
	}
	return words.Cut(words.Printable(strings.Join(fields, " ")), maxDetail)
}

const redacted = "[redacted]"

// scrub takes out of foreign text what may be secret: a registry may send back
// what it was sent.
func (r *Resolver) scrub(text string, ref reference.Reference, login registry.Login) string {
	secrets := r.client.Keys(ref.Host)
	if login.Password != "" {
		secrets = append(secrets, login.Username+":"+login.Password, login.Password)
	}
	return scrub(text, secrets)
}

func scrub(text string, secrets []string) string {
	for _, f := range forms(secrets) {
		text = strings.ReplaceAll(text, f, redacted)
	}
	text = authorizations().ReplaceAllString(text, "${1} "+redacted)
	return tokens().ReplaceAllString(text, redacted)
}

// authorizations finds the values of Authorization headers, and tokens what is
// in the form of a JSON Web Token.
func authorizations() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\b(basic|bearer)[\s:=%20+]+[\w+/.~%=-]{8,}`)
}

func tokens() *regexp.Regexp { return regexp.MustCompile(`\beyJ[\w-]+(\.[\w-]*){0,4}`) }

// minSecret is the length below which a secret is left where it stands: that it
// was taken out would tell more.
const minSecret = 4

// forms are the spellings in which secrets may come back, the longest first.
func forms(secrets []string) (list []string) {
	for _, secret := range secrets {
		if len(secret) < minSecret {
			continue
		}
		quoted := strconv.Quote(secret)
		list = append(list, secret, quoted[1:len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)))
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding, base64.RawURLEncoding} {
			list = append(list, e.EncodeToString([]byte(secret)))
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(len(b)-len(a), strings.Compare(a, b)) })
	return slices.Compact(list)
}
