package keyring_test

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
)

func Example() {
	ring, err := keyring.New([]*corev1.Secret{{
		ObjectMeta: metav1.ObjectMeta{Name: "regcred"},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths": {
			"registry.example.com":      {"username": "everyone", "password": "x"},
			"registry.example.com/acme": {"username": "acme",     "password": "y"}
		}}`)},
	}})
	if err != nil {
		panic(err)
	}
	for _, c := range ring.Lookup("registry.example.com/acme/app") {
		fmt.Println(c.Username, "of Secret", c.Secret)
	}
	// Output:
	// acme of Secret regcred
	// everyone of Secret regcred
}
