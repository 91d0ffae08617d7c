package e2e

import (
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// plants are secrets that must not come out anywhere, by what they are.
type plants map[string]string

// found lists the plants that are in a text, in whatever form.
func (p plants) found(text string) (list []string) {
	for name, secret := range p {
		for form, spelled := range spellings(secret) {
			if strings.Contains(text, spelled) {
				list = append(list, fmt.Sprintf("%s, %s, near %q", name, form, near(text, spelled)))
			}
		}
	}
	slices.Sort(list)
	return list
}

// near is what stands around the first place of a part in a text.
func near(text, part string) string {
	at := strings.Index(text, part)
	return text[max(at-80, 0):min(at+len(part)+80, len(text))]
}

// spellings are the forms in which a secret may come out.
func spellings(secret string) map[string]string {
	quoted := strconv.Quote(secret)
	forms := map[string]string{
		"plain": secret, "quoted": quoted[1 : len(quoted)-1], "twice quoted": strings.Trim(strconv.Quote(quoted[1:len(quoted)-1]), `"`),
		"query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"bytes": strings.Trim(fmt.Sprintf("%d", []byte(secret)), "[]"),
	}
	// In the midst of other bytes, base64 looks one of three ways.
	for shift := range 3 {
		for name, encoding := range map[string]*base64.Encoding{"base64": base64.RawStdEncoding, "base64url": base64.RawURLEncoding} {
			encoded := encoding.EncodeToString([]byte(strings.Repeat("\x00", shift) + secret))
			begin := []int{0, 2, 3}[shift]
			end := (len(secret) + shift) / 3 * 4 // what is after it depends on what follows
			forms[fmt.Sprint(name, " ", shift)] = encoded[begin:end]
		}
	}
	return forms
}

// TestPlantsAreFound: a search that finds nothing proves something only if it
// finds what is there.
func TestPlantsAreFound(t *testing.T) {
	const secret = `p"l?nted/p+ssword-4711`
	p := plants{"password": secret}
	for form, text := range map[string]string{
		"plain":        "wrong password " + secret + ", sorry",
		"JSON":         fmt.Sprintf(`{"message":%q}`, secret),
		"JSON twice":   fmt.Sprintf("%q", fmt.Sprintf("%q", secret)),
		"query":        "https://x/?password=" + url.QueryEscape(secret) + "&y",
		"path":         "https://x/" + url.PathEscape(secret),
		"Basic":        "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("ci:"+secret)),
		"Basic, 1":     "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte("c:"+secret+"!")),
		"Basic, 2":     "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(":"+secret+"!!")),
		"base64url":    base64.URLEncoding.EncodeToString([]byte("user" + secret)),
		"a Secret":     base64.StdEncoding.EncodeToString([]byte(`{"auths":{"r.io":{"auth":"` + secret + `"}}}`)),
		"hex":          fmt.Sprintf("%x", secret),
		"HEX":          fmt.Sprintf("%X", secret),
		"Go's bytes":   fmt.Sprintf("%d", []byte("x"+secret)),
		"Go's structs": fmt.Sprintf("%+v", struct{ Password string }{secret}),
	} {
		if len(p.found(text)) == 0 {
			t.Errorf("%s: not found in %s", form, text)
		}
	}
	if found := p.found("nothing of the password but plnted"); len(found) > 0 {
		t.Errorf("found %q where nothing is", found)
	}
}
