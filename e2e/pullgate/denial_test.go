package pullgate

import "testing"

func TestDenial(t *testing.T) {
	for message, want := range map[string]string{
		`admission webhook "pods.pullgate.dev" denied the request: image "a" cannot be pulled`:                       `image "a" cannot be pulled`,
		`admission webhook "pod-updates.pullgate.dev" denied the request: image "a" cannot be pulled`:                `image "a" cannot be pulled`,
		`pods "x" is forbidden: admission webhook "pods.pullgate.dev" denied the request: image "a: b" is not there`: `image "a: b" is not there`,
		`admission webhook "pods.example.com" denied the request: no`:                                                "",
		`failed calling webhook "pods.pullgate.dev": EOF`:                                                            "",
		"": "",
	} {
		if said, denied := Denial(message); said != want || denied != (want != "") {
			t.Errorf("Denial(%q) = %q, %t, want %q", message, said, denied, want)
		}
	}
}
