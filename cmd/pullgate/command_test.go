package main

import (
	"bytes"
	"strings"
	"testing"
)

// run runs the command line, and returns what it printed and its error.
func run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	var out bytes.Buffer
	cmd := newCommand()
	cmd.SetArgs(args)
	cmd.SetOut(&out)
	cmd.SetErr(&out)
	err := cmd.ExecuteContext(t.Context())
	return out.String(), err
}

func TestVersion(t *testing.T) {
	out, err := run(t, "version")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"pullgate ", "commit ", "go       go1."} {
		if !strings.Contains(out, want) {
			t.Errorf("printed %q, want %q in it", out, want)
		}
	}
}

// Whatever is wrong with the settings is said at start, with the flag's name.
func TestWebhookRefusesBadSettings(t *testing.T) {
	for name, tc := range map[string]struct {
		args []string
		want string
	}{
		"unknown flag":     {[]string{"--nonsense"}, "unknown flag: --nonsense"},
		"argument":         {[]string{"now"}, "unknown command"},
		"port 0":           {[]string{"--port", "0"}, "--port 0 is no port"},
		"port too large":   {[]string{"--port", "65536"}, "--port 65536"},
		"namespace":        {[]string{"--namespace", "Pull_Gate"}, `--namespace "Pull_Gate"`},
		"no Secret name":   {[]string{"--secret-name", ""}, `--secret-name ""`},
		"two certificates": {[]string{"--tls-cert-dir", "/x", "--secret-name", "y"}, "--tls-cert-dir and --secret-name contradict"},
		"no such config":   {[]string{"--config", "/does/not/exist"}, "read the configuration"},
		"log level":        {[]string{"--log-level", "loud"}, `--log-level "loud" is not one of`},
		"log format":       {[]string{"--log-format", "xml"}, `--log-format "xml" is not one of`},
		"no kubeconfig":    {[]string{"--kubeconfig", "/does/not/exist"}, "--kubeconfig: "},
		"not in a cluster": {nil, "not in a cluster"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Setenv("KUBERNETES_SERVICE_HOST", "")
			_, err := run(t, append([]string{"webhook"}, tc.args...)...)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want %q in it", err, tc.want)
			}
		})
	}
}
