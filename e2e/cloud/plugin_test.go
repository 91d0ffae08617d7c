package cloud

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
)

const image = Host + "/team/app"

func start(t *testing.T, o Options) *Cloud {
	t.Helper()
	c, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	c.SetRole(Role{Name: "pullgate", Pull: []string{Host + "/team/"}})
	c.SetRole(Role{Name: "node", Pull: []string{""}, Import: true})
	return c
}

func environment(t *testing.T, c *Cloud, mode Mode, role string) []string {
	t.Helper()
	env, err := c.Environment(mode, role, t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return env
}

// plugin is the real one, asked for an image's credentials, with fields added to the
// request.
func plugin(t *testing.T, env []string, image, fields string) (cmd *exec.Cmd, stdout, stderr *bytes.Buffer) {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.ECRProvider)
	if err != nil {
		t.Fatal(err)
	}
	stdout, stderr = &bytes.Buffer{}, &bytes.Buffer{}
	cmd = exec.CommandContext(t.Context(), paths[build.ECRProvider])
	cmd.Env = env
	cmd.Stdin = strings.NewReader(fmt.Sprintf(`{"kind":"CredentialProviderRequest","apiVersion":"credentialprovider.kubelet.k8s.io/v1","image":%q%s}`+"\n", image, fields))
	cmd.Stdout, cmd.Stderr = stdout, stderr
	return cmd, stdout, stderr
}

// answered is the answer to a request that succeeds, with what it is known by.
func answered(t *testing.T, env []string, image, fields string) (answer, password string) {
	t.Helper()
	cmd, stdout, stderr := plugin(t, env, image, fields)
	if err := cmd.Run(); err != nil {
		t.Fatalf("%v\n%s", err, stderr)
	}
	var a struct {
		Auth map[string]struct{ Password string }
	}
	if err := json.Unmarshal(stdout.Bytes(), &a); err != nil {
		t.Fatalf("%v: %s", err, stdout)
	}
	host, _, _ := strings.Cut(image, "/")
	return strings.TrimSpace(stdout.String()), a.Auth[host].Password
}

// The real plugin, in each way to be somebody.
func TestModes(t *testing.T) {
	for mode, asked := range map[Mode]map[Endpoint][]string{
		IRSA:      {STS: {"POST /"}},
		EKSPod:    {PodIdentity: {"GET " + credentialsPath}},
		Instance:  {Metadata: {"PUT " + sessionPath, "GET " + rolePath, "GET " + rolePath + "pullgate"}},
		StaticKey: {},
	} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			answer, password := answered(t, environment(t, c, mode, "pullgate"), image, "")
			// A second may have passed, which the plugin halves.
			answer = strings.Replace(answer, `"5h59m59s"`, `"6h0m0s"`, 1)
			want := `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry",` +
				`"cacheDuration":"6h0m0s","auth":{"` + Host + `":{"username":"AWS","password":"` + password + `"}}}`
			if answer != want {
				t.Errorf("it answers\n%s, want\n%s", answer, want)
			}
			if role, who := c.holder(c.passwords, password, "eu-west-1"); role != "pullgate" || who != known {
				t.Errorf("the password is %q's, %v", role, who)
			}
			asked[ECR] = []string{"POST " + getPassword}
			for _, e := range []Endpoint{STS, PodIdentity, Metadata, ECR, Registry} {
				var got []string
				for _, r := range c.Requests(e) {
					got = append(got, r.Method+" "+r.Path)
					if r.Role != "pullgate" || r.Status != 200 || e == ECR && r.Region != "eu-west-1" {
						t.Errorf("%s: %+v", e, r)
					}
				}
				if !slices.Equal(got, asked[e]) {
					t.Errorf("%s was asked %q, want %q", e, got, asked[e])
				}
			}
		})
	}
}

func TestPublicECR(t *testing.T) {
	c := start(t, Options{})
	answer, password := answered(t, environment(t, c, StaticKey, "node"), "public.ecr.aws/docker/library/nginx", "")
	if r := c.Requests(ECR); len(r) != 1 || r[0].Path != getPublicPassword || r[0].Region != "us-east-1" {
		t.Errorf("asked %+v for %s", r, answer)
	}
	if role, who := c.holder(c.passwords, password, "eu-west-1"); role != "node" || who != known {
		t.Errorf("the password is %q's, %v", role, who)
	}
}

// jwt is a token as an API server makes them, signed by nobody.
func jwt(subject, audience string) string {
	part := func(text string) string { return base64.RawURLEncoding.EncodeToString([]byte(text)) }
	return part(`{"alg":"RS256"}`) + "." + part(fmt.Sprintf(`{"aud":[%q],"sub":%q}`, audience, subject)) + "." + part("x")
}

// A Pod's own token, with the annotation of its ServiceAccount that names the role.
func TestTokenOfAPod(t *testing.T) {
	const subject = "system:serviceaccount:team:builder"
	for name, tc := range map[string]struct {
		token, fields string
		as            string // "" fails
	}{
		"role":             {jwt(subject, Audience), `,"serviceAccountAnnotations":{"eks.amazonaws.com/ecr-role-arn":"` + ARN("team") + `"}`, "team"},
		"without role":     {jwt(subject, Audience), "", "pullgate"}, // the plugin falls back to its own
		"another account":  {jwt("system:serviceaccount:team:default", Audience), `,"serviceAccountAnnotations":{"eks.amazonaws.com/ecr-role-arn":"` + ARN("team") + `"}`, ""},
		"another audience": {jwt(subject, "vault"), `,"serviceAccountAnnotations":{"eks.amazonaws.com/ecr-role-arn":"` + ARN("team") + `"}`, ""},
		"no such role":     {jwt(subject, Audience), `,"serviceAccountAnnotations":{"eks.amazonaws.com/ecr-role-arn":"` + ARN("none") + `"}`, ""},
		"no token at all":  {"nonsense", `,"serviceAccountAnnotations":{"eks.amazonaws.com/ecr-role-arn":"` + ARN("team") + `"}`, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			c.SetRole(Role{Name: "team", Subjects: []string{subject}})
			fields := fmt.Sprintf(`,"serviceAccountToken":%q%s`, tc.token, tc.fields)
			if tc.as == "" {
				cmd, _, stderr := plugin(t, environment(t, c, StaticKey, "pullgate"), image, fields)
				if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "AccessDenied") {
					t.Errorf("%v: %s", err, stderr)
				}
				return
			}
			_, password := answered(t, environment(t, c, StaticKey, "pullgate"), image, fields)
			if role, _ := c.holder(c.passwords, password, "eu-west-1"); role != tc.as {
				t.Errorf("it was %q, want %q", role, tc.as)
			}
		})
	}
}

// A password that has expired by itself comes without a duration to keep it.
func TestShortLifetime(t *testing.T) {
	c := start(t, Options{Lifetime: time.Nanosecond})
	answer, password := answered(t, environment(t, c, StaticKey, "pullgate"), image, "")
	if strings.Contains(answer, "cacheDuration") {
		t.Errorf("it answers %s", answer)
	}
	if _, who := c.holder(c.passwords, password, "eu-west-1"); who != expired {
		t.Errorf("the password is %v", who)
	}
}
