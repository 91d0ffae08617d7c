package resolver

import (
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

// scrub takes a login's secrets out of foreign text, and whatever else looks like
// one: a registry may send back what it was sent.
func scrub(text string, login registry.Login) string {
	for _, f := range secretForms(login) {
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

// minSecret is the length below which a password is left where it stands: that
// it was taken out would tell more.
const minSecret = 4

// secretForms are the spellings in which a login may come back, the longest
// first.
func secretForms(login registry.Login) (forms []string) {
	if len(login.Password) < minSecret {
		return nil
	}
	for _, secret := range []string{login.Username + ":" + login.Password, login.Password} {
		quoted := strconv.Quote(secret)
		forms = append(forms, secret, quoted[1:len(quoted)-1], url.QueryEscape(secret), url.PathEscape(secret), hex.EncodeToString([]byte(secret)))
		for _, e := range []*base64.Encoding{base64.StdEncoding, base64.URLEncoding} {
			// Without the last characters, which depend on what follows.
			forms = append(forms, strings.TrimRight(e.EncodeToString([]byte(secret)), "="))
		}
	}
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) })
	return slices.Compact(forms)
}
