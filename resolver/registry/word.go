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
	e.Bare = resp.Header.Get("Content-Type") == ""
	// A request that a redirect has made knows the redirect's answer.
	if req := resp.Request; req != nil && req.URL != nil && (req.Response != nil || origin(req.URL) != home) {
		e.At = origin(req.URL)
	}
	return e
}

// ForPeople reports whether the page is written for people. What is only called text
// may be an error list without a media type.
func (e *StatusError) ForPeople() bool { return e.Page != "" && e.Page != "text/plain" }

// ObjectStore reports whether the page is in the form in which object stores refuse.
func (e *StatusError) ObjectStore() bool { return strings.HasSuffix(e.Page, "xml") }

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
// error; else the response, whole. Where a node goes on and asks in another way
// (C62) nothing is judged.
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
	own, _ := ownWord(resp, errorList(body))
	if own || isTokenError(body, resp.StatusCode) {
		return resp, nil
	}
	return nil, &PageError{Status: resp.StatusCode, Page: pageType(resp)}
}

// isTokenError reports whether a body is a refusal in one of the forms that token
// servers have besides a registry's error list: OAuth's, and Docker Hub's. A
// gateway that speaks JSON repeats the status.
func isTokenError(body []byte, status int) bool {
	var document struct {
		Error       string `json:"error"`
		Description string `json:"error_description"`
		Detail      string `json:"detail"`
		Details     string `json:"details"`
	}
	if json.Unmarshal(body, &document) != nil {
		return false
	}
	return document.Description+document.Detail+document.Details != "" ||
		document.Error != "" && !strings.EqualFold(document.Error, http.StatusText(status))
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
