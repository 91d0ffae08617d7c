package keyring

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/words"
)

// MalformedError is a pull Secret of an accepted type that cannot be read. Its
// text never holds any of the Secret's content.
type MalformedError struct {
	Secret string // name
	Key    string // key in the Secret's data, such as ".dockerconfigjson"
	What   string // what is wrong, and where
}

// Error names the Secret, the key and what is wrong.
func (e *MalformedError) Error() string {
	return fmt.Sprintf("Secret %q, key %q: %s", e.Secret, e.Key, e.What)
}

// entry is one registry's entry; other fields (identitytoken, registrytoken,
// credHelpers, …) are nothing to a kubelet (C37).
type entry struct {
	Username string
	Password string
	// token tells that there is a token, which is nothing to a kubelet.
	token bool
}

// Secret is a pull Secret taken apart, which may be kept and used for many
// keyrings. It never changes.
type Secret struct {
	name      string
	keys      []key // reverse-sorted, without duplicates
	byKey     map[string][]Credential
	covers    []string // keys, sorted as they are written
	ignored   string   // why the kubelet passes it over, if it does
	malformed error
}

// Parse takes a Secret apart. What is wrong with it comes out of Join.
func Parse(secret *corev1.Secret) *Secret {
	s := &Secret{name: secret.Name, byKey: map[string][]Credential{}}
	var entries map[string]entry
	if entries, s.ignored, s.malformed = parseSecret(secret); len(entries) > 0 {
		helpers := helpersOf(secret.Data[corev1.DockerConfigJsonKey])
		index(s, entries, func(registry string, e entry) Credential {
			return Credential{Username: e.Username, Password: e.Password, Secret: s.name, Lacks: helpers.lacks(registry, e)}
		})
	}
	return s
}

// index puts what entries have under their normalised keys, in the kubelet's order.
func index[E any](s *Secret, entries map[string]E, credential func(registry string, e E) Credential) {
	// The kubelet walks the map in random order; only two spellings of one key
	// in one Secret could tell the difference, so any fixed order will do.
	for _, name := range slices.Sorted(maps.Keys(entries)) {
		normal, ok := indexKey(name)
		if !ok {
			continue // an unparseable key spoils only its own entry (C36)
		}
		s.covers = append(s.covers, normal)
		if glob, ok := parseAddress(normal); ok && s.byKey[normal] == nil {
			s.keys = append(s.keys, key{normal, glob})
		}
		s.byKey[normal] = append(s.byKey[normal], credential(name, entries[name]))
	}
	slices.SortFunc(s.keys, descending)
}

// parseSecret returns a Secret's entries by registry key, or why the kubelet
// ignores it.
func parseSecret(s *corev1.Secret) (entries map[string]entry, ignored string, err error) {
	for _, kind := range []struct {
		secretType corev1.SecretType
		key        string
		decode     func([]byte) (map[string]entry, error)
		raw        func([]byte) (map[string]json.RawMessage, error)
	}{
		{corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, decodeConfigJSON[entry], decodeConfigJSON[json.RawMessage]},
		{corev1.SecretTypeDockercfg, corev1.DockerConfigKey, decodeConfig[entry], decodeConfig[json.RawMessage]},
	} {
		if s.Type != kind.secretType {
			continue
		}
		data := s.Data[kind.key]
		if len(data) == 0 {
			return nil, fmt.Sprintf("has no key %q", kind.key), nil
		}
		entries, err := kind.decode(data)
		if err != nil {
			what := describe(err)
			if raw, err := kind.raw(data); err == nil {
				what = describeEntry(raw, what)
			}
			return nil, "", &MalformedError{Secret: s.Name, Key: kind.key, What: what}
		}
		return entries, "", nil
	}
	return nil, fmt.Sprintf("is of type %s, not %s", words.Printable(words.Cut(string(s.Type), maxType)), corev1.SecretTypeDockerConfigJson), nil
}

// maxType bounds what is said of a type, in bytes: it may be anything.
const maxType = 80

