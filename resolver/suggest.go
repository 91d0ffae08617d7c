package resolver

import (
	"cmp"
	"context"
	"strings"
	"time"

	"github.com/Masterminds/semver/v3"
	"github.com/agnivade/levenshtein"

	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/registry"
)

const (
	// tagListTTL is how long a list of tags is good enough to suggest from.
	tagListTTL = time.Minute
	// maxTagLists bounds the lists kept: each may hold thousands of tags.
	maxTagLists = 32
	// maxTag is how long a tag can be; a registry may list anything.
	maxTag = 128
)

// tags lists a repository's tags with the credential that was tried.
func (r *Resolver) tags(ctx context.Context, ref reference.Reference, login registry.Login) ([]string, error) {
	endpoint, err := r.client.EndpointID(ref.Host)
	if err != nil {
		return nil, err
	}
	key := endpoint + "\x00" + ref.Name() + "\x00" + login.ID
	if known, ok := r.tagLists.Get(key); ok {
		return known, nil
	}
	tags, err := r.client.Tags(ctx, ref, login)
	if err == nil {
		r.tagLists.Set(key, tags, tagListTTL)
	}
	return tags, err
}

// nearness orders suggestions: the less, the nearer.
type nearness struct {
	kind int // a spelling, then a version, then a typing error
	cost int
}

const (
	spelling = iota + 1
	version
	typo
)

// nearestTag finds the tag that was probably meant, "" if none is near.
func nearestTag(wanted string, tags []string) string {
	var (
		best string
		at   nearness
	)
	w := parseTag(wanted)
	for _, tag := range tags {
		if tag == wanted || len(tag) > maxTag {
			continue
		}
		t := parseTag(tag)
		n, near := w.near(t)
		if !near {
			continue
		}
		order := cmp.Or(cmp.Compare(n.kind, at.kind), cmp.Compare(n.cost, at.cost), t.newer(best), strings.Compare(tag, best))
		if best == "" || order < 0 {
			best, at = tag, n
		}
	}
	return best
}

// parsedTag is a tag, and the version that it may be.
type parsedTag struct {
	tag     string
	version *semver.Version // nil if it is none
	parts   int             // how many numbers the version was given
	flavour string          // what follows the version, such as "alpine3.20"
}

// minDate is the length from which on a single number is a date or a build, and
// no version.
const minDate = 6

func parseTag(tag string) parsedTag {
	p := parsedTag{tag: tag}
	v, err := semver.NewVersion(strings.TrimPrefix(strings.ToLower(tag), "v"))
	if err != nil {
		return p
	}
	numbers, _, _ := strings.Cut(tag, "-")
	p.parts = strings.Count(numbers, ".") + 1
	if p.parts == 1 && len(numbers) >= minDate {
		return p
	}
	p.version, p.flavour = v, v.Prerelease()
	return p
}

// near measures how far a tag is from the wanted one.
func (w parsedTag) near(t parsedTag) (nearness, bool) {
	switch {
	case sameSpelling(w.tag, t.tag):
		return nearness{spelling, 0}, true
	case w.version != nil && t.version != nil && w.flavour == t.flavour:
		cost, near := w.versionDistance(t)
		return nearness{version, cost}, near
	case w.version != nil && t.version != nil && !sameNumbers(w.version, t.version):
		return nearness{}, false // another version of another flavour
	case abbreviated(w.tag, t.tag):
		return nearness{spelling, 1}, true
	default:
		distance := levenshtein.ComputeDistance(w.tag, t.tag)
		return nearness{typo, distance}, 3*distance <= len(w.tag)
	}
}

// newer prefers the newer of two tags that are equally near.
func (w parsedTag) newer(than string) int {
	other := parseTag(than)
	if w.version == nil || other.version == nil {
		return 0
	}
	return other.version.Compare(w.version)
}

// sameSpelling is for "v1.2.4", where it is "1.2.4" that exists, and "Latest".
func sameSpelling(a, b string) bool {
	plain := func(s string) string {
		s = strings.ToLower(s)
		if rest, ok := strings.CutPrefix(s, "v"); ok && rest != "" && rest[0] >= '0' && rest[0] <= '9' {
			return rest
		}
		return s
	}
	return plain(a) == plain(b)
}

// minAbbreviation is the length of a short commit hash.
const minAbbreviation = 7

// abbreviated is for a tag by commit, where one side has the short hash.
func abbreviated(a, b string) bool {
	short, long := a, b
	if len(short) > len(long) {
		short, long = long, short
	}
	return len(short) >= minAbbreviation && strings.HasPrefix(long, short) &&
		strings.Trim(long[len(short):], "0123456789abcdef") == ""
}

func sameNumbers(a, b *semver.Version) bool {
	return a.Major() == b.Major() && a.Minor() == b.Minor() && a.Patch() == b.Patch()
}

// Costs of a step in a version's numbers. A change in a number outweighs any in
// those behind it.
const (
	minorCost    = 1_000_000
	majorCost    = minorCost * minorCost
	maxMinorStep = 2
)

// versionDistance is for versions of one flavour. The last number that was given
// may be off by any amount, a minor version by little, and a major version only
// where all else is the same, as of a key that was hit twice.
func (w parsedTag) versionDistance(t parsedTag) (cost int, near bool) {
	a, b := w.version, t.version
	minor, patch := gap(a.Minor(), b.Minor()), gap(a.Patch(), b.Patch())
	switch {
	case a.Major() != b.Major():
		distinct := a.Minor() != 0 || a.Patch() != 0
		return majorCost, distinct && minor == 0 && patch == 0 && levenshtein.ComputeDistance(w.tag, t.tag) == 1
	case w.parts == 1:
		return 0, true // "1" means any 1.x.y: the newest is taken
	case minor == 0 && w.parts == 2:
		return 0, true
	default:
		return minor*minorCost + patch, minor <= maxMinorStep || w.parts == 2
	}
}

// gap is the distance of two numbers, capped so that it cannot overflow.
func gap(a, b uint64) int {
	if a < b {
		a, b = b, a
	}
	return int(min(a-b, minorCost-1))
}
