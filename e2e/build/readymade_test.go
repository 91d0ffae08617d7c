package build

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script makes a program that is a shell script.
func script(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+content+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestReadyMade(t *testing.T) {
	const (
		compact  = `echo '{"clientVersion":{"major":"1","minor":"37","gitVersion":"v1.37.0","goVersion":"go1.26.8"}}'`
		indented = "printf '{\\n  \"clientVersion\": {\\n    \"major\": \"1\",\\n    \"minor\": \"37+\",\\n    \"gitVersion\": \"v1.37.4-eks-0\"\\n  }\\n}\\n'"
	)
	for name, tc := range map[string]struct {
		program string
		content string
		mode    os.FileMode
		// used is the version that is told, and passed why it is passed over.
		used, passed string
	}{
		"the same version":    {program: KubeAPIServer, content: "echo Kubernetes v1.37.2", used: "v1.37.2"},
		"a later patch":       {program: KubeAPIServer, content: "echo Kubernetes v1.37.11", used: "v1.37.11"},
		"a vendor's":          {program: KubeAPIServer, content: "echo Kubernetes v1.37.1+k3s1", used: "v1.37.1+k3s1"},
		"an older minor":      {program: KubeAPIServer, content: "echo Kubernetes v1.36.2", passed: "it is v1.36.2, and 1.37 is wanted"},
		"a later minor":       {program: KubeAPIServer, content: "echo Kubernetes v1.38.0", passed: "it is v1.38.0, and 1.37 is wanted"},
		"a minor as a prefix": {program: KubeAPIServer, content: "echo Kubernetes v1.3.7", passed: "it is v1.3.7, and 1.37 is wanted"},
		"another major":       {program: KubeAPIServer, content: "echo Kubernetes v2.37.2", passed: "it is v2.37.2, and 1.37 is wanted"},
		"kubectl":             {program: Kubectl, content: compact, used: "v1.37.0"},
		"kubectl, indented":   {program: Kubectl, content: indented, used: "v1.37.4-eks-0"},
		"kubectl, as it is asked": {
			program: Kubectl, content: `[ "$*" = "version --client -o json" ] && ` + compact, used: "v1.37.0",
		},
		"etcd":              {program: Etcd, content: `printf 'etcd Version: 3.7.0\nGit SHA: 1\nGo Version: go1.26.8\n'`, used: "3.7.0"},
		"an older etcd":     {program: Etcd, content: `printf 'etcd Version: 3.5.24\nGo Version: go3.7.1\n'`, passed: "it is 3.5.24, and 3.7 is wanted"},
		"nothing":           {program: Etcd, content: ":", passed: `it does not tell its version, but ""`},
		"something else":    {program: Etcd, content: "echo usage: etcd; echo try --help", passed: `it does not tell its version, but "try --help"`},
		"an error":          {program: Etcd, content: "echo no libc >&2; exit 3", passed: "it does not tell its version: exit status 3: no libc"},
		"a silent error":    {program: Etcd, content: "exit 3", passed: "it does not tell its version: exit status 3"},
		"not executable":    {program: Etcd, content: "echo etcd Version: 3.7.0", mode: 0o600, passed: "permission denied"},
		"no program at all": {program: Etcd, passed: "there is no such program"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, tc.program)
			if tc.content != "" {
				script(t, dir, tc.program, tc.content)
			}
			if tc.mode != 0 {
				if err := os.Chmod(path, tc.mode); err != nil {
					t.Fatal(err)
				}
			}
			version := "v1.37.2"
			if tc.program == Etcd {
				version = "v3.7.3"
			}
			var progress bytes.Buffer
			r := ready{progress: &progress, name: tc.program, asked: binaries()[tc.program].asked, version: version}
			got := r.in(t.Context(), dir)
			want, told := path, "using "+tc.program+" "+tc.used+": "+path+"\n"
			if tc.passed != "" {
				want, told = "", tc.passed
			}
			if got != want {
				t.Errorf("in = %q, want %q", got, want)
			}
			if !strings.Contains(progress.String(), told) || strings.Count(progress.String(), "\n") != 1 {
				t.Errorf("told %q, want one line with %q", progress.String(), told)
			}
		})
	}
}

