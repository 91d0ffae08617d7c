package build

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// installedOnlyVariable is setup-envtest's own: it keeps it from the network.
const installedOnlyVariable = "ENVTEST_INSTALLED_ONLY"

// What the network is given: where it permits, the list of what there is comes at
// once, and kube-apiserver, etcd and kubectl before they would be built.
const (
	listTime  = 5 * time.Second
	fetchTime = 45 * time.Second
	// again is how long a failure is remembered.
	again = 24 * time.Hour
)

// envtest is what setup-envtest fetches with, and where to.
type envtest struct {
	tool string
	dir  string
	// minor is the minor version of Kubernetes, as in "1.37".
	minor               string
	listTime, fetchTime time.Duration
}

// fetched returns a folder with a control plane that setup-envtest has fetched, now
// or before, or nothing. A failure is told once, and not tried again for a day.
func (m module) fetched(ctx context.Context, progress io.Writer) string {
	if os.Getenv(installedOnlyVariable) != "" {
		return ""
	}
	version, err := m.version(ctx, binary{module: kubernetes})
	if err != nil {
		return ""
	}
	e := envtest{dir: filepath.Join(m.bin(), "envtest"), minor: minor(version), listTime: listTime, fetchTime: fetchTime}
	record := filepath.Join(m.bin(), ".envtest-"+e.minor)
	if dir, known := recall(record, time.Now()); known {
		return dir
	}
	dir := ""
	if e.tool, err = m.ensure(ctx, progress, SetupEnvtest, binaries()[SetupEnvtest]); err == nil {
		dir, err = e.fetch(ctx, progress)
	}
	if ctx.Err() != nil {
		return ""
	}
	if err != nil {
		tell(progress, "setup-envtest can't fetch Kubernetes %s (%v): it is built. %s=1 keeps setup-envtest from trying.", e.minor, err, installedOnlyVariable)
		dir = ""
	}
	// Not remembered, it is tried again, which does no harm.
	_ = os.WriteFile(record, []byte(dir), 0o600)
	return dir
}

// recall reads what has become of the last attempt: a folder, or that there is none.
func recall(record string, now time.Time) (dir string, known bool) {
	info, err := os.Stat(record)
	if err != nil {
		return "", false
	}
	content, err := os.ReadFile(record)
	if err != nil {
		return "", false
	}
	if len(content) == 0 {
		return "", now.Sub(info.ModTime()) < again
	}
	if _, err := os.Stat(string(content)); err != nil { //nolint:gosec // it is ours
		return "", false
	}
	return string(content), true
}

// fetch has setup-envtest list what there is, and then fetch it.
func (e envtest) fetch(ctx context.Context, progress io.Writer) (string, error) {
	// It leaves half of an archive in the temporary folder when its time is over.
	tmp, err := os.MkdirTemp(filepath.Dir(e.dir), ".build-")
	if err != nil {
		return "", err
	}
	defer func() { _ = os.RemoveAll(tmp) }()
	run := func(d time.Duration, args ...string) (string, error) {
		ctx, cancel := limited(ctx, d)
		defer cancel()
		args = append(args, "--bin-dir", e.dir, "--os", runtime.GOOS, "--arch", runtime.GOARCH, "--use-env=false")
		return output(ctx, []string{"TMPDIR=" + tmp}, e.tool, args...)
	}

	list, err := run(e.listTime, "list", e.minor+".x")
	if err != nil {
		return "", err
	}
	if !strings.Contains(list, "v"+e.minor+".") {
		return "", errors.New("there is none for this machine")
	}
	tell(progress, "fetching kube-apiserver, etcd and kubectl %s with setup-envtest ...", e.minor)
	dir, err := run(e.fetchTime, "use", e.minor+".x", "--print", "path")
	if err != nil {
		return "", errors.Join(err, os.RemoveAll(e.dir))
	}
	dir = strings.TrimSpace(dir)
	// It makes the folder read-only, and `make clean` shall be able to delete it.
	if err := os.Chmod(dir, 0o750); err != nil { //nolint:gosec // a folder
		return "", err
	}
	return dir, nil
}
