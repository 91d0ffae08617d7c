package nodecredentials

import (
	"net/http"
	"os"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/spf13/pflag"

	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// TestFlags: which flags there are, and which make no sense alone.
func TestFlags(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string // of the error, "" for none
	}{
		"none":                      {nil, ""},
		"both of the kubelet":       {[]string{"--image-credential-provider-config=c", "--image-credential-provider-bin-dir=b"}, ""},
		"the configuration alone":   {[]string{"--image-credential-provider-config=c"}, "--image-credential-provider-config needs --image-credential-provider-bin-dir"},
		"the folder alone":          {[]string{"--image-credential-provider-bin-dir=b"}, "--image-credential-provider-bin-dir needs --image-credential-provider-config"},
		"the nodes' config.json":    {[]string{"--image-credential-node-config=n"}, ""},
		"tokens for nobody":         {[]string{"--image-credential-token-dir=t"}, "--image-credential-token-dir needs --image-credential-provider-config"},
		"tokens and the nodes' own": {[]string{"--image-credential-token-dir=t", "--image-credential-node-config=n"}, "--image-credential-token-dir needs"},
		"all":                       {[]string{"--image-credential-provider-config=c", "--image-credential-provider-bin-dir=b", "--image-credential-node-config=n", "--image-credential-token-dir=t"}, ""},
	} {
		var f Flags
		flags := pflag.NewFlagSet(name, pflag.ContinueOnError)
		f.Add(flags)
		f.AddTokenDir(flags)
		if err := flags.Parse(tc.args); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		err := f.Validate()
		if tc.want == "" && err != nil || tc.want != "" && (err == nil || !strings.Contains(err.Error(), tc.want)) {
			t.Errorf("%s: %v, want %q", name, err, tc.want)
		}
	}
}

// TestNothing: without the flags there is nothing to read, to ask and to count.
func TestNothing(t *testing.T) {
	f := newFiles(t, "", "")
	f.mustLoad()
	if len(f.watchers) != 0 || f.NodeCredentials().Providers() != nil || f.scrape() != "" {
		t.Errorf("%d watchers, %v, %s", len(f.watchers), f.NodeCredentials().Providers(), f.scrape())
	}
}

// TestBadAtStart: what no kubelet starts with, pullgate does not start with either; it
// says everything that is wrong, and nothing that is secret.
func TestBadAtStart(t *testing.T) {
	good, logins := providersOf("one"), loginsOf(secret)
	for name, tc := range map[string]struct {
		providers, logins string
		remove            bool // both files
		want              []string
	}{
		"good":                         {good, logins, false, nil},
		"an unknown field":             {providersOf("one , match: [a]"), "", false, []string{"PROVIDERS: ", `unknown field "providers[0].match"`, "a kubelet does not start with that"}},
		"no such plugin":               {providersOf("one", "four"), "", false, []string{`PROVIDERS: provider "four": name: there is no plugin `}},
		"no configuration":             {good, "", true, []string{"credential provider configuration: ", "PROVIDERS: no such file"}},
		"no config.json":               {"", logins, true, []string{"--image-credential-node-config: ", "LOGINS: no such file"}},
		"config.json is none":          {"", secret, false, []string{"--image-credential-node-config: LOGINS: not JSON"}},
		"a login that is none":         {"", `{"auths":{"registry.test":{"auth":"` + secret + `"}}}`, false, []string{`--image-credential-node-config: LOGINS: in the entry of "registry.test": `}},
		"a password of the wrong type": {"", `{"auths":{"registry.test":{"password":["` + secret + `"]}}}`, false, []string{"a JSON array where a string is needed"}},
		"config.json is too large":     {"", logins + strings.Repeat(" ", maxNodeFile), false, []string{"LOGINS is larger than 1024 KiB"}},
		"both":                         {providersOf("a/b"), secret, false, []string{`PROVIDERS: provider "a/b": name: `, "LOGINS: not JSON"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFiles(t, tc.providers, tc.logins)
			if tc.remove {
				os.Remove(f.ProviderConfig)
				os.Remove(f.NodeConfig)
			}
			err := f.load()
			if tc.want == nil {
				if err != nil {
					t.Error(err)
				}
				return
			}
			for _, want := range tc.want {
				if want = strings.NewReplacer("PROVIDERS", f.ProviderConfig, "LOGINS", f.NodeConfig).Replace(want); err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%v\nwant in it: %s", err, want)
				}
			}
			if err != nil && strings.Contains(err.Error(), secret) {
				t.Errorf("%v tells a secret", err)
			}
		})
	}
}

