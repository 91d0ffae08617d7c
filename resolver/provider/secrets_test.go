package provider

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	kubeletv1 "k8s.io/kubelet/config/v1"
)

// TestHints: of what a plugin writes to stderr nothing is said but which known words it
// has.
func TestHints(t *testing.T) {
	for stderr, want := range map[string][]string{
		"":                                    nil,
		"hunter2 could not log in as hunter3": nil,
		"AccessDeniedException: User: arn:aws:sts::1:x is not authorized to perform": {"AccessDenied", "not authorized"},
		"accessdenied": {"AccessDenied"},
		"dial tcp: lookup sts.eu-west-1.amazonaws.com: no such host": {"no such host"},
		"x509: certificate signed by unknown authority":              {"x509", "certificate"},
		"\xff\xfe panic: \x00":                                       {"panic:"},
	} {
		if got := hints([]byte(stderr)); !slices.Equal(got, want) {
			t.Errorf("%q: %q, want %q", stderr, got, want)
		}
	}
	words := vocabulary()
	for _, word := range words {
		if len(word) > 40 || hints([]byte("…"+word+"…")) == nil {
			t.Errorf("%q is no good as a hint", word)
		}
	}
}

// planted is in everything that a plugin gets and prints.
const planted = "hunter2"

// plantedProvider is a provider with a secret wherever its configuration has room for
// one that only the plugin is to see.
func plantedProvider(bin string, s script) Provider {
	text, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	p := withTokens(pluginName, nil)
	p.Binary, p.File, p.Args = filepath.Join(bin, pluginName), "config.yaml", []string{"--password=" + planted}
	p.Env = []kubeletv1.ExecEnvVar{{Name: "AWS_SECRET_ACCESS_KEY", Value: planted}, {Name: scriptVariable, Value: string(text)}}
	return p
}

// plantedAccounts have tokens and annotations that are secret.
type plantedAccounts struct{}

// Identify finds the ServiceAccount.
func (plantedAccounts) Identify(_ context.Context, of Account) (Identity, error) {
	return Identity{Namespace: of.Namespace, Name: of.Name, UID: "1", Annotations: map[string]string{required: planted}}, nil
}

// Token is the secret itself.
func (plantedAccounts) Token(context.Context, Identity, string) (string, error) { return planted, nil }

// TestNothingIsTold: however a plugin fails, nothing of its environment, its arguments,
// its token and its output is in an error or in the log.
func TestNothingIsTold(t *testing.T) {
	answer := func(kind string, auth ...string) string { return string(says(kind, "1h", auth...).Stdout) }
	good := answer("Registry", "r.io", "u", "p-"+planted)
	complains := "AccessDenied: token " + planted + " is not authorized\n"
	for name, tc := range map[string]struct {
		script  script
		timeout time.Duration
		why     string // of the failure, "" for none
		logged  []string
	}{
		"it fails":                {script{Stderr: complains, Stdout: good, Exit: 3}, timeout, "it ends with exit status 3", []string{`"stderrSpeaksOf"=["AccessDenied" "not authorized"]`}},
		"no JSON":                 {script{Stderr: complains, Stdout: planted + good}, timeout, "its answer is not one JSON object", []string{"AccessDenied"}},
		"an unknown field":        {script{Stdout: strings.Replace(good, `"auth"`, `"`+planted+`":1,"auth"`, 1)}, timeout, "a field that nodes do not know", nil},
		"a value of another type": {script{Stdout: strings.Replace(good, `"1h"`, `"`+planted+`"`, 1)}, timeout, "a value of the wrong type", nil},
		"another cacheKeyType":    {script{Stdout: answer(planted)}, timeout, "none of Image, Registry and Global", nil},
		"another kind":            {script{Stdout: strings.Replace(good, "CredentialProviderResponse", planted, 1)}, timeout, "not of kind", nil},
		"too much":                {script{FloodStdout: maxStdout, Stdout: good}, timeout, "more than 1024 KiB", nil},
		"the token as password":   {script{Stdout: answer("Registry", "r.io", "u", planted)}, timeout, "cacheType Token", nil},
		"nothing, and complains":  {script{Stderr: complains, Stdout: answer("Image")}, timeout, "", []string{"answers nothing, and complains", "AccessDenied"}},
		"nothing, and is silent":  {script{Stdout: answer("Image")}, timeout, "", nil},
		"good, and complains":     {script{Stderr: complains, Stdout: good}, timeout, "", nil},
		"it hangs":                {script{Stderr: complains, Stdout: good, Hang: true}, time.Second, "it did not answer in time", nil},
	} {
		t.Run(name, func(t *testing.T) {
			var log logged
			s := New(&Config{Providers: []Provider{plantedProvider(pluginDir(t), tc.script)}},
				Options{Log: log.logger(), Accounts: map[TokenMode]Accounts{PodTokens: plantedAccounts{}}})
			q := question("r.io/app").of(PodTokens, "team", "builder")
			q.Timeout = tc.timeout
			a := s.Ask(t.Context(), q).Wait(t.Context())
			if tc.why != "" {
				a.wantWhy(t, name, tc.why)
			} else if len(a.Failed) > 0 {
				t.Errorf("%+v", a.Failed)
			}
			told := log.String() + fmt.Sprintf("%+v %+v", a.Failed, s.States())
			if strings.Contains(told, planted) {
				t.Errorf("it tells a secret: %s", told)
			}
			for _, want := range append(tc.logged, tc.why) {
				if !strings.Contains(log.String(), want) {
					t.Errorf("logged %s\nwant %s", &log, want)
				}
			}
			if tc.why == "" && tc.logged == nil && log.String() != "" {
				t.Errorf("logged %s\nwant nothing", &log)
			}
		})
	}
}

// TestFromFileToCredential is the whole of it: a configuration, a process, an answer,
// and another process only when there is something to ask.
func TestFromFileToCredential(t *testing.T) {
	s := script{Stdout: string(says("Registry", "1h", "r.io", "u", "p").Stdout), ReadStdin: true, Report: filepath.Join(t.TempDir(), "report")}
	text, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	config := oneOf(map[string]string{"name": pluginName, "env": fmt.Sprintf("[{name: %s, value: %q}]", scriptVariable, text), "args": "[one, two]"})
	c, err := Load(write(t, filepath.Join(t.TempDir(), "config.yaml"), config), pluginDir(t))
	if err != nil {
		t.Fatal(err)
	}
	seen := &counted{}
	set := New(c, Options{Observer: seen})
	for range 3 {
		ask(t, set, "r.io/team/app").want(t, "asked", "u:p")
	}
	r, ok := reported(s.Report)
	if want := `{"kind":"CredentialProviderRequest","apiVersion":"` + apiV1 + `","image":"r.io/team/app"}` + "\n"; !ok || r.Stdin != want || !slices.Equal(r.Args, []string{"one", "two"}) {
		t.Errorf("%+v, want %s", r, want)
	}
	if seen.ok[pluginName] != 1 {
		t.Errorf("%d runs, want 1", seen.ok[pluginName])
	}
}
