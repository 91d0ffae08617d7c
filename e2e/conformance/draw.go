package conformance

import (
	"math/rand/v2"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Draw draws the n-th random run of a seed, the same one each time.
func Draw(seed uint64, n int) Random {
	d := drawer{rand.New(rand.NewPCG(seed, uint64(n)))} //nolint:gosec // it must be repeatable
	for {
		if r := d.any(); !r.gap() {
			return r
		}
	}
}

func (d drawer) any() Random {
	switch {
	case d.chance(3):
		return d.elsewhere()
	case d.chance(40):
		return d.nearly()
	default:
		return d.random()
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
		d.mirror(&r)
	}
	return r
}

// nearly draws a registry with which little is wrong: where much is, most of it is
// never reached.
func (d drawer) nearly() Random {
	r := Random{Behaviour: scripted.Behaviour{Content: d.content()}, ByDigest: d.chance(20)}
	b := &r.Behaviour
	switch d.IntN(4) {
	case 0:
		b.Auth = public().Auth
	case 1:
		b.Auth, r.Secrets = privateBearer().Auth, []string{"good"}
	case 2:
		b.Auth, r.Secrets = private().Auth, []string{one(d, "good", "bad"), "good"}
	}
	b.Headers.Version = d.chance(50)
	for range one(d, 0, 1, 1, 1, 2) {
		switch d.IntN(8) {
		case 0, 1:
			b.Front = d.fronts()
		case 2, 3:
			d.blobs(b, 8)
		case 4:
			b.Headers = d.headers()
		case 5:
			b.Head = d.statuses()
		case 6:
			b.Fetch = d.statuses()
		default:
			b.Redirect = scripted.Redirect{Hops: 1, Signed: d.chance(30)}
		}
	}
	*b = seen(*b)
	if d.chance(15) {
		r.Map = one(d, Mirror, Mirror, Mirror, SiblingMirror, PullOnlyMirror)
		d.mirror(&r)
	}
	return r
}

// mirror draws a mirror that has the same, but for what either of them has lost.
func (d drawer) mirror(r *Random) {
	if r.Behaviour.Content.Kind == "" || r.Behaviour.Content.Kind == scripted.DockerImage {
		r.Behaviour.Content.Layers = max(1, r.Behaviour.Content.Layers)
	}
	r.Mirror = d.behaviour()
	r.Mirror.Content = r.Behaviour.Content
	if d.chance(50) {
		r.Mirror.Content.Children = found(r.Mirror.Content.Children)
	}
}

// found are children of which nothing is lost.
func found(children []scripted.Child) (all []scripted.Child) {
	for _, c := range children {
		c.Head, c.Get, c.ConfigBlob, c.LayerBlob = nil, nil, nil, nil
		if c.Children != nil {
			c.Children = append([]scripted.Child{}, found(c.Children)...)
		}
		all = append(all, c)
	}
	return all
}

// elsewhere draws an index for nodes that there are none of here, with nothing
// wrong but its platforms.
func (d drawer) elsewhere() Random {
	r := Random{Pool: one(d, Windows2019, Windows2022, Windows2025, ARM)}
	r.Behaviour.Content.Kind = one(d, scripted.Index, scripted.DockerList)
	for range one(d, 1, 1, 2, 3) {
		r.Behaviour.Content.Children = append(r.Behaviour.Content.Children, scripted.Child{Platform: one(d,
			"windows/amd64:10.0.17763.7558", "windows/amd64:10.0.20348.4052", "windows/amd64:10.0.25398.1", "windows/amd64:10.0.26100.6584",
			"windows/amd64", "windows/amd64:10.0", "windows/arm64:10.0.26100.6584", "linux/amd64",
			"linux/arm", "linux/arm/v5", "linux/arm/v6", "linux/arm/v7", "linux/arm/v7", "linux/arm/v8", "linux/arm64")})
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
		b.Redirect = scripted.Redirect{Hops: one(d, 1, 1, 2, 9, 10, 11, -1), Status: one(d, 0, 301, 302, 303, 308), Signed: d.chance(20)}
	}
	if d.chance(5) {
		b.Body = one(d, "other", "html", "empty")
	}
	b.AsBlob = d.chance(5)
	b.Headers = d.headers()
	if d.chance(60) {
		b.Auth = d.auth()
	}
	if d.chance(15) {
		b.Front = d.fronts()
	}
	d.blobs(&b, 1)
	return seen(b)
}

// statuses fail for good, or several times and then no more. What fails only
// later than that cannot be known from here: it is not drawn.
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