// TestReloadProviders: a changed configuration comes into force, a bad one does not, and
// a provider that is as it was has not to be run again.
func TestReloadProviders(t *testing.T) {
	const metric = "pullgate_credential_provider_config_last_reload_successful "
	f := newFiles(t, providersOf("one", "two"), "")
	f.mustLoad()
	f.wantMetric("at start", metric+"1")
	first := f.NodeCredentials().Providers()
	if got := f.users(); got != "one two" {
		t.Errorf("at start: %q", got)
	}
	f.polls(5)
	if f.NodeCredentials().Providers() != first || f.log.String() != "" {
		t.Errorf("unchanged, it is put into force again:\n%s", &f.log)
	}

	f.write(f.ProviderConfig, providersOf("two", "one , args: [a]", "three"))
	f.polls(1)
	if f.NodeCredentials().Providers() != first {
		t.Error("what may be half of a file is in force")
	}
	f.polls(5)
	f.wantMetric("changed", metric+"1")
	if got := f.users(); got != "two one three" {
		t.Errorf("changed: %q", got)
	}
	if f.plugins.runs["two"] != 1 || f.plugins.runs["one"] != 2 || f.plugins.runs["three"] != 1 {
		t.Errorf("runs: %v, want those of the changed and the new provider", f.plugins.runs)
	}
	if n := strings.Count(f.log.String(), "credential provider configuration applied"); n != 1 {
		t.Errorf("applied %d times:\n%s", n, &f.log)
	}

	inForce := f.NodeCredentials().Providers()
	f.write(f.ProviderConfig, providersOf("two", "four"))
	f.polls(5)
	f.wantMetric("bad", metric+"0")
	if f.NodeCredentials().Providers() != inForce || f.users() != "two one three" {
		t.Error("bad: another one is in force")
	}
	want := `provider \"four\": name: there is no plugin `
	if n := strings.Count(f.log.String(), "credential provider configuration refused"); n != 1 || !strings.Contains(f.log.String(), want) {
		t.Errorf("refused %d times, want once with %s:\n%s", n, want, &f.log)
	}

	f.write(f.ProviderConfig, providersOf("three"))
	f.polls(2)
	f.wantMetric("mended", metric+"1")
	if got := f.users(); got != "three" {
		t.Errorf("mended: %q", got)
	}
	if strings.Contains(f.log.String(), secret) {
		t.Errorf("the log tells a secret:\n%s", &f.log)
	}
}

// TestWarningsAtReload: what is unwise is said at start and when it changes.
func TestWarningsAtReload(t *testing.T) {
	wide := strings.Replace(providersOf("one"), "[registry.test]", `[registry.test, "*.*"]`, 1)
	f := newFiles(t, wide, "")
	f.mustLoad()
	if len(f.warnings) != 1 || !strings.Contains(f.warnings[0], f.ProviderConfig+`: provider "one": matchImages[1]: "*.*" covers registries of anyone`) {
		t.Errorf("at start: %q", f.warnings)
	}
	f.polls(5)
	f.write(f.ProviderConfig, strings.Replace(wide, "*.*", "R.IO", 1))
	f.polls(5)
	if len(f.warnings) != 2 || !strings.Contains(f.warnings[1], `"R.IO" never matches`) {
		t.Errorf("changed: %q", f.warnings)
	}
}

