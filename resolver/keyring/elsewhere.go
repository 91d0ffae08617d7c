package keyring

import (
	"encoding/json"
	"fmt"
	"path/filepath"
)

// Answer takes a credential provider's answer apart, as Parse does a Secret: the
// credentials by registry key. Their order and their match are those of Secrets
// (P26, P27).
func Answer(credentials map[string]Credential) *Secret {
	s := &Secret{byKey: map[string][]Credential{}}
	index(s, credentials, func(_ string, c Credential) Credential { return c })
	return s
}

// oldFileName is the name of a file in the older of docker's two formats.
const oldFileName = ".dockercfg"

// ParseNodeFile makes a keyring of the config.json that a kubelet has on its node,
// or of its .dockercfg, which the file's name tells apart. A kubelet that cannot
// read the file goes on without it. It fails all the same, with an error that holds
// none of the content.
func ParseNodeFile(path string, data []byte) (*Keyring, error) {
	decode, raw := decodeConfigJSON[entry], decodeConfigJSON[json.RawMessage]
	if filepath.Base(path) == oldFileName {
		decode, raw = decodeConfig[entry], decodeConfig[json.RawMessage]
	}
	entries, err := decode(data)
	if err != nil {
		what := describe(err)
		if raw, err := raw(data); err == nil {
			what = describeEntry(raw, what)
		}
		return nil, fmt.Errorf("%s: %s", path, what)
	}
	helpers := helpersOf(data)
	s, origin := &Secret{byKey: map[string][]Credential{}}, &Origin{NodeFile: true}
	index(s, entries, func(registry string, e entry) Credential {
		return Credential{Username: e.Username, Password: e.Password, Origin: origin, Lacks: helpers.lacks(registry, e)}
	})
	return Join([]*Secret{s})
}

// WithoutPasswords is the same source with credentials that can be told apart, and
// not be used.
func (s *Secret) WithoutPasswords() *Secret {
	bare := *s
	bare.byKey = make(map[string][]Credential, len(s.byKey))
	for key, credentials := range s.byKey {
		for _, c := range credentials {
			c.Password = ""
			bare.byKey[key] = append(bare.byKey[key], c)
		}
	}
	return &bare
}
