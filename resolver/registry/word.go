package registry

import (
	"bytes"
	"encoding/json"
	"io"
	"mime"
	"net/http"
	"strings"

	ggcr "github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// A status says something of an image only where the registry said it. A front
// end, a firewall or an ingress answers with the same statuses, to pullgate's
// address alone or for some seconds (B03, B11, B15), and a node elsewhere pulls.

// versionHeader is what registries send with every answer, refusals too.
const versionHeader = "Docker-Distribution-Api-Version"

// maxWord is how much of a refusal's body is read, in bytes.
const maxWord = 64 << 10

// newStatusError reads a refusal, and closes its body.
func newStatusError(resp *http.Response, home string) *StatusError {
	defer resp.Body.Close()
	e := &StatusError{Err: &ggcr.Error{StatusCode: resp.StatusCode, Request: resp.Request}}
	body, _ := io.ReadAll(io.LimitReader(resp.Body, maxWord)) // what came is what there is
	e.Err.Errors = errorList(body)
	e.Own, e.Page = ownWord(resp, e.Err.Errors)
	if resp.Request != nil && resp.Request.URL != nil {
		if at := origin(resp.Request.URL); at != home {
			e.At = at
		}
	}
	return e
}

// errorList reads a registry's error list. Its entries are as the distribution
// specification has them; some registries leave out code or message.
func errorList(body []byte) []ggcr.Diagnostic {
	var document struct {
		Errors []json.RawMessage `json:"errors"`
	}
	if json.Unmarshal(body, &document) != nil {
		return nil
	}
	var list []ggcr.Diagnostic
	for _, raw := range document.Errors {
		var d ggcr.Diagnostic
		if json.Unmarshal(raw, &d) == nil && (d.Code != "" || d.Message != "") {
			list = append(list, d)
		}
	}
	return list
}

// ownWord reports whether a refusal looks like the registry's, and else which kind
// of page it is.
func ownWord(resp *http.Response, list []ggcr.Diagnostic) (own bool, page string) {
	page = pageType(resp)
	switch {
	case len(list) > 0:
		return true, ""
	case resp.StatusCode == http.StatusUnauthorized && challenges(resp):
		return true, ""
	// nginx, set up as the distribution's documentation says, sends this header with
	// pages of its own too, and these are HTML.
	case (page == "" || page == "text/plain") && resp.Header.Get(versionHeader) != "":
		return true, ""
	default:
		return false, page
	}
}

// challenges reports whether an answer demands credentials in a way that a node
// understands. nginx does so with a page of HTML.
func challenges(resp *http.Response) bool {
	for _, c := range resp.Header.Values("WWW-Authenticate") {
		scheme, _, _ := strings.Cut(strings.TrimSpace(c), " ")
		if s := strings.ToLower(scheme); s == "basic" || s == "bearer" {
			return true
		}
	}
	return false
}

// pageType is the media type of an answer that is written for people or by an
// object store, "" for what a registry may send.
func pageType(resp *http.Response) string {
	header := resp.Header.Get("Content-Type")
	mediaType, _, err := mime.ParseMediaType(header)
	if err != nil {
		mediaType, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(header)), ";")
	}
	switch {
	case strings.HasPrefix(mediaType, "text/"), strings.HasPrefix(mediaType, "image/"), mediaType == "application/xml",
		strings.HasSuffix(mediaType, "+xml"), mediaType == "application/xhtml":
		return mediaType
	default:
		return ""
	}
}

// tokenRefusal returns a refusal that did not come from a token server, as an
// error; else the response, whole. A token server has no error list to be known
// by: what is JSON, or demands credentials again, passes for its word. Where a
// node goes on and asks in another way (C62) nothing is judged.
func tokenRefusal(resp *http.Response) (*http.Response, error) {
	if resp.StatusCode < 400 || PassingStatus(resp.StatusCode) || asksAgain(resp) {
		return resp, nil
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxWord))
	resp.Body.Close()
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(body))
	own := json.Valid(body) || resp.StatusCode == http.StatusUnauthorized && challenges(resp) ||
		pageType(resp) == "" && resp.Header.Get(versionHeader) != ""
	if own {
		return resp, nil
	}
	return nil, &PageError{Status: resp.StatusCode, Page: pageType(resp)}
}

// asksAgain reports whether a node asks once more, with GET, after this answer to
// its POST.
func asksAgain(resp *http.Response) bool {
	if resp.Request == nil || resp.Request.Method != http.MethodPost {
		return false
	}
	switch resp.StatusCode {
	case http.StatusBadRequest, http.StatusUnauthorized, http.StatusNotFound, http.StatusMethodNotAllowed:
		return true
	default:
		return false
	}
}
