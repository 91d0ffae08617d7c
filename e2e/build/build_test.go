package build

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestEnsureSkipsWhatIsUpToDate(t *testing.T) {
	paths, err := Ensure(t.Context(), os.Stderr, Pause)
	if err != nil {
		t.Fatal(err)
	}
	before, err := os.Stat(paths[Pause])
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Ensure(t.Context(), os.Stderr, Pause); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(paths[Pause])
	if err != nil {
		t.Fatal(err)
	}
	if !before.ModTime().Equal(after.ModTime()) {
		t.Error("built again though nothing changed")
	}
	left, err := filepath.Glob(filepath.Join(filepath.Dir(paths[Pause]), ".build-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestEnsureOfAnUnknownProgram(t *testing.T) {
	_, err := Ensure(t.Context(), os.Stderr, "kube-proxi")
	if err == nil || !strings.Contains(err.Error(), `"kube-proxi"`) {
		t.Errorf("err = %v", err)
	}
}

func TestKubernetesLDFlags(t *testing.T) {
	got := kubernetesLDFlags("v1.37.2")
	for _, want := range []string{"version.gitVersion=v1.37.2 ", "version.gitMajor=1 ", "version.gitMinor=37 "} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in %q", want, got)
		}
	}
}

// What is built by other flags has nothing in common with the rest, and is
// compiled twice.
func TestMakefileSharesFlags(t *testing.T) {
	content, err := os.ReadFile("../../Makefile")
	if err != nil {
		t.Fatal(err)
	}
	makefile := strings.Join(strings.Fields(string(content)), " ")
	for _, f := range shared() {
		if !strings.Contains(makefile, f) {
			t.Errorf("the Makefile does not have %s", f)
		}
	}
	for name, b := range binaries() {
		if b.version != "" {
			continue
		}
		cmd := module{dir: t.TempDir()}.command(t.Context(), b, "v1.2.3", "out", name)
		// Behind the output: `go build -o` and `go test -c -o` are of different length.
		from := 1 + slices.Index(cmd.Args, filepath.Join("out", name))
		if got := cmd.Args[from : from+len(shared())]; !slices.Equal(got, shared()) {
			t.Errorf("%s is built with %q, want %q", name, got, shared())
		}
		if !slices.Contains(cmd.Env, "CGO_ENABLED=0") {
			t.Errorf("%s may be built with a C compiler", name)
		}
	}
}

// A program of a nested module is the one that its go.mod pins, and linked with
// nothing.
func TestNested(t *testing.T) {
	m, err := findModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := binaries()[ECRProvider]
	version, err := m.version(t.Context(), b)
	if err != nil {
		t.Fatal(err)
	}
	if own, err := m.version(t.Context(), binary{module: b.module}); err == nil {
		t.Errorf("this module requires %s %s as well", b.module, own)
	}
	paths, err := Ensure(t.Context(), os.Stderr, ECRProvider)
	if err != nil {
		t.Fatal(err)
	}
	info, err := buildinfo.ReadFile(paths[ECRProvider])
	if err != nil {
		t.Fatal(err)
	}
	if info.Path != b.pkg || info.Main.Version != version {
		t.Errorf("it is %s %s, want %s %s", info.Path, info.Main.Version, b.pkg, version)
	}
	for _, want := range []debug.BuildSetting{{Key: "CGO_ENABLED", Value: "0"}, {Key: "-trimpath", Value: "true"}} {
		if !slices.Contains(info.Settings, want) {
			t.Errorf("no %s=%s in %v", want.Key, want.Value, info.Settings)
		}
	}
}

func TestStampKnowsItsParts(t *testing.T) {
	dir := t.TempDir()
	write := func(name, content string) {
		t.Helper()
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("go.mod", "module m\n")
	write("go.sum", "")
	stamp := func(toolchain string, b binary, version string) string {
		t.Helper()
		s, err := module{dir: dir, toolchain: toolchain}.stamp(t.Context(), b, version)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	b := binary{pkg: "./cmd/etcd", module: "etcd"}
	first := stamp("go1", b, "v1")
	if again := stamp("go1", b, "v1"); again != first {
		t.Error("the same parts have two stamps")
	}
	if err := os.Mkdir(filepath.Join(dir, "nested"), 0o700); err != nil {
		t.Fatal(err)
	}
	write("nested/go.mod", "module m/nested\n")
	write("nested/go.sum", "")
	nested := binary{pkg: b.pkg, module: b.module, nested: "nested"}
	firstNested := stamp("go1", nested, "v1")
	installed := binary{pkg: "registry", version: "v3"}
	firstInstalled := stamp("go1", installed, "v3")
	changed := map[string]string{
		"toolchain": stamp("go2", b, "v1"),
		"version":   stamp("go1", b, "v2"),
		"tags":      stamp("go1", binary{pkg: b.pkg, module: b.module, tags: "x"}, "v1"),
	}
	write("go.sum", "m v1 h1:x\n")
	changed["go.sum"] = stamp("go1", b, "v1")
	for part, s := range changed {
		if s == first {
			t.Errorf("a change of %s does not change the stamp", part)
		}
	}
	if stamp("go1", installed, "v3") != firstInstalled {
		t.Error("this module's go.sum changes the stamp of a program that isn't built with it")
	}
	if stamp("go1", nested, "v1") != firstNested {
		t.Error("this module's go.sum changes the stamp of a program of a nested one")
	}
	write("nested/go.sum", "m v1 h1:x\n")
	if stamp("go1", nested, "v1") == firstNested {
		t.Error("a change of the nested module's go.sum does not change the stamp")
	}
}

func TestRunTellsTheCompilersErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // however slow the machine is, it takes no time
		var progress bytes.Buffer
		err := run(&progress, "x", "", exec.Command("/bin/sh", "-c", "echo undefined: frobnicate >&2; exit 1"))
		if err == nil || !strings.Contains(err.Error(), "undefined: frobnicate") {
			t.Errorf("err = %v", err)
		}
		if progress.Len() > 0 {
			t.Errorf("a short build is told: %q", progress.String())
		}
	})
}

func TestLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "lock")
	unlock, err := lock(t.Context(), file, os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, file, os.Stderr); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("second lock: %v, want context.DeadlineExceeded", err)
	}
	unlock()
	unlock, err = lock(t.Context(), file, os.Stderr)
	if err != nil {
		t.Fatalf("lock after unlock: %v", err)
	}
	unlock()
}

// A row may be the tests of a package, as a program.
func TestProgramOfTests(t *testing.T) {
	m, err := findModule(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	b := binaries()[PullgateProviders]
	cmd := m.command(t.Context(), b, "", "/out", PullgateProviders)
	want := append([]string{"go", "test", "-c", "-o", "/out/pullgate-providers"}, append(flags(b, ""), "./cmd/pullgate/conformance")...)
	if !slices.Equal(cmd.Args, want) || cmd.Dir != filepath.Dir(m.dir) {
		t.Errorf("in %s: %q, want %q", cmd.Dir, cmd.Args, want)
	}
}
