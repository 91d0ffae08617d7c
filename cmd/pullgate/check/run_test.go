package check

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
	"github.com/pullgate/pullgate/webhook"
)

const (
	testHost     = "r.example.com"
	testPassword = "correct-horse"
)

// testRegistry has the tag v1 of any repository; those below private/ are for
// the user ci.
func testRegistry(w http.ResponseWriter, req *http.Request) {
	if _, password, _ := req.BasicAuth(); strings.HasPrefix(req.URL.Path, "/v2/private/") && password != testPassword {
		w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	var body string
	mediaType := "application/octet-stream"
	switch path := req.URL.Path; {
	case strings.HasSuffix(path, "/manifests/v1"), strings.HasSuffix(path, digestOf(testManifest)):
		body, mediaType = testManifest, "application/vnd.oci.image.manifest.v1+json"
	case strings.HasSuffix(path, digestOf(testConfig)):
		body = testConfig
	default:
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", fmt.Sprint(len(body)))
	w.Header().Set("Docker-Content-Digest", digestOf(body))
	if req.Method == http.MethodGet {
		_, _ = w.Write([]byte(body))
	}
}

// The image that it has.
const (
	testConfig   = "{}"
	testManifest = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",` +
		`"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`
)

func digestOf(body string) string { return digest.FromString(body).String() }

// result is what a user sees.
type result struct {
	code           int
	err            error
	stdout, stderr string
}

// patient is a configuration whose limits no slow machine reaches.
func patient() resolver.Config {
	c := resolver.DefaultConfig()
	c.Limits.LookupTimeout.Duration = time.Hour
	return c
}

// run runs the command with the registry, and without any cluster.
func run(t *testing.T, stdin string, args ...string) result {
	t.Helper()
	t.Setenv("KUBECONFIG", filepath.Join(t.TempDir(), "none"))
	t.Setenv("KUBERNETES_SERVICE_HOST", "")
	dir, _ := registrytest.Serve(t, testHost, http.HandlerFunc(testRegistry))
	cmd := NewCommand(Settings{
		Load: func(string) (webhook.Config, resolver.Config, error) {
			c := patient()
			c.Registries.ConfigDir = dir
			return webhook.DefaultConfig(), c, nil
		},
		Version: "v1.2.3", UserAgent: "test",
	})
	var out, errs bytes.Buffer
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetIn(strings.NewReader(stdin))
	cmd.SetOut(&out)
	cmd.SetErr(&errs)
	cmd.SetArgs(append([]string{"--timeout", "1h"}, args...)) // the last one counts
	r := result{err: cmd.ExecuteContext(t.Context())}
	if exit, ok := errors.AsType[*ExitError](r.err); ok {
		r.code = exit.Code
	} else if r.err != nil {
		t.Fatalf("an error without a code: %v", r.err)
	}
	r.stdout, r.stderr = out.String(), errs.String()
	if strings.Contains(r.stdout+r.stderr, testPassword) {
		t.Errorf("the password is in\n%s\n%s", r.stdout, r.stderr)
	}
	return r
}

// reasons are the reasons by image.
func (r result) reasons(t *testing.T) map[string]resolver.Reason {
	t.Helper()
	var rep report.Report
	if err := json.Unmarshal([]byte(r.stdout), &rep); err != nil {
		t.Fatalf("%v: %q", err, r.stdout)
	}
	m := map[string]resolver.Reason{}
	for _, i := range rep.Items {
		m[i.Image] = i.Reason
	}
	return m
}

func podWith(image, more string) string {
	return "apiVersion: v1\nkind: Pod\nmetadata: {name: p}\nspec:\n  containers: [{name: c, image: " + image + "}]\n" + more + "---\n"
}

func auth(user string) string {
	return base64.StdEncoding.EncodeToString([]byte(user + ":" + testPassword))
}

func TestCredentials(t *testing.T) {
	const (
		private = testHost + "/private/app:v1"
		missing = testHost + "/private/app:v2"
		secret  = "  imagePullSecrets: [{name: pull}]\n"
	)
	inManifest := "apiVersion: v1\nkind: Secret\nmetadata: {name: pull}\ntype: kubernetes.io/dockerconfigjson\nstringData:\n" +
		`  .dockerconfigjson: '{"auths":{"` + testHost + `":{"auth":"` + auth("ci") + `"}}}'` + "\n---\n"
	account := "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets: [{name: pull}]\n---\n"
	bareAccount := "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\n---\n"
	emptyAccount := "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: default}\nimagePullSecrets: []\n---\n"
	login := filepath.Join(t.TempDir(), "login.json")
	if err := os.WriteFile(login, []byte(`{"auths":{"`+testHost+`":{"auth":"`+auth("ci")+`"}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		in      string
		args    []string
		image   string
		want    resolver.Reason
		message string
	}{
		"named, and in the manifests": {inManifest + podWith(private, secret), nil, private, resolver.Pullable, ""},
		"behind the Pod":              {podWith(private, secret) + inManifest, nil, private, resolver.Pullable, ""},
		"named, and nowhere":          {podWith(private, secret), nil, private, resolver.SecretUnreadable, `Secret "pull" in namespace "default": there is no cluster to ask`},
		"of another namespace":        {inManifest + podWith(private, secret), []string{"-n", "other"}, private, resolver.Pullable, ""},
		"the ServiceAccount's":        {inManifest + account + podWith(private, ""), nil, private, resolver.Pullable, ""},
		"unknown ServiceAccount":      {podWith(private, ""), nil, private, resolver.SecretUnreadable, `ServiceAccount "default" may have pull Secrets: there is no cluster to ask`},
		"ServiceAccount without any":  {emptyAccount + podWith(private, ""), nil, private, resolver.Unauthorized, "neither the Pod nor its ServiceAccount"},
		"bare ServiceAccount":         {bareAccount + podWith(private, ""), nil, private, resolver.SecretUnreadable, `ServiceAccount "default" may have pull Secrets: there is no cluster to ask`},
		"tag that is missing":         {inManifest + podWith(missing, secret), nil, missing, resolver.ImageNotFound, `tag "v2" does not exist`},
		"public tag that is missing":  {podWith(testHost+"/app:v2", ""), nil, testHost + "/app:v2", resolver.ImageNotFound, `tag "v2" does not exist`},
		"local login":                 {podWith(private, secret), []string{"--docker-config=" + login}, private, resolver.Pullable, ""},
		"local login for an image":    {"", []string{"--docker-config=" + login, private}, private, resolver.Pullable, ""},
		"image":                       {"", []string{"--image", private}, private, resolver.SecretUnreadable, `ServiceAccount "default" may`},
		"image with a Secret":         {inManifest, []string{"--image", private, "--pull-secret", "pull"}, private, resolver.Pullable, ""},
		"image with an account":       {inManifest + account, []string{private}, private, resolver.Pullable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			args := tc.args
			if tc.in != "" {
				args = append(args, "-")
			}
			r := run(t, tc.in, append(args, "-o", "json")...)
			if got := r.reasons(t)[tc.image]; got != tc.want || !strings.Contains(strings.ReplaceAll(r.stdout, `\"`, `"`), tc.message) {
				t.Errorf("%s, want %s with %q:\n%s\n%s", got, tc.want, tc.message, r.stdout, r.stderr)
			}
		})
	}
}

func TestExitCodes(t *testing.T) {
	good, bad := podWith(testHost+"/app:v1", ""), podWith(testHost+"/app:v2", "")
	for name, tc := range map[string]struct {
		in   string
		args []string
		want int
	}{
		"all pullable":             {good, nil, 0},
		"nothing in it":            {"# nothing\n", nil, 0},
		"one cannot be pulled":     {good + bad, nil, 1},
		"unverified":               {good + podWith("127.0.0.1:5000/app:v1", ""), nil, 0},
		"unverified, strict":       {good + podWith("127.0.0.1:5000/app:v1", ""), []string{"--strict"}, 2},
		"both, strict":             {bad + podWith("127.0.0.1:5000/app:v1", ""), []string{"--strict"}, 1},
		"input error":              {good + "foo: bar\n", nil, 3},
		"input error and a bad":    {bad + "foo: bar\n", nil, 3},
		"unknown flag":             {good, []string{"--nonsense"}, 3},
		"unknown format":           {good, []string{"-o", "xml"}, 3},
		"standard input twice":     {good, []string{"-f", "-"}, 3},
		"bad selector":             {good, []string{"-l", "a=(b"}, 3},
		"no such login":            {good, []string{"--docker-config=/does/not/exist"}, 3},
		"-A without a cluster":     {good, []string{"-A"}, 3},
		"-A and --local":           {good, []string{"-A", "--local"}, 3},
		"no time":                  {good, []string{"--timeout", "0s"}, 3},
		"bad name":                 {good, []string{"--pull-secret", "Not A Name"}, 3},
		"kubeconfig that is none":  {good, []string{"--kubeconfig", "/does/not/exist"}, 3},
		"the same with --local":    {good, []string{"--kubeconfig", "/does/not/exist", "--local"}, 0},
		"file that does not exist": {good, []string{"-f", "/does/not/exist"}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			if r := run(t, tc.in, append(tc.args, "-")...); r.code != tc.want {
				t.Errorf("exit code %d, want %d: %v\n%s\n%s", r.code, tc.want, r.err, r.stdout, r.stderr)
			}
		})
	}
	if r := run(t, ""); r.code != 3 || !strings.Contains(r.err.Error(), "nothing to check") {
		t.Errorf("without arguments: %d, %v", r.code, r.err)
	}
}

// What is not known when the time is over is not verified, and not lost.
func TestTimeout(t *testing.T) {
	if r := run(t, podWith(testHost+"/app:v1", ""), "-", "--timeout", "1ns", "-o", "json"); r.reasons(t)[testHost+"/app:v1"] != resolver.Timeout {
		t.Errorf("%s", r.stdout)
	}
}

func TestInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	cmd := NewCommand(Settings{Load: func(string) (webhook.Config, resolver.Config, error) {
		return webhook.DefaultConfig(), resolver.DefaultConfig(), nil
	}})
	var out bytes.Buffer
	cmd.SilenceErrors, cmd.SilenceUsage = true, true
	cmd.SetOut(&out)
	cmd.SetArgs([]string{"--local", "r.example.com/app"})
	err := cmd.ExecuteContext(ctx)
	if exit, ok := errors.AsType[*ExitError](err); !ok || exit.Code != exitInterrupted || out.Len() > 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}

func TestHelp(t *testing.T) {
	r := run(t, "", "--help")
	if r.err != nil || !strings.Contains(r.stdout, "--docker-config") {
		t.Errorf("%v: %s", r.err, r.stdout)
	}
}
