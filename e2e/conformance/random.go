package conformance

import (
	"encoding/json"
	"fmt"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Random is a random run: a registry and the pull Secrets of a Pod, by the names
// of randomSecrets.
type Random struct {
	Behaviour scripted.Behaviour `json:"behaviour,omitzero"`
	Secrets   []string           `json:"secrets,omitempty"`
	ByDigest  bool               `json:"byDigest,omitempty"`
	Map       Mapping            `json:"map,omitempty"`
	Pool      Pool               `json:"pool,omitempty"`
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
