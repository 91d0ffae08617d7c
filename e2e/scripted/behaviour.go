package scripted

import "encoding/json"

// Values of several fields of a Behaviour.
const (
	Absent  = "absent"  // the header is left out
	Wrong   = "wrong"   // a digest, but another
	Invalid = "invalid" // no digest at all
	Big     = "big"     // a length beyond what containerd takes
)

// Behaviour says how one repository answers. The zero value is a well-behaved
// open registry with one image for linux/amd64.
type Behaviour struct {
	Content Content `json:"content,omitzero"`
	// Tag is the only one there is, "v1" if empty.
	Tag string `json:"tag,omitempty"`

	// Gate holds for every request to the repository, before anything else.
	Gate Statuses `json:"gate,omitempty"`
	// Head and Get hold for a manifest by tag, and Head for one by digest too;
	// Fetch holds for GET of a manifest by digest.
	Head  Statuses `json:"head,omitempty"`
	Get   Statuses `json:"get,omitempty"`
	Fetch Statuses `json:"fetch,omitempty"`
	// Config and Layer hold for the blobs of these kinds, of an image that is no
	// child of an index: Layer for its last one, and Base for its first one of
	// several, which all images have in common.
	Config Statuses `json:"config,omitempty"`
	Layer  Statuses `json:"layer,omitempty"`
	Base   Statuses `json:"base,omitempty"`
	Blobs  Blobs    `json:"blobs,omitzero"`
	// Ping is the status of /v2/, 200 if zero.
	Ping int `json:"ping,omitempty"`

	Headers  Headers  `json:"headers,omitzero"`
	Redirect Redirect `json:"redirect,omitzero"`
	Auth     Auth     `json:"auth,omitzero"`
	// Front stand before all that, in this order.
	Front []Front `json:"front,omitempty"`

	// Body is what GET sends in the manifest's place: "other", which is another
	// manifest, "html" or "empty".
	Body string `json:"body,omitempty"`
	// AsBlob serves manifests from blobs/ too.
	AsBlob bool `json:"asBlob,omitempty"`
}

// String is the Behaviour as one line of JSON.
func (b Behaviour) String() string {
	line, err := json.Marshal(b)
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// Statuses answer the first, second, … request of each client; the last one
// answers all further ones, and none at all is always 200. A status that is not
// 2xx ends the matter.
type Statuses []int

// Drop is in Statuses a connection that is closed without an answer.
const Drop = -1

func (s Statuses) at(n int) int {
	if len(s) == 0 {
		return 200
	}
	return s[min(n, len(s)-1)]
}

// Headers change what a manifest is served with.
type Headers struct {
	// Digest is Docker-Content-Digest: Absent, Wrong or Invalid.
	Digest string `json:"digest,omitempty"`
	// Length is Content-Length: Absent, or, for HEAD only, Big, or a Size.
	Length string `json:"length,omitempty"`
	// Type is Content-Type: Absent, or what to send.
	Type string `json:"type,omitempty"`
	// FetchType is that of GET by digest alone.
	FetchType string `json:"fetchType,omitempty"`
	// Version names the registry's API, as most registries do with each answer.
	Version bool `json:"version,omitempty"`
	// RetryAfter goes with 429 and 503.
	RetryAfter string `json:"retryAfter,omitempty"`
}

// Redirect sends requests for manifests elsewhere.
type Redirect struct {
	// Hops is how many redirects there are; below zero they never end.
	Hops int `json:"hops,omitempty"`
	// Status is theirs, 307 if zero.
	Status int `json:"status,omitempty"`
	// Signed is an object store at the end of them, whose URL is for GET alone.
	Signed bool `json:"signed,omitempty"`
}

// The schemes of Auth.
const (
	Basic  = "basic"
	Bearer = "bearer"
	// Mute refuses without any challenge.
	Mute = "mute"
)

// Auth says who is let in. The zero value lets everybody in, and asks nobody.
type Auth struct {
	Scheme string `json:"scheme,omitempty"`
	// Challenges replace the scheme's own, one header line each. "{realm}" is
	// the token server's URL.
	Challenges []string `json:"challenges,omitempty"`
	// Error tells a client that shows an insufficient token so.
	Error bool `json:"error,omitempty"`
	// Realm is where the token server is: PrivateRealm, ClosedRealm, or where
	// the registry was asked.
	Realm string `json:"realm,omitempty"`
	// Anonymous is what the token server gives without credentials: AnyToken,
	// UselessToken, or else 401.
	Anonymous string `json:"anonymous,omitempty"`
	// Post and Fetch are the token server's statuses for POST and GET.
	Post  Statuses `json:"post,omitempty"`
	Fetch Statuses `json:"fetch,omitempty"`
	// Token is how the token server's answer looks: "token" or "access_token",
	// with that field alone, "html", "empty", or else both fields.
	Token string `json:"token,omitempty"`
}

// Values of fields of Auth.
const (
	PrivateRealm = "private"
	ClosedRealm  = "closed"
	AnyToken     = "token"
	UselessToken = "useless"
)

// The credentials that every repository knows.
const (
	User         = "ci"
	Password     = "good"
	RefreshToken = "good-refresh-token"
)
