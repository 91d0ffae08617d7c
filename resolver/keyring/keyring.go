package keyring

import (
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Credential is one user name and password that a kubelet would try.
type Credential struct {
	Username string
	Password string
	// Secret is the name of the Secret that the credential came from, "" if it came
	// from elsewhere.
	Secret string
	// Origin is where else it came from, nil if it came from a Secret.
	Origin *Origin
	// Lacks says why there is no password in it, and where that may be; "" if there
	// is one. It is for people.
	Lacks string
}

// Origin is where a credential came from that nodes bring by themselves.
type Origin struct {
	// NodeFile tells that it came from a node's config.json.
	NodeFile bool
	// Provider is the name of the credential provider that answered with it.
	Provider string
	// ID stands for the credential where its password is renewed now and then, and
	// answers to it must outlive that; "" where user name and password stand for it.
	ID string
	// Obtained is when the provider answered.
	Obtained time.Time
}

// Provider is the name of the credential provider that answered with it, "" if it
// came from elsewhere.
func (c Credential) Provider() string {
	if c.Origin == nil {
		return ""
	}
	return c.Origin.Provider
}

// ID stands for the credential where its password is renewed, see Origin.
func (c Credential) ID() string {
	if c.Origin == nil {
		return ""
	}
	return c.Origin.ID
}

// Anonymous tells that a node sends nothing for this credential: an entry
// without a user name counts as an attempt, and is sent without credentials
// (C17, C18).
func (c Credential) Anonymous() bool { return c.Username == "" }

// Ignored is a Secret that the kubelet passes over without a word, and why
// (C21, C22).
type Ignored struct {
	Secret string
	Why    string
}

// Keyring finds the credentials for a repository. The zero value and nil are
// empty keyrings. It is safe for concurrent use once made.
type Keyring struct {
	keys    []key // reverse-sorted, without duplicates
	byKey   map[string][]Credential
	ignored []Ignored
	covers  map[string][]string // Secret name → keys
}

// New makes a keyring of Secrets in the order in which the Pod names them.
//
// It fails with a *MalformedError if one Secret of an accepted type cannot be
// read: a kubelet then makes no attempt at all, not even for public images or
// with the other Secrets (C19, C20).
func New(secrets []*corev1.Secret) (*Keyring, error) {
	parsed := make([]*Secret, len(secrets))
	for n, s := range secrets {
		parsed[n] = Parse(s)
	}
	return Join(parsed)
}

// Join is New for Secrets that were taken apart before.
func Join(secrets []*Secret) (*Keyring, error) {
	k := &Keyring{covers: map[string][]string{}}
	var usable []*Secret
	for _, s := range secrets {
		switch {
		case s.malformed != nil:
			return nil, s.malformed
		case s.ignored != "":
			k.ignored = append(k.ignored, Ignored{Secret: s.name, Why: s.ignored})
		default:
			usable = append(usable, s)
			k.covers[s.name] = append(k.covers[s.name], s.covers...)
		}
	}
	if len(usable) == 1 { // as most Pods name; it may be another keyring's too
		k.keys, k.byKey = usable[0].keys, usable[0].byKey
		return k, nil
	}
	k.merge(usable)
	return k, nil
}

func (k *Keyring) merge(secrets []*Secret) {
	k.byKey = map[string][]Credential{}
	for _, s := range secrets {
		for _, key := range s.keys {
			if _, known := k.byKey[key.name]; !known {
				k.keys = append(k.keys, key)
			}
			k.byKey[key.name] = append(k.byKey[key.name], s.byKey[key.name]...)
		}
	}
	slices.SortFunc(k.keys, descending)
}

// key is a key of byKey.
type key struct {
	name string
	glob address
}

// descending is the kubelet's order.
func descending(a, b key) int { return strings.Compare(b.name, a.name) }

// indexKey normalises a registry key as the kubelet does: scheme, query and
// user information dropped, a leading /v1/ or /v2/ reduced to /.
func indexKey(name string) (key string, ok bool) {
	if !strings.HasPrefix(name, "https://") && !strings.HasPrefix(name, "http://") {
		name = "https://" + name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "", false
	}
	path := u.Path
	if strings.HasPrefix(path, "/v2/") || strings.HasPrefix(path, "/v1/") {
		path = path[len("/v2"):]
	}
	if path == "/" {
		path = ""
	}
	return u.Host + path, true
}

// dockerHubKey is where `https://index.docker.io/v1/` ends up (C26).
const dockerHubKey = "index.docker.io"

// Lookup returns the credentials for a repository by its normalised name
// without tag or digest, such as "docker.io/library/nginx", in the order in
// which a kubelet tries them. None means one anonymous attempt; any at all
// means no anonymous attempt (C14).
func (k *Keyring) Lookup(repository string) []Credential {
	if k == nil {
		return nil
	}
	var found []Credential
	if target, ok := parseAddress(repository); ok {
		for _, key := range k.keys {
			if key.glob.matches(target) {
				found = append(found, k.byKey[key.name]...)
			}
		}
	}
	if len(found) == 0 && isDockerHub(repository) {
		found = k.byKey[dockerHubKey]
	}
	return slices.Clip(found)
}

// Ignored lists the Secrets that the kubelet passes over.
func (k *Keyring) Ignored() []Ignored {
	if k == nil {
		return nil
	}
	return k.ignored
}

// Covers lists the registry keys of one Secret, sorted, as indexed.
func (k *Keyring) Covers(secret string) []string {
	if k == nil {
		return nil
	}
	return k.covers[secret]
}
