package kubeletprovider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/kubeletplugin"
)

const image = "r.io/team/app"

// kit is a folder with programs and a configuration.
type kit struct {
	programs build.Paths
	dir      string
	job      Job
}

func newKit(t *testing.T, providers ...fakeprovider.Provider) kit {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.KubeletProvider, build.FakeProvider)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for _, p := range providers {
		if err := fakeprovider.Install(dir, paths[build.FakeProvider], p.Name); err != nil {
			t.Fatal(err)
		}
	}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, []byte(fakeprovider.Config(providers...)), 0o600); err != nil {
		t.Fatal(err)
	}
	return kit{paths, dir, Job{Config: config, BinDir: dir}}
}

func (k kit) ask(t *testing.T) Result {
	t.Helper()
	r, err := Ask(t.Context(), k.programs[build.KubeletProvider], k.dir, nil, k.job)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// answers is a provider that answers for r.io, with a password of its own each time.
func answers(name, log string) fakeprovider.Provider {
	script := fakeprovider.Script{Log: log, Stdout: fakeprovider.Answer("Registry", "10m0s", map[string]fakeprovider.Login{"{host}": {Username: name, Password: "{n}{token}"}})}
	return fakeprovider.Provider{Name: name, MatchImages: []string{"r.io"}, Env: []string{fakeprovider.Variable + "=" + script.String()}}
}

// told is what came of a step, in short.
func told(f Found) string {
	var parts []string
	for _, credentials := range f.Credentials {
		for _, c := range credentials {
			parts = append(parts, fmt.Sprintf("%s:%s@%s", c.Username, c.Password, c.Source))
		}
	}
	for _, r := range f.Runs {
		parts = append(parts, "ran "+r.Provider)
	}
	return strings.Join(append(parts, f.Failures...), "; ")
}

func TestLookUps(t *testing.T) {
	dir := t.TempDir()
	with := answers("two", filepath.Join(dir, "two"))
	with.TokenAttributes = map[string]any{"serviceAccountTokenAudience": "a", "requireServiceAccount": true, "cacheType": "ServiceAccount"}
	k := newKit(t, answers("one", filepath.Join(dir, "one")), with)
	k.job.Home = dir
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(`{"auths":{"r.io":{"username":"node","password":"own"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	secret := corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "regcred"}, Type: corev1.SecretTypeDockerConfigJson,
		Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths":{"r.io":{"username":"secret","password":"s"}}}`)},
	}
	malformed := *secret.DeepCopy()
	malformed.Data[corev1.DockerConfigJsonKey] = []byte("[")
	k.job.Accounts = []Account{{Namespace: "ns", Name: "app", Token: "T"}}
	static := Step{Images: []string{image}}
	pod := Step{Images: []string{image}, Namespace: "ns", Pod: "pod", Account: "app", Secrets: []corev1.Secret{secret}}
	later, other, broken, gone := static, static, static, static
	later.Forward = 11 * time.Minute
	other.Images = []string{"other.io/app"}
	broken.Secrets = []corev1.Secret{malformed}
	gone.Forward, gone.Remove = 11*time.Minute, []string{filepath.Join(k.dir, "one")}
	k.job.Steps = []Step{static, static, pod, later, other, broken, gone}
	r := k.ask(t)
	if got := strings.Join(r.Providers, " "); r.Refused != "" || got != "one two" {
		t.Fatalf("refused %q, registered %s", r.Refused, got)
	}
	for n, want := range []string{
		"node:own@; one:1@; ran one",
		"node:own@; one:1@",
		"secret:s@secret ns/regcred; node:own@; one:1@; two:1T for pod@account ns/app; ran two",
		"node:own@; one:2@; ran one",
		"",
		"",
		"node:own@; ran one; Failed to provide credentials for image: failed to get credential from external registry credential provider: ",
	} {
		if got := told(r.Steps[n]); got != want && (n != 6 || !strings.HasPrefix(got, want)) {
			t.Errorf("step %d: %s, want %s", n+1, got, want)
		}
	}
	if r.Steps[5].Error == "" {
		t.Error("a malformed Secret is no error")
	}
}

