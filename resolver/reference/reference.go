// Package reference parses image references as the kubelet and containerd do:
// with distribution/reference, the tag "latest" where there is neither tag nor
// digest, and the tag dropped where there is a digest (C01 to C08).
package reference

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	distribution "github.com/distribution/reference"
	"github.com/opencontainers/go-digest"
)

// MaxLength bounds what is parsed, in bytes: an image field may have megabytes,
// and the parser's regular expression takes a fifth of a second for 64 KiB. The
// grammar itself bounds path, tag and digest, but not the host: yet no host name
// has more than 253 characters, so that what is longer can never be pulled.
const MaxLength = 4 << 10

// Reference names a manifest as a node asks a registry for it.
type Reference struct {
	// Host is the registry's host and port, "docker.io" for Docker Hub.
	Host string
	// Repository is the path in the registry, such as "library/nginx".
	Repository string
	// Tag is empty where Digest is set: a node drops it then (C05).
	Tag string
	// TagImplied tells that the reference names neither tag nor digest.
	TagImplied bool
	Digest     digest.Digest
	// Short tells that the reference names no registry, and means Docker Hub.
	Short bool
}

// Name is the repository with its host, by which credentials are looked up.
func (r Reference) Name() string { return r.Host + "/" + r.Repository }

// Identifier is the tag or the digest, as it stands in a manifest's URL.
func (r Reference) Identifier() string {
	if r.Digest != "" {
		return r.Digest.String()
	}
	return r.Tag
}

// String is the normalised reference.
func (r Reference) String() string {
	if r.Digest != "" {
		return r.Name() + "@" + r.Digest.String()
	}
	return r.Name() + ":" + r.Tag
}

// Parse parses an image field. Its errors say in one line what is wrong, and
// hold none of the input (C02, C03, C08).
func Parse(s string) (Reference, error) {
	if len(s) > MaxLength {
		return Reference{}, fmt.Errorf("longer than any valid reference (%d bytes)", len(s))
	}
	named, err := distribution.ParseNormalizedNamed(s)
	if err != nil {
		return Reference{}, explain(s, err)
	}
	// Not distribution.Domain, which finds none in `my_reg.io/foo`; containerd
	// takes what stands before the first slash.
	host, repository, _ := strings.Cut(named.Name(), "/")
	ref := Reference{Host: host, Repository: repository, Short: host == dockerHub && !namesDockerHub(s)}
	if d, ok := named.(distribution.Digested); ok {
		ref.Digest = d.Digest()
		return ref, nil
	}
	ref.TagImplied = distribution.IsNameOnly(named)
	ref.Tag = distribution.TagNameOnly(named).(distribution.Tagged).Tag()
	return ref, nil
}

// explain finds the words for what people get wrong; the parser itself mostly
// says "invalid reference format".
func explain(s string, err error) error {
	scheme, _, hasScheme := strings.Cut(s, "://")
	switch {
	case s == "":
		return errors.New("the reference is empty")
	case !utf8.ValidString(s):
		return errors.New("it is not UTF-8")
	case strings.ContainsFunc(s, unicode.IsControl):
		return errors.New("it holds a control character")
	case strings.Contains(s, "${") || strings.Contains(s, "$(") || strings.Contains(s, "{{"):
		return errors.New("a template variable in it was not replaced")
	case strings.ContainsFunc(s, unicode.IsSpace):
		return errors.New("it holds white space")
	case hasScheme && len(scheme) < 10:
		return errors.New(`a reference has no scheme: leave out what stands before and with "://"`)
	case strings.HasSuffix(s, ":"):
		return errors.New(`the tag after ":" is empty`)
	// The parser makes this error anew, without its own sentinel in it.
	case strings.HasSuffix(err.Error(), "must be lowercase"):
		return errors.New("the repository name must be lower-case")
	case errors.Is(err, distribution.ErrNameTooLong):
		return fmt.Errorf("the repository name is longer than %d characters", distribution.RepositoryNameTotalLengthMax)
	case errors.Is(err, digest.ErrDigestUnsupported):
		return errors.New("its digest algorithm is not supported")
	case errors.Is(err, digest.ErrDigestInvalidLength), errors.Is(err, digest.ErrDigestInvalidFormat):
		return errors.New("its digest is malformed")
	default:
		return errors.New("it is not of the form [host[:port]/]repository[:tag][@digest]")
	}
}
