package build

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// What a process of a movable program is told in its environment.
const (
	// ClockVariable names a file with a number of seconds in it, by which
	// time.Now is off. It is read five times a second.
	ClockVariable = "PULLGATE_FAULTS_CLOCK"
	// DNSVariable is the host:port of the DNS server to ask. It takes Go's own
	// resolver, GODEBUG=netdns=go.
	DNSVariable = "PULLGATE_FAULTS_DNS"
)

// The files that the standard library gets.
var (
	//go:embed overlay/clock.go.txt
	clockSource []byte
	//go:embed overlay/dns.go.txt
	dnsSource []byte
)

// edits are the two lines of the standard library that ask the files above. Only
// the wall clock moves, as it does when an administrator or NTP sets it: timers,
// deadlines and time.Since go by the monotonic one.
func edits() []edit {
	return []edit{
		{file: "time/time.go", old: "\tsec, nsec, mono := runtimeNow()\n\tif mono == 0 {\n", new: "\tsec, nsec, mono := runtimeNow()\n\tsec += movedBy()\n\tif mono == 0 {\n"},
		{file: "net/lookup.go", old: "\t\tc, err = d.DialContext(ctx, network, server)\n", new: "\t\tc, err = d.DialContext(ctx, network, chosenServer(server))\n"},
	}
}

type edit struct{ file, old, new string }

// apply fails where the source is not as it was when the edit was written, so that
// nobody tests with a clock that does not move.
func (e edit) apply(source string) (string, error) {
	if n := strings.Count(source, e.old); n != 1 {
		return "", fmt.Errorf("%s of this Go version has %d times what is to be replaced once: %q", e.file, n, e.old)
	}
	return strings.Replace(source, e.old, e.new, 1), nil
}

// overlay writes what `go build -overlay` takes, made from the sources of the Go
// that builds, and returns its path. The path and the content are the same each
// time, so that the build cache knows them again.
func (m module) overlay(ctx context.Context) (string, error) {
	goroot, err := goCommand(ctx, filepath.Dir(m.dir), "env", "GOROOT")
	if err != nil {
		return "", err
	}
	dir := filepath.Join(m.bin(), ".overlay")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	replace := map[string]string{}
	put := func(file string, content []byte) error {
		path := filepath.Join(dir, strings.ReplaceAll(file, "/", "_"))
		replace[filepath.Join(goroot, "src", filepath.FromSlash(file))] = path
		return os.WriteFile(path, content, 0o600) //nolint:gosec // the names are in our own table
	}
	for _, e := range edits() {
		source, err := os.ReadFile(filepath.Join(goroot, "src", filepath.FromSlash(e.file)))
		if err != nil {
			return "", fmt.Errorf("the source of Go's standard library: %w", err)
		}
		edited, err := e.apply(string(source))
		if err != nil {
			return "", err
		}
		if err := put(e.file, []byte(edited)); err != nil {
			return "", err
		}
	}
	for file, content := range map[string][]byte{"time/zz_pullgate_clock.go": clockSource, "net/zz_pullgate_dns.go": dnsSource} {
		if err := put(file, content); err != nil {
			return "", err
		}
	}
	config, err := json.Marshal(map[string]any{"Replace": replace})
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "overlay.json")
	return path, os.WriteFile(path, config, 0o600)
}
