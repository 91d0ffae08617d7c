package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

func binary(t *testing.T) string {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.FakeProvider)
	if err != nil {
		t.Fatal(err)
	}
	return paths[build.FakeProvider]
}

// command is the program that is sent a request, with an environment of nothing but
// the entries.
func command(t *testing.T, path string, env ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path, "get-credentials", "-v=2")
	cmd.Env = append([]string{}, env...)
	cmd.Stdin = strings.NewReader(request)
	return cmd
}

const request = `{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1",` +
	`"image":"r.io:5000/team/app","serviceAccountToken":"a.b\"c"}` + "\n"

func TestRun(t *testing.T) {
	path := binary(t)
	log := filepath.Join(t.TempDir(), "log")
	for name, tc := range map[string]struct {
		script         fakeprovider.Script
		stdout, stderr string
		code           int
	}{
		"nothing":     {},
		"exit code":   {script: fakeprovider.Script{Stdout: "{}", Exit: 3}, stdout: "{}", code: 3},
		"the request": {script: fakeprovider.Script{Stdout: `{"{host}":"{image} {token} {n}"}`}, stdout: `{"r.io:5000":"r.io:5000/team/app a.b\"c 1"}`},
		"environment": {script: fakeprovider.Script{Stdout: "<{env}>", Stderr: "{image} {env}"}, stdout: `<A=1 B=\"2\">`, stderr: `r.io:5000/team/app A=1 B=\"2\"`},
		"unread":      {script: fakeprovider.Script{Unread: true, Stdout: "<{image}>"}, stdout: "<>"},
		"bytes":       {script: fakeprovider.Script{Stdout: "a", Bytes: []byte{0xff, 0}}, stdout: "a\xff\x00"},
		"padding": {
			script: fakeprovider.Script{Stdout: "x", Padding: 100_000, Stderr: "y", StderrSize: 70_000},
			stdout: strings.Repeat(" ", 100_000) + "x", stderr: strings.Repeat(" ", 70_000) + "y",
		},
		"slow": {script: fakeprovider.Script{Sleep: fakeprovider.Duration(time.Millisecond), Linger: fakeprovider.Duration(time.Millisecond), Stdout: "x"}, stdout: "x"},
	} {
		t.Run(name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			cmd := command(t, path, "A=1", fakeprovider.Variable+"="+tc.script.String(), `B="2"`)
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if code := cmd.ProcessState.ExitCode(); code != tc.code {
				t.Errorf("exit code %d, want %d: %v", code, tc.code, err)
			}
			if stdout.String() != tc.stdout || stderr.String() != tc.stderr {
				t.Errorf("it wrote %.100q and %.100q, want %.100q and %.100q", &stdout, &stderr, tc.stdout, tc.stderr)
			}
		})
	}
	if runs, err := fakeprovider.Runs(log); err != nil || runs != nil {
		t.Errorf("a log that nobody asked for: %v, %v", runs, err)
	}
}

func TestBadScript(t *testing.T) {
	path := binary(t)
	for name, tc := range map[string]struct {
		env   []string
		words string
	}{
		"none":          {nil, "no FAKE_PROVIDER in the environment"},
		"no JSON":       {[]string{fakeprovider.Variable + "={"}, "FAKE_PROVIDER: "},
		"unknown field": {[]string{fakeprovider.Variable + `={"stdin":"x"}`}, `unknown field "stdin"`},
		"no such file":  {[]string{fakeprovider.Variable + "=/nowhere"}, "/nowhere"},
		"bad duration":  {[]string{fakeprovider.Variable + `={"sleep":"long"}`}, `"long"`},
	} {
		t.Run(name, func(t *testing.T) {
			cmd := command(t, path, tc.env...)
			out, err := cmd.CombinedOutput()
			if code := cmd.ProcessState.ExitCode(); code != 97 || !strings.Contains(string(out), tc.words) {
				t.Errorf("exit code %d, %v, %q, want 97 and %q", code, err, out, tc.words)
			}
		})
	}
}

