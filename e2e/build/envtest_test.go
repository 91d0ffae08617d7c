package build

import (
	"archive/tar"
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha512"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"
)

// The scripts stand for setup-envtest: they print what it prints, and fail as it
// does, which no network can be made to do here.
func TestFetch(t *testing.T) {
	const (
		available = `[ "$1" = list ] && { printf '(available)\tv1.37.0\tlinux/amd64\n'; exit; }; `
		fetches   = `mkdir -p "$4/k8s/1.37.0"; touch "$4/k8s/1.37.0/etcd"; chmod 555 "$4/k8s/1.37.0"; `
	)
	for name, tc := range map[string]struct {
		tool                string
		listTime, fetchTime time.Duration
		// want is the folder, and err what the error says.
		want, err string
		// told is whether the user is told of the download.
		told bool
	}{
		"it lists and fetches": {
			// The arguments are: use 1.37.x --print path --bin-dir DIR ...
			tool: available + `shift 2; ` + fetches + `printf %s "$4/k8s/1.37.0"`,
			want: "k8s/1.37.0", told: true,
		},
		"no network":        {tool: "echo lookup example.com: no such host >&2; exit 2", err: "no such host"},
		"other versions":    {tool: `printf '(available)\tv1.36.0\tlinux/amd64\n'`, err: "there is none"},
		"an empty list":     {tool: ":", err: "there is none"},
		"a list that hangs": {tool: "sleep 1000", listTime: 50 * time.Millisecond, err: "no answer in 50ms"},
		"a download that fails": {
			tool: available + `shift 2; ` + fetches + `echo bad checksum >&2; exit 2`, err: "bad checksum", told: true,
		},
		"a download that hangs": {
			tool: available + "sleep 1000", fetchTime: 50 * time.Millisecond, err: "no answer in 50ms", told: true,
		},
		"no folder": {tool: available + "echo nowhere", err: "nowhere", told: true},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			// Those that don't hang have all the time that a busy machine takes.
			e := envtest{
				tool: script(t, dir, "setup-envtest", tc.tool), dir: filepath.Join(dir, "envtest"), minor: "1.37",
				listTime: cmp.Or(tc.listTime, time.Hour), fetchTime: cmp.Or(tc.fetchTime, time.Hour),
			}
			var progress bytes.Buffer
			got, err := e.fetch(t.Context(), &progress)
			if (err == nil) != (tc.err == "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Fatalf("err = %v, want %q", err, tc.err)
			}
			if told := strings.Contains(progress.String(), "fetching"); told != tc.told {
				t.Errorf("told %q", progress.String())
			}
			left, globErr := filepath.Glob(filepath.Join(dir, ".build-*"))
			if globErr != nil || len(left) > 0 {
				t.Errorf("left behind: %v, %v", left, globErr)
			}
			if tc.want == "" {
				if _, err := os.Stat(e.dir); err == nil {
					t.Error("half of a download is left")
				}
				return
			}
			if want := filepath.Join(e.dir, tc.want); got != want {
				t.Errorf("fetch = %q, want %q", got, want)
			}
			// As `make clean` does, by a user who is not root.
			if info, err := os.Stat(got); err != nil || info.Mode().Perm()&0o200 == 0 {
				t.Errorf("the folder can't be deleted: %v, %v", info.Mode(), err)
			}
		})
	}
}

