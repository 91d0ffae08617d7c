//go:build conformance

package oracle

import (
	"os"
	"strings"
	"testing"
)

// The two kinds of node pull in different ways; containerd's log says in which.
func TestKinds(t *testing.T) {
	for name, tc := range map[string]struct {
		options   Options
		says, not string
	}{
		"out of the box": {Options{}, "using transfer service", "using client.Pull()"},
		"local pull":     {Options{LocalPull: true, Header: "X-Kind"}, "using client.Pull()", "using transfer service"},
	} {
		t.Run(name, func(t *testing.T) {
			n, address := startAs(t, tc.options)
			push(t, address, "acme/app:v1")
			if got := n.Pull(t.Context(), Request{Image: open + "/acme/app:v1"}); !got.Pulled {
				t.Fatalf("%+v", got)
			}
			file, _ := n.Logs()
			log, err := os.ReadFile(file)
			if err != nil || !strings.Contains(string(log), tc.says) || strings.Contains(string(log), tc.not) {
				t.Errorf("the log does not say that it pulls %s, or says %s: %v", tc.says, tc.not, err)
			}
		})
	}
}
