package content

import (
	"encoding/json"
	"testing"
)

func TestMode(t *testing.T) {
	c := Config{Default: Background, OffFor: []string{"docker.io", "*.off.test"}, BackgroundFor: []string{"r.test/team"}, WaitFor: []string{"r.test", "docker.io"}}
	for image, want := range map[string]Mode{
		"docker.io/library/nginx": Off,
		"a.off.test/x":            Off,
		"r.test/team/x":           Background,
		"r.test/x":                Wait,
		"other.test/x":            Background,
	} {
		if got := c.Of(image); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
	waiting := c.Waiting()
	for image, want := range map[string]Mode{"docker.io/library/nginx": Off, "r.test/team/x": Wait, "other.test/x": Wait} {
		if got := waiting.Of(image); got != want {
			t.Errorf("waiting, %s: %s, want %s", image, got, want)
		}
	}
	for text, want := range map[string]Mode{`"off"`: Off, "false": Off, `"wait"`: Wait} {
		var m Mode
		if err := json.Unmarshal([]byte(text), &m); err != nil || m != want {
			t.Errorf("%s: %q, %v", text, m, err)
		}
	}
}