// setup-envtest itself, and what it is asked: only its index is one of ours.
func TestFetchWithSetupEnvtest(t *testing.T) {
	paths, err := Ensure(t.Context(), os.Stderr, SetupEnvtest)
	if err != nil {
		t.Fatal(err)
	}
	archive := assets(t, map[string]string{
		KubeAPIServer: "#!/bin/sh\necho Kubernetes v1.37.1\n",
		Etcd:          "#!/bin/sh\necho etcd Version: 3.7.0\n",
	})
	name := fmt.Sprintf("envtest-v1.37.1-%s-%s.tar.gz", runtime.GOOS, runtime.GOARCH)
	mux := http.NewServeMux()
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	mux.HandleFunc("/index.yaml", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, "releases:\n  v1.37.1:\n    %s:\n      hash: %x\n      selfLink: %s/archive\n", name, sha512.Sum512(archive), server.URL)
	})
	mux.HandleFunc("/archive", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(archive) })

	dir := t.TempDir()
	e := envtest{
		tool: script(t, dir, "setup-envtest", "exec "+paths[SetupEnvtest]+" --index "+server.URL+`/index.yaml "$@"`),
		dir:  filepath.Join(dir, "envtest"), listTime: time.Hour, fetchTime: time.Hour,
	}
	e.minor = "1.36"
	if _, err := e.fetch(t.Context(), os.Stderr); err == nil || !strings.Contains(err.Error(), "there is none") {
		t.Errorf("1.36: err = %v", err)
	}
	e.minor = "1.37"
	fetched, err := e.fetch(t.Context(), os.Stderr)
	if err != nil {
		t.Fatal(err)
	}
	r := ready{progress: os.Stderr, name: KubeAPIServer, asked: binaries()[KubeAPIServer].asked, version: "v1.37.2"}
	if got, want := r.in(t.Context(), fetched), filepath.Join(fetched, KubeAPIServer); got != want {
		t.Errorf("in = %q, want %q", got, want)
	}
	if err := os.Remove(filepath.Join(fetched, Etcd)); err != nil {
		t.Errorf("the folder can't be deleted: %v", err)
	}
}

// assets is an archive of programs, as envtest has them.
func assets(t *testing.T, programs map[string]string) []byte {
	t.Helper()
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	w := tar.NewWriter(zipped)
	for name, content := range programs {
		if err := w.WriteHeader(&tar.Header{Name: "controller-tools/envtest/" + name, Typeflag: tar.TypeReg, Mode: 0o755, Size: int64(len(content))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte(content)); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Close(), zipped.Close()); err != nil {
		t.Fatal(err)
	}
	return archive.Bytes()
}

func TestRecall(t *testing.T) {
	there := t.TempDir()
	now := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, tc := range map[string]struct {
		content string
		age     time.Duration
		dir     string
		known   bool
	}{
		"a success":             {there, 0, there, true},
		"a success long ago":    {there, 1000 * time.Hour, there, true},
		"a folder that is gone": {there + "/gone", 0, "", false},
		"a failure":             {"", time.Hour, "", true},
		"a failure yesterday":   {"", 25 * time.Hour, "", false},
	} {
		t.Run(name, func(t *testing.T) {
			record := filepath.Join(t.TempDir(), "record")
			if err := os.WriteFile(record, []byte(tc.content), 0o600); err != nil {
				t.Fatal(err)
			}
			if err := os.Chtimes(record, now, now.Add(-tc.age)); err != nil {
				t.Fatal(err)
			}
			if dir, known := recall(record, now); dir != tc.dir || known != tc.known {
				t.Errorf("recall = %q, %v, want %q, %v", dir, known, tc.dir, tc.known)
			}
		})
	}
	if dir, known := recall(filepath.Join(there, "none"), now); dir != "" || known {
		t.Errorf("recall of nothing = %q, %v", dir, known)
	}
}

func TestFetchedIsSwitchedOff(t *testing.T) {
	m := module{dir: t.TempDir()}
	before := filepath.Join(m.bin(), "envtest", "k8s")
	if err := os.MkdirAll(before, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"go.mod":            "module m\n\ngo 1.26\n\nrequire k8s.io/kubernetes v1.37.2\n",
		"bin/.envtest-1.37": before,
	} {
		if err := os.WriteFile(filepath.Join(m.dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for value, want := range map[string]string{"": before, "1": ""} {
		t.Setenv(installedOnlyVariable, value)
		if got := m.fetched(t.Context(), os.Stderr); got != want {
			t.Errorf("%s=%s: fetched = %q, want %q", installedOnlyVariable, value, got, want)
		}
	}
}