// What is asked of ready-made programs is asked here of those that are built.
func TestRealProgramsTellTheirVersion(t *testing.T) {
	m, err := findModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	paths, err := Ensure(t.Context(), os.Stderr, ControlPlane()...)
	if err != nil {
		t.Fatal(err)
	}
	for name, path := range paths {
		b := binaries()[name]
		version, err := m.version(t.Context(), b)
		if err != nil {
			t.Fatal(err)
		}
		r := ready{name: name, asked: b.asked, version: version}
		got, err := r.judge(t.Context(), path)
		if err != nil {
			t.Errorf("%s: %v", path, err)
		}
		if minor(got) != minor(version) {
			t.Errorf("%s is %s, want the minor version of %s", path, got, version)
		}
	}
}

func TestEnsureTakesWhatTheAssetsHave(t *testing.T) {
	m, err := findModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	version, err := m.version(t.Context(), binaries()[Etcd])
	if err != nil {
		t.Fatal(err)
	}
	built := filepath.Join(m.bin(), Pause)
	for name, tc := range map[string]struct {
		etcd string // the version that it tells
		used bool
	}{
		"the right minor version": {minor(version) + ".99", true},
		"another one":             {"3.1.0", false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			etcd := script(t, dir, Etcd, "echo etcd Version: "+tc.etcd)
			script(t, dir, Pause, "echo it is not asked; exit 1")
			t.Setenv(assetsVariable, dir)
			paths, err := Ensure(t.Context(), os.Stderr, Etcd, Pause)
			if err != nil {
				t.Fatal(err)
			}
			if used := paths[Etcd] == etcd; used != tc.used {
				t.Errorf("etcd is %s, and %s was there", paths[Etcd], etcd)
			}
			if paths[Pause] != built {
				t.Errorf("pause is %s, and is only ever built", paths[Pause])
			}
		})
	}
}

func TestReadyMadeOnThePath(t *testing.T) {
	wrong, right, unfit := t.TempDir(), t.TempDir(), t.TempDir()
	script(t, wrong, KubeAPIServer, "echo Kubernetes v1.30.0")
	script(t, right, KubeAPIServer, "echo Kubernetes v1.37.0")
	if err := os.WriteFile(filepath.Join(unfit, KubeAPIServer), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv(installedOnlyVariable, "1")
	for name, tc := range map[string]struct {
		path []string
		want string
	}{
		"none":                         {[]string{t.TempDir()}, ""},
		"what a shell would run":       {[]string{unfit, right, wrong}, filepath.Join(right, KubeAPIServer)},
		"not one that is hidden by it": {[]string{wrong, right}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("PATH", strings.Join(tc.path, string(os.PathListSeparator)))
			r := ready{progress: io.Discard, name: KubeAPIServer, asked: binaries()[KubeAPIServer].asked, version: "v1.37.2"}
			if got := r.elsewhere(t.Context(), module{}); got != tc.want {
				t.Errorf("elsewhere = %q, want %q", got, tc.want)
			}
		})
	}
}

// A program that hangs is ended together with what it has started. Both hold the
// FIFO open: it has an end when they have.
func TestOutputEndsWhatHangs(t *testing.T) {
	dir := t.TempDir()
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	path := script(t, dir, Etcd, "exec 3>"+fifo+"; echo started >&3; sleep 1000; echo etcd Version: 3.7.0")
	enough := errors.New("it was enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := ready{name: Etcd, asked: binaries()[Etcd].asked, version: "v3.7.3"}.judge(ctx, path)
		done <- err
	}()

	f, err := os.Open(fifo)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewReader(f)
	if line, err := lines.ReadString('\n'); line != "started\n" {
		t.Fatalf("read %q, %v", line, err)
	}
	cancel(enough)
	if err := <-done; !errors.Is(err, enough) {
		t.Errorf("err = %v, want the context's cause", err)
	}
	if rest, err := io.ReadAll(lines); err != nil || len(rest) > 0 {
		t.Errorf("read %q, %v, want the end", rest, err)
	}
}

func TestLimitedNamesItsLimit(t *testing.T) {
	ctx, cancel := limited(t.Context(), time.Nanosecond)
	defer cancel()
	<-ctx.Done()
	if got := context.Cause(ctx).Error(); got != "no answer in 1ns" {
		t.Errorf("cause = %q", got)
	}
}