// The script may be in a file, and change between two runs; and each run writes
// itself down.
func TestLog(t *testing.T) {
	dir := t.TempDir()
	log, file := filepath.Join(dir, "log"), filepath.Join(dir, "script.json")
	if err := fakeprovider.Install(dir, binary(t), "one", "two"); err != nil {
		t.Fatal(err)
	}
	for n, name := range []string{"one", "two"} {
		script := fakeprovider.Script{Log: log, Stdout: "{n} " + name}
		if err := os.WriteFile(file, []byte(script.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := command(t, filepath.Join(dir, name), fakeprovider.Variable+"="+file, "A=1")
		cmd.Dir = dir
		out, err := cmd.Output()
		if want := fmt.Sprint(n+1, " ", name); err != nil || string(out) != want {
			t.Errorf("it wrote %q, %v, want %q", out, err, want)
		}
	}
	runs, err := fakeprovider.Wait(t.Context(), log, 2)
	if err != nil || len(runs) != 2 {
		t.Fatalf("%+v, %v", runs, err)
	}
	for i, r := range runs {
		got := fmt.Sprintln(r.N, filepath.Base(r.Name), r.Args, r.Dir, r.Env, r.Child)
		want := fmt.Sprintln(i+1, []string{"one", "two"}[i], "[get-credentials -v=2]", dir, "[A=1]", 0)
		if got != want || r.Stdin != request || r.Pid == 0 || r.Parent != os.Getpid() {
			t.Errorf("run %+v, want %s", r, want)
		}
		if q := r.Request(); q.Image != "r.io:5000/team/app" || q.ServiceAccountToken != `a.b"c` || q.Kind != "CredentialProviderRequest" {
			t.Errorf("request %+v", q)
		}
	}
}

// However many run at once, each has a number of its own.
func TestLogOfManyAtOnce(t *testing.T) {
	path, log := binary(t), filepath.Join(t.TempDir(), "log")
	script := fakeprovider.Script{Log: log, Stdout: "{n}"}
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if out, err := command(t, path, fakeprovider.Variable+"="+script.String()).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
	}
	wg.Wait()
	runs, err := fakeprovider.Runs(log)
	if err != nil || len(runs) != 8 {
		t.Fatalf("%d runs, %v", len(runs), err)
	}
	for i, r := range runs {
		if r.N != i+1 {
			t.Errorf("run %d calls itself %d", i+1, r.N)
		}
	}
}

// The child keeps the standard output open when the program has ended, and the quiet
// one does not.
func TestChild(t *testing.T) {
	path, log := binary(t), filepath.Join(t.TempDir(), "log")
	script := fakeprovider.Script{Log: log, Child: fakeprovider.Duration(5 * time.Minute), Quiet: fakeprovider.Duration(5 * time.Minute), Stdout: "x"}
	cmd := command(t, path, fakeprovider.Variable+"="+script.String())
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd.Stdout = write
	err = cmd.Run()
	write.Close()
	if err != nil {
		t.Fatal(err)
	}
	runs, err := fakeprovider.Runs(log)
	if err != nil || len(runs) != 1 || runs[0].Child == 0 || runs[0].Quiet == 0 {
		t.Fatalf("%+v, %v", runs, err)
	}
	quiet, err := os.FindProcess(runs[0].Quiet)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := quiet.Kill(); err != nil {
			t.Errorf("the quiet child: %v", err)
		}
	}()
	child, err := os.FindProcess(runs[0].Child)
	if err != nil {
		t.Fatal(err)
	}
	end := make(chan string, 1)
	go func() {
		all, _ := io.ReadAll(read)
		end <- string(all)
	}()
	select {
	case all := <-end:
		t.Fatalf("nobody holds the standard output, which had %q", all)
	case <-time.After(50 * time.Millisecond): // as good as it gets without waiting for nothing
	}
	if err := child.Kill(); err != nil {
		t.Fatal(err)
	}
	if all := <-end; all != "x" {
		t.Errorf("it wrote %q", all)
	}
}

func TestChildStartsNothing(t *testing.T) {
	path, log := binary(t), filepath.Join(t.TempDir(), "log")
	script := fakeprovider.Script{Log: log, Child: fakeprovider.Duration(time.Minute), Stdout: "x"}
	for _, how := range []string{"1ms", "", "nonsense"} {
		out, err := command(t, path, fakeprovider.Variable+"="+script.String(), fakeprovider.ChildVariable+"="+how).CombinedOutput()
		if err != nil || len(out) > 0 {
			t.Errorf("%q: %v, %q", how, err, out)
		}
	}
	if runs, err := fakeprovider.Runs(log); err != nil || len(runs) > 0 {
		t.Errorf("a child ran: %+v, %v", runs, err)
	}
}
