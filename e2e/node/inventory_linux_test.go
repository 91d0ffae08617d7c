//go:build conformance && linux

package node

import (
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/vishvananda/netlink"
)

// inventory is what a node could leave behind, and was there before.
type inventory map[string]bool

// takeInventory lists processes, mounts, links, addresses, network namespaces,
// cgroups, files at places known to be written to, and tunables.
func takeInventory(t *testing.T) inventory {
	t.Helper()
	all := inventory{}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		t.Fatal(err)
	}
	namespace := func(process string) string {
		ns, _ := os.Readlink(process + "/ns/net")
		return ns
	}
	own := namespace("/proc/self")
	for _, p := range processes {
		args, err := os.ReadFile(p + "/cmdline")
		if err != nil || len(args) == 0 { // The kernel's own, and zombies.
			continue
		}
		line := strings.ReplaceAll(string(args), "\x00", " ")
		// The machine is not ours alone: what counts is what is in our network,
		// or says that it has to do with us.
		if namespace(p) == own || strings.Contains(line, "pullgate-node") || strings.HasPrefix(line, "/pause") {
			all["process "+filepath.Base(p)+" "+line] = true
		}
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(mounts)) {
		all["mount "+strings.Fields(line)[4]] = true
	}
	links, err := netlink.LinkList()
	if err != nil {
		t.Fatal(err)
	}
	for _, l := range links {
		all["link "+strconv.Itoa(l.Attrs().Index)+" "+l.Attrs().Name] = true
	}
	for _, pattern := range []string{
		"/run/netns/*", "/run/*", "/var/lib/*", "/var/log/*", "/opt/*", "/etc/cni", "/usr/libexec/kubernetes",
		"/sys/fs/cgroup/pullgate-node*", "/sys/fs/cgroup/*/pullgate-node*",
		os.Getenv("TMPDIR") + "/pullgate-node*",
	} {
		found, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range found {
			all["file "+f] = true
		}
	}
	for _, name := range tunables() {
		value, err := os.ReadFile("/proc/sys/" + name)
		if err != nil {
			t.Fatal(err)
		}
		all["tunable "+name+"="+strings.TrimSpace(string(value))] = true
	}
	return all
}

// more is what was not there before.
func (before inventory) more(t *testing.T) (more []string) {
	t.Helper()
	for what := range takeInventory(t) {
		if !before[what] {
			more = append(more, what)
		}
	}
	return more
}

func (before inventory) hasMore(t *testing.T, kind string) bool {
	t.Helper()
	return slices.ContainsFunc(before.more(t), func(what string) bool { return strings.HasPrefix(what, kind+" ") })
}

// compare complains about what was not there before.
func (before inventory) compare(t *testing.T) {
	t.Helper()
	for _, what := range before.more(t) {
		t.Errorf("left behind: %s", what)
	}
}
