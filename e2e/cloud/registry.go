package cloud

import (
	"bytes"
	"net/http"
	"regexp"
	"strings"
)

// kind is whose registry a host is. They differ in how they challenge and refuse.
type kind int

const (
	amazon kind = iota
	google
	azure
)

func kindOf(host string) kind {
	switch {
	case strings.HasSuffix(host, ".pkg.dev"), host == "gcr.io", strings.HasSuffix(host, ".gcr.io"):
		return google
	case strings.Contains(host, ".azurecr."):
		return azure
	default:
		return amazon
	}
}

// question is what a registry is asked, and by whom.
type question struct {
	kind
	// base is the server's URL, as the client knows it.
	base string
	host string
	// repository is without the host; what is "manifests", "blobs" or "tags", and
	// reference what follows it.
	repository, what, reference string
	role                        string
}

// repositoryPath is what a registry is asked about.
var repositoryPath = regexp.MustCompile(`^/v2/(.+)/(manifests|blobs|tags)/([^/]+)$`)

func newQuestion(r *http.Request) question {
	// What containerd sends to an endpoint that certs.d leads to says for which host.
	q := question{base: "http://" + r.Host, host: r.Host}
	if ns := r.URL.Query().Get("ns"); ns != "" {
		q.host = ns
	}
	q.kind = kindOf(q.host)
	if m := repositoryPath.FindStringSubmatch(r.URL.Path); m != nil {
		q.repository, q.what, q.reference = m[1], m[2], m[3]
	}
	return q
}

// name is the repository's with the host.
func (q question) name() string { return q.host + "/" + q.repository }

// region is the one of a host of ECR.
func (q question) region() string {
	_, rest, found := strings.Cut(q.host, "ecr.")
	if !found {
		return ""
	}
	region, _, _ := strings.Cut(rest, ".")
	return region
}

// Hide has a repository, as "<host>/cache/nginx", be one of a pull-through cache: it is
// not there until a role that may import asks for a manifest.
func (c *Cloud) Hide(repository string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hidden[repository] = true
}

// shown tells whether a repository is there, after a role has asked for something.
func (c *Cloud) shown(q question, role Role) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	// By HEAD too: a node asks for a tag in no other way.
	if role.Import && q.what == "manifests" {
		delete(c.hidden, q.name())
	}
	return !c.hidden[q.name()]
}

// serveRegistry judges whoever asks, and only then looks whether something is there.
func (c *Cloud) serveRegistry(w http.ResponseWriter, r *http.Request, x *exchange) {
	q := newQuestion(r)
	x.Path = q.host + r.URL.Path
	var who standing
	x.Role, who = c.client(r, q)
	q.role = x.Role
	role, _ := c.role(x.Role)
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	switch {
	case x.State == Throttled:
		q.refuse(w, throttled)
	case x.State == Unavailable:
		q.refuse(w, unavailable)
	case who == expired:
		q.refuse(w, outdated)
	case who == unknown, who == nobody && !role.may(q.name()):
		q.refuse(w, unauthorized)
	case q.repository == "":
		w.WriteHeader(http.StatusOK) // the ping, or nothing that there is
	case x.State == Denied, !role.may(q.name()), q.what == "tags" && role.NoTags:
		q.refuse(w, denied)
	case !c.shown(q, role):
		q.refuse(w, noRepository)
	case q.what == "blobs":
		c.options.Content.ServeHTTP(w, r)
	default:
		c.serveContent(w, r, q)
	}
}

// client is who has sent a request: nobody is the role without a name.
func (c *Cloud) client(r *http.Request, q question) (role string, s standing) {
	authorization := r.Header.Get("Authorization")
	if authorization == "" {
		return "", nobody
	}
	if q.kind == amazon {
		return c.basic(r, q)
	}
	token, ok := strings.CutPrefix(authorization, "Bearer ")
	if !ok {
		return "", unknown
	}
	return c.holder(c.bearers, token, "")
}

// basic is whose the user and the password of a request are.
func (c *Cloud) basic(r *http.Request, q question) (role string, s standing) {
	user, text, ok := r.BasicAuth()
	if !ok || !q.knows(user) {
		return "", unknown
	}
	return c.holder(c.passwords, text, q.region())
}

// serveContent is what is behind the front, but with the registry's own words for what
// is not there.
func (c *Cloud) serveContent(w http.ResponseWriter, r *http.Request, q question) {
	h := &held{header: http.Header{}, status: http.StatusOK}
	c.options.Content.ServeHTTP(h, r)
	if h.status == http.StatusNotFound {
		missing := noManifest
		if bytes.Contains(h.body.Bytes(), []byte(codeNoRepository)) {
			missing = noRepository
		}
		q.refuse(w, missing)
		return
	}
	for name, values := range h.header {
		w.Header()[name] = values
	}
	w.WriteHeader(h.status)
	_, _ = w.Write(h.body.Bytes())
}

// held is an answer that nobody has had yet.
type held struct {
	header http.Header
	status int
	body   bytes.Buffer
}

// Header is what will be sent.
func (h *held) Header() http.Header { return h.header }

// WriteHeader keeps the status.
func (h *held) WriteHeader(status int) { h.status = status }

// Write keeps the body.
func (h *held) Write(p []byte) (int, error) { return h.body.Write(p) }
