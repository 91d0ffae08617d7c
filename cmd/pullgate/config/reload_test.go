package config

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"

	"github.com/pullgate/pullgate/cmd/pullgate/reload"
	"github.com/pullgate/pullgate/webhook"
)

func TestReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "config.yaml")
		write(t, path, enforce(webhook.Definite))
		r := newReloading(t, path)
		r.pollTwice()
		r.wantApplied(t)
		r.wantMetrics(t, 0, 0, true)

		write(t, path, enforce(webhook.Strict))
		r.Poll()
		r.wantApplied(t) // not judged before it has settled
		r.Poll()
		r.wantApplied(t, webhook.Strict)
		r.wantMetrics(t, 1, 0, true)
		r.pollTwice()
		r.wantApplied(t, webhook.Strict)

		write(t, path, enforce("loud"))
		for range 5 {
			r.Poll()
		}
		r.wantApplied(t, webhook.Strict)
		r.wantMetrics(t, 1, 1, false)
		if want := path + `:4: defaults.enforce: Unsupported value: \"loud\"`; r.refusals() != 1 || !strings.Contains(r.log.String(), want) {
			t.Errorf("want one refusal with %s:\n%s", want, &r.log)
		}

		write(t, path, "{")
		r.pollTwice()
		r.wantMetrics(t, 1, 2, false)

		write(t, path, enforce(webhook.Off))
		r.pollTwice()
		r.wantApplied(t, webhook.Strict, webhook.Off)
		r.wantMetrics(t, 2, 2, true)
		if want := `"configuration applied" file=` + path + " hash=" + r.InForce(); !strings.Contains(r.log.String(), want) {
			t.Errorf("no %s:\n%s", want, &r.log)
		}
		_, rest, _ := strings.Cut(r.scrape(), "\npullgate_config_last_reload_success_timestamp_seconds ")
		var at float64
		if _, err := fmt.Sscan(rest, &at); err != nil || int64(at) != time.Now().Unix() {
			t.Errorf("the last success was at %v, not now: %v", at, err)
		}
	})
}

// The ways in which a file is replaced.
func TestReloadAfter(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, path, content string){
		"rewrite": write,
		"rename": func(t *testing.T, path, content string) {
			write(t, path+".new", content)
			if err := os.Rename(path+".new", path); err != nil {
				t.Fatal(err)
			}
		},
		"deletion": func(t *testing.T, path, content string) {
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			write(t, path, content)
		},
		"swap": swap,
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "config.yaml")
			if name == "swap" {
				swap(t, path, enforce(webhook.Definite))
				link(t, "..data/config.yaml", path)
			} else {
				write(t, path, enforce(webhook.Definite))
			}
			r := newReloading(t, path)
			r.pollTwice()
			replace(t, path, enforce(webhook.Strict))
			r.pollTwice()
			replace(t, path, enforce(webhook.Off))
			r.pollTwice()
			r.wantApplied(t, webhook.Strict, webhook.Off)
			r.wantMetrics(t, 2, 0, true)
		})
	}
}

// swap replaces a file as a kubelet does one of a ConfigMap: in a folder of its
// own, that the symbolic link ..data points to from then on.
func swap(t *testing.T, path, content string) {
	t.Helper()
	dir := filepath.Dir(path)
	version := filepath.Join(dir, fmt.Sprintf("..%d", time.Now().UnixNano()))
	if err := os.Mkdir(version, 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(version, filepath.Base(path)), content)
	link(t, filepath.Base(version), filepath.Join(dir, "..data_tmp"))
	data := filepath.Join(dir, "..data")
	old, _ := os.Readlink(data) // none yet
	if err := os.Rename(data+"_tmp", data); err != nil {
		t.Fatal(err)
	}
	if old != "" {
		if err := os.RemoveAll(filepath.Join(dir, old)); err != nil {
			t.Fatal(err)
		}
	}
}

func link(t *testing.T, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// While the file is away, and when it comes back as it was.
func TestReloadMissing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, enforce(webhook.Definite))
	r := newReloading(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	for range 4 {
		r.Poll()
	}
	r.wantMetrics(t, 0, 1, false)
	if r.refusals() != 1 || !strings.Contains(r.log.String(), "no such file") {
		t.Errorf("want one refusal:\n%s", &r.log)
	}
	write(t, path, enforce(webhook.Definite))
	r.pollTwice()
	r.wantMetrics(t, 1, 1, true)
}

// What was refused for something outside the file is applied when that is mended.
func TestReloadFolderComesLater(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "config.yaml")
	write(t, path, header)
	r := newReloading(t, path)
	certsD := filepath.Join(dir, "certs.d")
	write(t, path, header+"registries: {configDir: "+certsD+"}\n")
	for range 3 {
		r.Poll()
	}
	r.wantMetrics(t, 0, 1, false)
	if err := os.Mkdir(certsD, 0o700); err != nil {
		t.Fatal(err)
	}
	r.Poll()
	r.wantMetrics(t, 1, 1, true)
}

// What cannot be built is refused like what cannot be read.
func TestReloadApplyFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, header)
	r := newReloading(t, path)
	before := r.InForce()
	r.fail = errors.New("cannot be built")
	write(t, path, enforce(webhook.Strict))
	for range 3 {
		r.Poll()
	}
	r.wantMetrics(t, 0, 1, false)
	if r.InForce() != before || r.refusals() != 1 {
		t.Errorf("%s is in force, want %s:\n%s", r.InForce(), before, &r.log)
	}
}

func TestReloaderStart(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, enforce(webhook.Definite))
	r := newReloading(t, path)
	if r.NeedLeaderElection() {
		t.Error("one replica only would follow the file")
	}
	synctest.Test(t, func(t *testing.T) {
		ended := make(chan error, 1)
		go func() { ended <- r.Start(t.Context()) }()
		write(t, path, enforce(webhook.Strict))
		time.Sleep(2*reload.PollEvery + reload.PollEvery/2)
		synctest.Wait()
		r.wantApplied(t, webhook.Strict)
		t.Cleanup(func() {
			if err := <-ended; err != nil {
				t.Error(err)
			}
		})
	})
}

func TestMetricsAreRegisteredOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "config.yaml")
	write(t, path, header)
	r := newReloading(t, path)
	if _, err := NewReloader(ReloaderOptions{Path: path, Registerer: r.registry}); err == nil {
		t.Error("no error for metrics that are there already")
	}
	if problems, err := promlint.New(strings.NewReader(r.scrape())).Lint(); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
}
