package reference

import "testing"

func BenchmarkParse(b *testing.B) {
	for name, written := range map[string]string{
		"short":   "nginx",
		"usual":   "registry.example.com/team/service:v1.2.3",
		"digest":  "registry.example.com/team/service@sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
		"invalid": "registry.example.com/Team/service:v1.2.3",
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := Parse(written); (err != nil) != (name == "invalid") {
					b.Fatal(err)
				}
			}
		})
	}
}
