package keyring

import (
	"fmt"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// benchSecrets are Secrets of a team: each has a login for a host of its own, for a
// path in it, and for a shared one by a pattern.
func benchSecrets(n int) []*corev1.Secret {
	secrets := make([]*corev1.Secret, n)
	for i := range secrets {
		secrets[i] = secret(fmt.Sprint("pull-", i), corev1.SecretTypeDockerConfigJson, corev1.DockerConfigJsonKey, fmt.Sprintf(
			`{"auths":{"r%d.example.com":{"auth":"dTpw"},"r%d.example.com/team":{"username":"u","password":"p"},"*.shared.example.com":{"auth":"dTpw"}}}`, i, i))
	}
	return secrets
}

// Of what is parsed once for each Secret, what is joined for each Pod, and what is
// looked up for each image.
func BenchmarkKeyring(b *testing.B) {
	for _, n := range []int{1, 20} {
		secrets := benchSecrets(n)
		parsed := make([]*Secret, n)
		for i, s := range secrets {
			parsed[i] = Parse(s)
		}
		ring, err := Join(parsed)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(fmt.Sprintf("parse/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				for _, s := range secrets {
					Parse(s)
				}
			}
		})
		b.Run(fmt.Sprintf("join/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Join(parsed); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(fmt.Sprintf("lookup/%d", n), func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if found := ring.Lookup("r0.example.com/team/app"); len(found) != 2 {
					b.Fatal(found)
				}
			}
		})
	}
}