// TestReloadNodeFile: the logins of the nodes' config.json follow the file, and those
// before stay while there is none that can be read.
func TestReloadNodeFile(t *testing.T) {
	const metric = "pullgate_node_config_last_reload_successful "
	f := newFiles(t, "", loginsOf(secret))
	f.mustLoad()
	var lets atomic.Value
	dir, _ := registrytest.Serve(t, "registry.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if _, password, _ := r.BasicAuth(); password != lets.Load() {
			w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Docker-Content-Digest", "sha256:"+strings.Repeat("a", 64))
		w.Header().Set("Content-Length", "2")
	}))
	config := resolver.DefaultConfig()
	config.Registries.ConfigDir = dir
	want := func(when, password, gauge string) {
		t.Helper()
		lets.Store(password)
		r, err := resolver.New(config, "test", resolver.WithNodeCredentials(f.NodeCredentials())) // which knows nothing yet
		if err != nil {
			t.Fatal(err)
		}
		if v := r.Check(t.Context(), resolver.Image{Reference: "registry.test/app:v1"}, resolver.Pod{Credentials: resolver.NewCredentials("dev", nil)}); v.Reason != resolver.Pullable {
			t.Errorf("%s: %s %q", when, v.Reason, v.Message)
		}
		f.wantMetric(when, metric+gauge)
	}
	want("at start", secret, "1")
	f.polls(5)
	if f.log.String() != "" {
		t.Errorf("unchanged, it is put into force again:\n%s", &f.log)
	}
	f.write(f.NodeConfig, loginsOf("next-"+secret))
	f.polls(2)
	want("changed", "next-"+secret, "1")
	f.write(f.NodeConfig, `{"auths":{"registry.test":{"auth":"`+secret+`"}}}`)
	f.polls(5)
	want("bad", "next-"+secret, "0")
	if err := os.Remove(f.NodeConfig); err != nil {
		t.Fatal(err)
	}
	f.polls(5)
	want("gone", "next-"+secret, "0")
	f.write(f.NodeConfig, loginsOf("last-"+secret))
	f.polls(2)
	want("mended", "last-"+secret, "1")
	if n := strings.Count(f.log.String(), "node config.json refused"); n != 2 || strings.Contains(f.log.String(), secret) {
		t.Errorf("%d refusals, want 2 and no secret:\n%s", n, &f.log)
	}
}

// TestHashTellsNothing: the hash of a file with passwords is in the log, and is none that
// anybody can make of a password that is guessed.
func TestHashTellsNothing(t *testing.T) {
	var hashes []string
	for range 2 {
		f := newFiles(t, "", loginsOf(secret))
		f.mustLoad()
		hashes = append(hashes, f.nodeFileHash)
	}
	slices.Sort(hashes)
	if len(slices.Compact(hashes)) != 2 {
		t.Error("two processes make the same of one password")
	}
}

// TestMetrics: what is counted, from the start on.
func TestMetrics(t *testing.T) {
	f := newFiles(t, providersOf("one", "two"), loginsOf(secret))
	f.mustLoad()
	f.wantMetric("at start", `pullgate_credential_provider_runs_total{provider="one",result="failure"} 0`)
	f.wantMetric("at start", `pullgate_credential_provider_backing_off{provider="two"} 0`)
	f.users()
	f.wantMetric("asked", `pullgate_credential_provider_runs_total{provider="one",result="success"} 1`)
	f.wantMetric("asked", `pullgate_credential_provider_run_duration_seconds_count{provider="two"} 1`)
	if !strings.Contains(f.scrape(), `pullgate_credential_provider_credentials_oldest_timestamp_seconds{provider="one"} `) {
		t.Errorf("no age of the credentials in\n%s", f.scrape())
	}
	if problems, err := testutil.GatherAndLint(f.registry); err != nil || len(problems) > 0 {
		t.Errorf("%v, %v", problems, err)
	}
	if err := f.Register(f.registry, f.counted); err == nil {
		t.Error("registered twice")
	}
}
