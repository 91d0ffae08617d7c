package conformance

import (
	"math/rand/v2"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Draw draws the n-th random run of a seed, the same one each time.
func Draw(seed uint64, n int) Random {
	d := drawer{rand.New(rand.NewPCG(seed, uint64(n)))} //nolint:gosec // it must be repeatable
	for {
		if r := d.random(); !r.gap() {
			return r
		}
	}
}

type drawer struct{ *rand.Rand }

// one takes one of several; what is there more than once is more likely.
func one[T any](d drawer, of ...T) T { return of[d.IntN(len(of))] }

// chance is true so often of a hundred times.
func (d drawer) chance(percent int) bool { return d.IntN(100) < percent }

func (d drawer) random() Random {
	r := Random{Behaviour: d.behaviour()}
	r.ByDigest = d.chance(20)
	for range one(d, 0, 0, 1, 1, 1, 2, 2, 3) {
		r.Secrets = append(r.Secrets, one(d, "good", "good", "good", "bad", "bad", "empty", "no-password", "dockercfg", "identity-token", "path", "other-path", "unrelated", "opaque", "missing"))
	}
	if d.chance(2) {
		r.Secrets = append(r.Secrets, "malformed")
	}
	switch {
	case d.chance(8):
		r.Map = TLS
	case d.chance(2):
		r.Map = one(d, Untrusted, Refused)
	case d.chance(5):
		r.Map = one(d, Mirror, Mirror, Mirror, SiblingMirror, PullOnlyMirror)
	}
	if r.Map.hasMirror() {
		r.Mirror = d.behaviour()
		r.Mirror.Content = r.Behaviour.Content
	}
	return r
}

func (d drawer) behaviour() scripted.Behaviour {
	b := scripted.Behaviour{Content: d.content()}
	if d.chance(12) {
		b.Gate = d.statuses()
	}
	if d.chance(25) {
		b.Head = d.statuses()
	}
	if d.chance(10) {
		b.Head = scripted.Statuses{405}
	}
	if d.chance(15) {
		b.Get = d.statuses()
	}
	if d.chance(10) {
		b.Fetch = d.statuses()
	}
	if d.chance(5) {
		b.Ping = one(d, 401, 403, 404, 500, 503)
	}
	if d.chance(10) {
		b.Redirect = scripted.Redirect{Hops: one(d, 1, 1, 2, 9, 10, 11, -1), Status: one(d, 0, 301, 302, 303, 308)}
	}
	if d.chance(5) {
		b.Body = one(d, "other", "html", "empty")
	}
	b.AsBlob = d.chance(5)
	b.Headers = d.headers()
	if d.chance(60) {
		b.Auth = d.auth()
	}
	return b
}

// statuses fail for good, or several times and then no more: a registry that
// fails later than that is the business of the blobs, which nobody looks at.
func (d drawer) statuses() scripted.Statuses {
	definite := []int{400, 401, 403, 403, 404, 404, 404, 405, 406, 409, 410, 418, 451, 501, 300, 301, 302, 304, 307}
	passing := []int{407, 408, 421, 425, 429, 429, 429, 500, 500, 502, 503, 503, 504, scripted.Drop}
	if d.chance(50) {
		return scripted.Statuses{one(d, append(definite, passing...)...)}
	}
	s := scripted.Statuses{}
	same := one(d, passing...)
	for range 1 + d.IntN(5) {
		s = append(s, one(d, same, same, same, one(d, passing...)))
	}
	return append(s, 200)
}

func (d drawer) headers() (h scripted.Headers) {
	if d.chance(10) {
		h.Digest = one(d, scripted.Absent, scripted.Wrong, scripted.Invalid)
	}
	if d.chance(8) {
		h.Length = one(d, scripted.Absent, scripted.Absent, scripted.Big)
	}
	if d.chance(10) {
		h.Type = one(d,
			scripted.Absent, "text/html", "text/plain", "text/plain; charset=utf-8", "application/json", "application/octet-stream",
			"application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
			"application/vnd.docker.distribution.manifest.v2+json;charset=utf-8", "Application/Vnd.OCI.Image.Manifest.V1+JSON",
			"application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws",
			"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
			"application/vnd.oci.artifact.manifest.v1+json", " application/vnd.oci.image.manifest.v1+json", "nonsense")
	}
	if d.chance(10) {
		h.RetryAfter = one(d, "1", "3600", "soon")
	}
	return h
}

func (d drawer) content() scripted.Content {
	switch {
	case d.chance(50):
		return scripted.Content{Kind: one(d, "", "", scripted.DockerImage)}
	case d.chance(10):
		return scripted.Content{Kind: one(d, scripted.Helm, scripted.ORAS)}
	case d.chance(5):
		return scripted.Content{Kind: scripted.Schema1}
	case d.chance(12):
		return scripted.Content{Platform: one(d, "linux/arm64", "windows/amd64", "linux/386")}
	case d.chance(2):
		return scripted.Content{Size: 5 << 20}
	default:
		return scripted.Content{Kind: one(d, scripted.Index, scripted.Index, scripted.DockerList), Children: d.children(2)}
	}
}

func (d drawer) children(depth int) (all []scripted.Child) {
	for range one(d, 0, 1, 1, 2, 2, 3, 4) {
		c := scripted.Child{Platform: one(d, "linux/amd64", "linux/amd64", "linux/amd64", "linux/arm64", "linux/arm64/v8",
			"linux/amd64/v1", "linux/amd64/v2", "linux/amd64/v3", "linux/386", "linux/arm/v7", "windows/amd64", "unknown/unknown", "")}
		if c.Platform == "" || d.chance(5) {
			c.Config = one(d, "linux/amd64", "linux/arm64", "linux/386", "linux/amd64/v3")
		}
		if depth > 0 && d.chance(10) {
			c.Children = append([]scripted.Child{{Platform: "linux/amd64"}}, d.children(depth-1)...)
		}
		all = append(all, c)
	}
	return all
}
