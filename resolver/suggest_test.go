package resolver

import "testing"

func TestNearestTag(t *testing.T) {
	for name, tc := range map[string]struct {
		wanted string
		tags   []string
		want   string
	}{
		"patch":                      {"1.2.4", []string{"1.0.0", "1.2.3", "latest"}, "1.2.3"},
		"patch, the newest of equal": {"1.2.4", []string{"1.2.3", "1.2.5"}, "1.2.5"},
		"patch before minor":         {"1.2.4", []string{"1.3.4", "1.2.9"}, "1.2.9"},
		"v added":                    {"v1.2.4", []string{"1.2.3", "1.2.4"}, "1.2.4"},
		"v left out":                 {"1.2.4", []string{"v1.2.3", "v1.2.4", "1.2.5"}, "v1.2.4"},
		"case":                       {"Latest", []string{"latest", "last"}, "latest"},
		"flavour is kept":            {"1.2.4-alpine", []string{"1.2.4", "1.2.3-alpine", "1.2.3"}, "1.2.3-alpine"},
		"flavour mistyped":           {"1.2.3-alpin", []string{"1.2.3", "1.2.3-alpine", "1.2.3-slim"}, "1.2.3-alpine"},
		"another flavour":            {"1.2.4-alpine", []string{"1.2.4-windowsservercore"}, ""},
		"release candidate":          {"1.2.4-rc1", []string{"1.2.4-rc.1", "1.2.3"}, "1.2.4-rc.1"},
		"minor for a whole series":   {"1.2", []string{"1.2.1", "1.2.9", "1.2.10", "1.3"}, "1.2.10"},
		"major for a whole series":   {"3", []string{"2.9", "3.11", "3.9"}, "3.11"},
		"minor as the last number":   {"16.9", []string{"16.3", "16.4", "15.9"}, "16.4"},
		"another major":              {"2.0.0", []string{"1.0.0", "1.9.0"}, ""},
		"a digit hit twice":          {"11.2.3", []string{"1.2.3", "1.0.0"}, "1.2.3"},
		"far minor":                  {"1.9.0", []string{"1.2.0"}, ""},
		"typing error":               {"lastest", []string{"stable", "latest"}, "latest"},
		"letters exchanged":          {"satble", []string{"stable", "latest"}, "stable"},
		"short and far":              {"a", []string{"b"}, ""},
		"dates":                      {"20240115", []string{"20240114", "20221201"}, "20240114"},
		"short hash":                 {"1a2b3c4", []string{"9f8e7d6c5b4a", "1a2b3c4d5e6f"}, "1a2b3c4d5e6f"},
		"four numbers":               {"1.2.3.5", []string{"1.2.3.4"}, "1.2.3.4"},
		"nothing near":               {"production", []string{"dev", "1.0", "main"}, ""},
		"no tags":                    {"1.0", nil, ""},
		"only itself":                {"1.0", []string{"1.0"}, ""},
		"huge numbers":               {"1.18446744073709551615.0", []string{"1.0.0"}, ""},
		"absurd tag":                 {"1.0.1", []string{string(make([]byte, 1<<20)), "1.0.0"}, "1.0.0"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := nearestTag(tc.wanted, tc.tags); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
		})
	}
}

// The order in which a registry lists tags must not matter.
func TestNearestTagIgnoresOrder(t *testing.T) {
	tags := []string{"1.2.3", "1.2.5", "v1.2.4", "1.2", "latest", "1.2.4-alpine"}
	for range tags {
		tags = append(tags[1:], tags[0])
		if got := nearestTag("1.2.4", tags); got != "v1.2.4" {
			t.Errorf("%v: %q", tags, got)
		}
	}
}
