package conformance

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Random is a random run: a registry and the pull Secrets of a Pod, by the names
// of randomSecrets.
type Random struct {
	Behaviour scripted.Behaviour `json:"behaviour,omitzero"`
	Secrets   []string           `json:"secrets,omitempty"`
	ByDigest  bool               `json:"byDigest,omitempty"`
	Map       Mapping            `json:"map,omitempty"`
	Mirror    scripted.Behaviour `json:"mirror,omitzero"`
}

// String plays the run again, with -replay.
func (r Random) String() string {
	line, err := json.Marshal(r)
	if err != nil {
		return err.Error()
	}
	return string(line)
}

// ParseRandom reads what String wrote.
func ParseRandom(s string) (r Random, err error) {
	if err := json.Unmarshal([]byte(s), &r); err != nil {
		return r, fmt.Errorf("random run %q: %w", s, err)
	}
	return r, nil
}

// randomSecrets are the pull Secrets that random runs choose from. The hosts of
// all of them are covered by one glob.
func randomSecrets() map[string]Secret {
	const key = "*." + randomDomain
	dockercfg := Secret{Type: "kubernetes.io/dockercfg", Data: map[string]string{
		".dockercfg": fmt.Sprintf(`{%q:%s}`, key, login(scripted.Password)),
	}}
	opaque := good(key)
	opaque.Type = "Opaque"
	return map[string]Secret{
		"good":           good(key),
		"bad":            bad(key),
		"empty":          auths(key, "{}"),
		"no-password":    auths(key, login("")),
		"dockercfg":      dockercfg,
		"identity-token": auths(key, `{"identitytoken":"`+scripted.RefreshToken+`"}`),
		"path":           good(key + "/app"),
		"other-path":     good(key + "/other"),
		"unrelated":      good("other.example.com"),
		"opaque":         opaque,
		"malformed":      document(`{"auths":[]}`),
	}
}

const randomDomain = "random.example.com"

// gap reports whether a node may fail for what pullgate is known not to look at.
func (r Random) gap() bool {
	if r.Map.hasMirror() && gap(r.Mirror, r.ByDigest) {
		return true
	}
	return gap(r.Behaviour, r.ByDigest)
}

func gap(b scripted.Behaviour, byDigest bool) bool {
	index := b.Content.Kind == scripted.Index || b.Content.Kind == scripted.DockerList
	mediaType, _, _ := strings.Cut(b.Headers.Type, ";")
	mediaType = strings.TrimSpace(mediaType)
	saysManifest := mediaType == string(types.OCIManifestSchema1) || mediaType == string(types.DockerManifestSchema2)
	switch {
	// C83 and C84: blobs and their content.
	case len(b.Config) > 0 || len(b.Layer) > 0 || b.Content.DiffIDs > 0 || b.Content.BadConfig:
		return true
	// C86: the body of what is, or is called, a plain manifest.
	case (index || b.Content.Kind == scripted.Schema1) && saysManifest:
		return true
	case !index && (len(b.Fetch) > 0 || b.Body != ""):
		return true
	case !index && b.Headers.Digest == scripted.Wrong && !byDigest:
		return true
	}
	// The same, where only the first requests succeed.
	for _, s := range []scripted.Statuses{b.Gate, b.Head, b.Get, b.Fetch, b.Auth.Post, b.Auth.Fetch} {
		if failsLater(s) {
			return true
		}
	}
	return false
}

func failsLater(s scripted.Statuses) bool {
	for i := 1; i < len(s); i++ {
		if s[i-1] == 200 && s[i] != 200 {
			return true
		}
	}
	return false
}
