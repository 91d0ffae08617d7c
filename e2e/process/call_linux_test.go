package process

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

func script(t *testing.T, text string) Options {
	return Options{Name: "a script", Path: "/bin/sh", Args: []string{"-c", text}, Dir: t.TempDir(), Env: []string{"A=1"}}
}

func TestCall(t *testing.T) {
	var answer map[string]string
	if err := Call(t.Context(), script(t, `cat; echo PASS`), map[string]string{"x": "y"}, &answer); err != nil || answer["x"] != "y" {
		t.Errorf("%v, %v", answer, err)
	}
	if err := Call(t.Context(), script(t, `echo "{\"a\":\"$A\",\"dir\":\"$(pwd)\",\"home\":\"$HOME\"}"`), 0, &answer); err != nil || answer["a"] != "1" || answer["dir"] != answer["home"] {
		t.Errorf("%v, %v", answer, err)
	}
	for name, tc := range map[string]struct{ script, words string }{
		"it fails":       {`echo why >&2; exit 3`, "ask a script: exit status 3: why"},
		"it says why":    {`echo why; exit 3`, "why"},
		"no JSON":        {`echo why`, "invalid character"},
		"nothing at all": {`true`, "EOF"},
	} {
		if err := Call(t.Context(), script(t, tc.script), 0, &answer); err == nil || !strings.Contains(err.Error(), tc.words) {
			t.Errorf("%s: %v, want %q", name, err, tc.words)
		}
	}
}

// What a program leaves behind is ended with it, and all of it where nobody wants the
// answer any more.
func TestCallLeavesNothing(t *testing.T) {
	for name, ends := range map[string]string{"it ends": "echo 1", "it hangs": "sleep 600"} {
		t.Run(name, func(t *testing.T) {
			o := script(t, `sleep 600 & echo $! > child; mv child pid; `+ends)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			done := make(chan error, 1)
			go func() {
				var answer any
				done <- Call(ctx, o, 0, &answer)
			}()
			pid := readPid(t, filepath.Join(o.Dir, "pid"))
			if ends == "sleep 600" {
				stop()
			}
			<-done
			for deadline := time.Now().Add(time.Minute); !gone(pid); time.Sleep(10 * time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("process %d is left", pid)
				}
			}
		})
	}
}

func readPid(t *testing.T, path string) int {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(5 * time.Millisecond) {
		content, err := os.ReadFile(path)
		if pid, bad := strconv.Atoi(strings.TrimSpace(string(content))); err == nil && bad == nil {
			return pid
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
	}
}
