package provider

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Plugins that are processes are this test binary under another name, told by an
// environment variable what to do. It never runs its tests then: not with the variable,
// and, should a defect lose that, neither with the one that all processes inherit nor
// under that name.
const (
	scriptVariable = "PULLGATE_TEST_PLUGIN"
	guardVariable  = "PULLGATE_TEST_PLUGINS_PARENT"
	pluginName     = "scripted-plugin"
	guarded        = 97
)

func TestMain(m *testing.M) {
	if text := os.Getenv(scriptVariable); text != "" {
		var s script
		if err := json.Unmarshal([]byte(text), &s); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(guarded)
		}
		os.Exit(s.run())
	}
	if os.Getenv(guardVariable) != "" || filepath.Base(os.Args[0]) == pluginName {
		fmt.Fprintln(os.Stderr, "a plugin without its script")
		os.Exit(guarded)
	}
	os.Setenv(guardVariable, "1")
	os.Setenv("GORACE", "atexit_sleep_ms=0") // or each plugin takes a second to end
	os.Exit(m.Run())
}

// script is what a plugin does, in the order of the fields.
type script struct {
	ReadStdin bool
	// Child starts a process that outlives the plugin, and has its stdout and stderr.
	Child *script
	// Report is the file to which it writes a report.
	Report string
	Stderr string
	// FloodStderr and FloodStdout are how many spaces it writes.
	FloodStderr, FloodStdout int
	Stdout                   string
	// Hang has it wait, though not for ever: what a defect leaves behind goes away.
	Hang bool
	// Ended is a file that it makes if it is not killed.
	Ended string
	Exit  int
}

// report is what a plugin found.
type report struct {
	PID, Child int
	Dir        string
	Args, Env  []string
	Stdin      string
}

// hang is much longer than a test takes.
const hang = 2 * time.Minute

func (s script) run() int {
	r := report{PID: os.Getpid(), Args: os.Args[1:], Env: os.Environ()}
	r.Dir, _ = os.Getwd()
	if s.ReadStdin {
		data, _ := io.ReadAll(os.Stdin)
		r.Stdin = string(data)
	}
	if s.Child != nil {
		text, _ := json.Marshal(s.Child)
		child := exec.Command(os.Args[0])
		child.Env = append(os.Environ(), scriptVariable+"="+string(text))
		child.Stdout, child.Stderr = os.Stdout, os.Stderr
		if err := child.Start(); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return guarded
		}
		r.Child = child.Process.Pid
	}
	if s.Report != "" {
		data, _ := json.Marshal(r)
		_ = os.WriteFile(s.Report+".new", data, 0o600)
		_ = os.Rename(s.Report+".new", s.Report) // whole, or not at all
	}
	fmt.Fprint(os.Stderr, s.Stderr)
	spaces(os.Stderr, s.FloodStderr)
	spaces(os.Stdout, s.FloodStdout)
	fmt.Fprint(os.Stdout, s.Stdout)
	if s.Hang {
		time.Sleep(hang)
	}
	if s.Ended != "" {
		_ = os.WriteFile(s.Ended, nil, 0o600)
	}
	return s.Exit
}

// spaces writes as long as it is let.
func spaces(w io.Writer, n int) {
	const chunk = 64 << 10
	for n > 0 {
		wrote, err := io.WriteString(w, strings.Repeat(" ", min(n, chunk)))
		if err != nil {
			return
		}
		n -= wrote
	}
}

// pluginDir is a folder with the plugin in it.
func pluginDir(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	link(t, self, filepath.Join(dir, pluginName))
	return dir
}

// scriptedCommand runs the plugin by a script.
func scriptedCommand(t *testing.T, s script) Command {
	t.Helper()
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	return Command{Path: filepath.Join(pluginDir(t), pluginName), Env: []string{scriptVariable + "=" + string(text)}}
}

// reported is the report that a plugin has written.
func reported(path string) (r report, ok bool) {
	data, err := os.ReadFile(path)
	return r, err == nil && json.Unmarshal(data, &r) == nil
}
