// Command fakeprovider is a credential provider that does what an entry of its
// environment says: see the package of the same name.
//
//	FAKE_PROVIDER='{"stdout": "…", "exit": 1}' fakeprovider < request
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

func main() {
	// The child, which must never come further than here.
	if how, ok := os.LookupEnv(fakeprovider.ChildVariable); ok {
		if d, err := time.ParseDuration(how); err == nil {
			time.Sleep(min(d, fakeprovider.MaxChild))
		}
		return
	}
	code, err := run()
	if err != nil {
		fmt.Fprintln(os.Stderr, "fakeprovider: "+err.Error())
		os.Exit(97) // no code that a script would choose
	}
	os.Exit(code)
}

func run() (code int, err error) {
	s, err := script()
	if err != nil {
		return 0, err
	}
	var stdin []byte
	if !s.Unread {
		if stdin, err = io.ReadAll(os.Stdin); err != nil {
			return 0, err
		}
	}
	me := fakeprovider.Run{N: 1, Name: os.Args[0], Args: os.Args[1:], Env: environment(), Stdin: string(stdin), Pid: os.Getpid(), Parent: os.Getppid()}
	if me.Dir, err = os.Getwd(); err != nil {
		return 0, err
	}
	for _, child := range []struct {
		sleep  fakeprovider.Duration
		stdout *os.File
		pid    *int
	}{{s.Child, os.Stdout, &me.Child}, {s.Quiet, nil, &me.Quiet}} {
		if child.sleep == 0 {
			continue
		}
		if *child.pid, err = startChild(time.Duration(child.sleep), child.stdout); err != nil {
			return 0, err
		}
	}
	if s.Log != "" {
		if err := note(s.Log, &me); err != nil {
			return 0, err
		}
	}
	time.Sleep(time.Duration(s.Sleep))
	if err := pad(os.Stderr, s.StderrSize, answer(s.Stderr, me)); err != nil {
		return 0, err
	}
	if err := pad(os.Stdout, s.Padding, answer(s.Stdout, me)+string(s.Bytes)); err != nil {
		return 0, err
	}
	time.Sleep(time.Duration(s.Linger))
	return s.Exit, nil
}

// script is what to do.
func script() (s fakeprovider.Script, err error) {
	text, ok := os.LookupEnv(fakeprovider.Variable)
	if !ok {
		return s, fmt.Errorf("no %s in the environment", fakeprovider.Variable)
	}
	if !strings.HasPrefix(text, "{") {
		content, err := os.ReadFile(text)
		if err != nil {
			return s, err
		}
		text = string(content)
	}
	d := json.NewDecoder(strings.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("%s: %w", fakeprovider.Variable, err)
	}
	return s, nil
}

func environment() (entries []string) {
	for _, e := range os.Environ() {
		if !strings.HasPrefix(e, fakeprovider.Variable+"=") {
			entries = append(entries, e)
		}
	}
	return entries
}

// startChild starts this program as one that only sleeps.
func startChild(d time.Duration, stdout *os.File) (pid int, err error) {
	self, err := os.Executable()
	if err != nil {
		return 0, err
	}
	child := exec.Command(self) //nolint:gosec,noctx // itself; and nobody ends it, that is what it is for
	child.Env = append(environment(), fakeprovider.ChildVariable+"="+d.String())
	if stdout != nil {
		child.Stdout = stdout
	}
	if err := child.Start(); err != nil {
		return 0, err
	}
	return child.Process.Pid, nil
}

// note appends a run to the log, and counts it. Several may do so at once.
func note(log string, r *fakeprovider.Run) error {
	f, err := os.OpenFile(log, os.O_RDWR|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer func() { _ = f.Close() }() // It lets go of the lock as well.
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return err
	}
	before, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	r.N = bytes.Count(before, []byte("\n")) + 1
	line, err := json.Marshal(r)
	if err != nil {
		return err
	}
	_, err = f.Write(append(line, '\n'))
	return err
}

// answer fills in what the request says.
func answer(text string, r fakeprovider.Run) string {
	q := r.Request()
	host, _, _ := strings.Cut(q.Image, "/")
	return strings.NewReplacer(
		"{image}", inJSON(q.Image), "{host}", inJSON(host), "{token}", inJSON(q.ServiceAccountToken),
		"{env}", inJSON(strings.Join(r.Env, " ")), "{n}", fmt.Sprint(r.N),
	).Replace(text)
}

// inJSON is a text as a part of a JSON string.
func inJSON(text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		return err.Error()
	}
	return string(quoted[1 : len(quoted)-1])
}

// pad writes white space, then a text.
func pad(w io.Writer, size int, text string) error {
	space := bytes.Repeat([]byte(" "), 64<<10)
	for size > 0 {
		n, err := w.Write(space[:min(size, len(space))])
		if err != nil {
			return err
		}
		size -= n
	}
	_, err := io.WriteString(w, text)
	return err
}