func decodeConfigJSON[E any](data []byte) (map[string]E, error) {
	var config struct {
		Auths map[string]E `json:"auths"`
		// Named only because the kubelet's struct names it, and so fails
		// where it is not a map of strings.
		HTTPHeaders map[string]string `json:"HttpHeaders,omitempty"`
	}
	err := json.Unmarshal(data, &config)
	return config.Auths, err
}

func decodeConfig[E any](data []byte) (map[string]E, error) {
	var entries map[string]E
	err := json.Unmarshal(data, &entries)
	return entries, err
}

// UnmarshalJSON reads username and password; auth wins over both.
func (e *entry) UnmarshalJSON(data []byte) error {
	var raw struct {
		Username string `json:"username,omitempty"`
		Password string `json:"password,omitempty"`
		Email    string `json:"email,omitempty"` // unused, but must be a string
		Auth     string `json:"auth,omitempty"`
		// Of any type, and named for the sake of words alone.
		IdentityToken json.RawMessage `json:"identitytoken,omitempty"`
		RegistryToken json.RawMessage `json:"registrytoken,omitempty"`
	}
	if err := json.Unmarshal(data, &raw); err != nil {
		return err
	}
	e.token = raw.IdentityToken != nil || raw.RegistryToken != nil
	e.Username, e.Password = raw.Username, raw.Password
	if raw.Auth == "" {
		return nil
	}
	var err error
	e.Username, e.Password, err = decodeAuth(raw.Auth)
	return err
}

var errNoColon = errors.New(`"auth" does not decode to username:password`)

// decodeAuth decodes base64(username:password), padded only if it ends in "=".
func decodeAuth(auth string) (username, password string, err error) {
	encoding := base64.RawStdEncoding
	if strings.HasSuffix(strings.TrimSpace(auth), "=") {
		encoding = base64.StdEncoding
	}
	decoded, err := encoding.DecodeString(auth)
	if err != nil {
		return "", "", err
	}
	username, password, ok := strings.Cut(string(decoded), ":")
	if !ok {
		return "", "", errNoColon
	}
	return username, password, nil
}

// describe words a decoding error by position and kind. The library's own text
// may quote the offending bytes, which may be part of a password.
func describe(err error) string {
	var (
		syntax *json.SyntaxError
		typ    *json.UnmarshalTypeError
		b64    base64.CorruptInputError
	)
	switch {
	case errors.As(err, &b64):
		return fmt.Sprintf(`an "auth" value is not base64 (at its byte %d)`, int64(b64))
	case errors.Is(err, errNoColon):
		return `an "auth" value does not decode to username:password`
	case errors.As(err, &typ):
		return fmt.Sprintf("JSON of the wrong shape: %s where %s is needed (at byte %d)", jsonKind(typ.Value), goKind(typ), typ.Offset)
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON (at byte %d)", syntax.Offset)
	default:
		return "not readable as JSON"
	}
}

// describeEntry says which registry's entry is malformed, and what is wrong with it:
// positions in it count from its beginning. If it is none, that is otherwise.
func describeEntry(raw map[string]json.RawMessage, otherwise string) string {
	for _, name := range slices.Sorted(maps.Keys(raw)) {
		var e entry
		err := json.Unmarshal(raw[name], &e)
		if err == nil {
			continue
		}
		// As a key it has no user name or password in it.
		if normal, ok := indexKey(name); ok {
			return fmt.Sprintf("in the entry of %s: %s", words.Quote(normal, maxEntry), describe(err))
		}
		return "in an entry: " + describe(err)
	}
	return otherwise
}

// maxEntry bounds what is said of a key, in bytes: it may be anything.
const maxEntry = 120

// jsonKind keeps the first word of, say, "number 12345", whose rest is content.
func jsonKind(value string) string {
	kind, _, _ := strings.Cut(value, " ")
	return "a JSON " + kind
}

func goKind(e *json.UnmarshalTypeError) string {
	if e.Type != nil && e.Type.Kind().String() == "string" {
		return "a string"
	}
	return "an object"
}