func TestRefused(t *testing.T) {
	k := newKit(t)
	if r := k.ask(t); !strings.Contains(r.Refused, "at least 1 item in plugins is required") || r.Providers != nil {
		t.Errorf("%+v", r)
	}
}

// The program never answers as a child of itself, whatever it is started as.
func TestStartsNotItself(t *testing.T) {
	k := newKit(t, answers("one", ""))
	if err := os.Remove(filepath.Join(k.dir, "one")); err != nil {
		t.Fatal(err)
	}
	if err := fakeprovider.Install(k.dir, k.programs[build.KubeletProvider], "one"); err != nil {
		t.Fatal(err)
	}
	k.job.Steps = []Step{{Images: []string{image}}}
	r := k.ask(t)
	if len(r.Steps[0].Runs) != 1 || !strings.Contains(r.Steps[0].Runs[0].Error, "started by itself") {
		t.Errorf("%+v", r.Steps)
	}
}

// Whatever is left of a job is gone when it ends, and when nobody wants it any more.
func TestLeavesNothing(t *testing.T) {
	for name, script := range map[string]fakeprovider.Script{
		"a child that stays":  {Child: fakeprovider.Duration(5 * time.Minute), Stdout: "x", Exit: 1},
		"a plugin that hangs": {Sleep: fakeprovider.Duration(5 * time.Minute)},
	} {
		t.Run(name, func(t *testing.T) {
			script.Log = filepath.Join(t.TempDir(), "log")
			k := newKit(t, fakeprovider.Provider{Name: "one", MatchImages: []string{"r.io"}, Env: []string{fakeprovider.Variable + "=" + script.String()}})
			k.job.Steps = []Step{{Images: []string{image}}}
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			done := make(chan error, 1)
			go func() {
				_, err := Ask(ctx, k.programs[build.KubeletProvider], k.dir, nil, k.job)
				done <- err
			}()
			runs, err := fakeprovider.Wait(t.Context(), script.Log, 1)
			if err != nil {
				t.Fatal(err)
			}
			stop()
			if err := <-done; err == nil {
				t.Error("there is an answer")
			}
			for _, pid := range []int{runs[0].Pid, runs[0].Child} {
				if pid != 0 && !gone(pid) {
					t.Errorf("process %d is left", pid)
				}
			}
		})
	}
}

// gone tells whether a process has ended. One that nobody has waited for yet has
// ended too, and the kernel may take a moment.
func gone(pid int) bool {
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(10 * time.Millisecond) {
		if errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			return true
		}
		if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err != nil || strings.Contains(string(stat), ") Z ") {
			return true
		}
	}
	return false
}

// In this process, providers can be registered again and again.
func TestForget(t *testing.T) {
	k := newKit(t, answers("one", ""))
	k.job.Steps = []Step{{Images: []string{image}}}
	for range 2 {
		kubeletplugin.Forget()
		r, err := Do(t.Context(), k.job)
		if err != nil || r.Refused != "" || len(r.Steps) != 1 || len(r.Steps[0].Runs) != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	}
	if config, err := kubeletplugin.Read(k.job.Config); err != nil || len(config.Providers) != 1 || len(kubeletplugin.Registered()) != 1 {
		t.Errorf("%+v, %v; registered: %s", config, err, kubeletplugin.Registered())
	}
	kubeletplugin.Forget()
	if got := kubeletplugin.Registered(); got != nil {
		t.Errorf("left: %s", got)
	}
}

// A job that is none is no job.
func TestBadJob(t *testing.T) {
	var out, log strings.Builder
	t.Setenv(Inside, "")
	if code := Main(t.Context(), strings.NewReader(`{"nonsense":1}`), &out, &log); code != 1 || !strings.Contains(log.String(), "nonsense") {
		t.Errorf("%d: %s", code, &log)
	}
	job, err := json.Marshal(Job{Steps: []Step{{Pull: corev1.PullAlways}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(Inside, "yes")
	if code := Main(t.Context(), strings.NewReader(string(job)), &out, &log); code != 1 || !strings.Contains(log.String(), "by itself") {
		t.Errorf("%d: %s", code, &log)
	}
}
