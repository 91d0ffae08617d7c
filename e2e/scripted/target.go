package scripted

import (
	"net/http"
	"strconv"
	"strings"
)

// target is what a request is about.
type target struct {
	side Side
	// name is the repository with the registry's host.
	name string
	// kind is "manifests", "blobs" or "tags"; rest is what follows it.
	kind, rest string
	// hop is how many redirects the request has behind it.
	hop   int
	token bool
}

// mirrored comes before the name of a repository at a mirror.
const mirrored = "mirror/"

// parseTarget understands these paths:
//
//	/v2/<repository>/manifests/<reference>          and blobs/, tags/
//	/mirror/v2/<repository>/manifests/<reference>   a mirror: the host is "mirror"
//	/hop/<n>/<host>/<repository>/manifests/<reference>
//	/token/<side>/<host>/<repository>
func parseTarget(r *http.Request) (target, bool) {
	t := target{side: sideOf(r)}
	path := r.URL.Path
	if rest, ok := strings.CutPrefix(path, "/token/"); ok {
		side, name, _ := strings.Cut(rest, "/")
		t.side, t.name, t.token = Side(side), name, true
		return t, name != ""
	}
	host := registryOf(r)
	if rest, ok := strings.CutPrefix(path, "/mirror"); ok {
		host, path = mirrored+host, rest
	}
	rest, ok := strings.CutPrefix(path, "/v2/")
	if !ok {
		after, isHop := strings.CutPrefix(path, "/hop/")
		n, named, _ := strings.Cut(after, "/")
		hop, err := strconv.Atoi(n)
		if !isHop || err != nil {
			return target{}, false
		}
		t.hop = hop
		host, rest, _ = strings.Cut(named, "/")
	}
	for _, kind := range []string{"manifests", "blobs", "tags"} {
		if i := strings.LastIndex(rest, "/"+kind+"/"); i > 0 {
			t.name, t.kind, t.rest = host+"/"+rest[:i], kind, rest[i+len(kind)+2:]
			return t, true
		}
	}
	return target{}, false
}

// registryOf is the host that an image names. What containerd sends to an
// endpoint that certs.d maps a host to says for whom; all else is asked directly.
func registryOf(r *http.Request) string {
	if ns := r.URL.Query().Get("ns"); ns != "" {
		return ns
	}
	return r.Host
}

func hostOf(name string) string {
	host, _, _ := strings.Cut(name, "/")
	return host
}
