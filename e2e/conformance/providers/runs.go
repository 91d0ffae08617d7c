package providers

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// plugins reads what the fake plugins of a side have written down of themselves.
func (st *stage) plugins(s side) (runs []fakeprovider.Run, err error) {
	for _, p := range st.try.Providers {
		some, err := fakeprovider.Runs(st.path(s, log(p.Name)))
		if err != nil {
			return nil, err
		}
		runs = append(runs, some...)
	}
	return runs, nil
}

// request is what a run was asked, but for the token: pullgate's is bound to no Pod.
func request(r fakeprovider.Run) string {
	text := r.Stdin
	if token := r.Request().ServiceAccountToken; token != "" {
		text = strings.ReplaceAll(text, token, "TOKEN")
	}
	return fmt.Sprintf("%s %q %s", filepath.Base(r.Name), r.Args, text)
}

// requests are what runs were asked, each once: how often is compared elsewhere.
func requests(runs []fakeprovider.Run) (list []string) {
	for _, r := range runs {
		list = append(list, request(r))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// saw is what the runs found in their environment under these names.
func saw(runs []fakeprovider.Run, names map[string]string) map[string]string {
	if names == nil {
		return nil
	}
	found := map[string]string{}
	for name := range names {
		found[name] = ""
	}
	for _, r := range runs {
		for _, entry := range r.Env {
			name, value, _ := strings.Cut(entry, "=")
			if _, asked := names[name]; asked {
				found[name] = value
			}
		}
	}
	return found
}

// patience is for the kernel, which may take a moment to end a process.
const patience = 30 * time.Second

// left says which processes of runs live though all has ended.
func left(runs []fakeprovider.Run) error {
	var pids []int
	for _, r := range runs {
		pids = append(pids, r.Pid, r.Child)
	}
	for end := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		pids = slices.DeleteFunc(pids, func(pid int) bool { return pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) })
		switch {
		case len(pids) == 0:
			return nil
		case time.Now().After(end):
			return fmt.Errorf("processes of plugins are left: %v", pids)
		}
	}
}

// endPlugins ends what is left of pullgate's plugins: where pullgate was killed, nobody
// else does, for each has a process group of its own.
func (st *stage) endPlugins() {
	runs, err := st.plugins(pullgate)
	if err != nil {
		return // and is known already
	}
	for _, r := range runs {
		if r.Pid > 0 {
			_ = syscall.Kill(-r.Pid, syscall.SIGKILL) // which is gone, in most cases
		}
	}
}
