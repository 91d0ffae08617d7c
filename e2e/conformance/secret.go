package conformance

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// Secret is a pull Secret to be made. {host} in its data is the try's registry.
type Secret struct {
	Type corev1.SecretType // dockerconfigjson if empty
	Data map[string]string
}

func (s Secret) object(name, host string) *corev1.Secret {
	o := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: name}, Type: s.Type, Data: map[string][]byte{}}
	if o.Type == "" {
		o.Type = corev1.SecretTypeDockerConfigJson
	}
	for key, value := range s.Data {
		o.Data[key] = []byte(strings.ReplaceAll(value, "{host}", host))
	}
	return o
}

// auths is a Secret of type dockerconfigjson with entries as they stand: key,
// JSON, key, JSON, ...
func auths(entries ...string) Secret {
	var pairs []string
	for i := 0; i+1 < len(entries); i += 2 {
		pairs = append(pairs, fmt.Sprintf("%q:%s", entries[i], entries[i+1]))
	}
	return document(`{"auths":{` + strings.Join(pairs, ",") + `}}`)
}

// document is a Secret of type dockerconfigjson with this content.
func document(content string) Secret {
	return Secret{Data: map[string]string{corev1.DockerConfigJsonKey: content}}
}

// good is the credential that every scripted repository knows, under a key.
func good(key string) Secret { return auths(key, login(scripted.Password)) }

// bad is one that none knows.
func bad(key string) Secret { return auths(key, login("wrong")) }

// login is the JSON of an entry with a password of the user that is known.
func login(password string) string {
	entry, err := json.Marshal(map[string]string{
		"auth": base64.StdEncoding.EncodeToString([]byte(scripted.User + ":" + password)),
	})
	if err != nil {
		return err.Error() // No JSON, and a case that fails.
	}
	return string(entry)
}
