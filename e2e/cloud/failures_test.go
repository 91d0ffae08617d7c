package cloud

import (
	"strings"
	"testing"
)

// Each way in which a service fails ends the real plugin with exit code 1, and the
// reason is on its standard error alone.
func TestFailures(t *testing.T) {
	const once = "AWS_MAX_ATTEMPTS=1" // it would wait, and ask again; of the agent it asks thrice all the same
	for name, tc := range map[string]struct {
		mode  Mode
		set   func(*Cloud)
		env   string
		asked map[Endpoint]int
		words string
	}{
		"no right to a password": {IRSA, func(c *Cloud) { c.SetRole(Role{Name: "pullgate", NoPassword: true}) }, "", map[Endpoint]int{STS: 1, ECR: 1}, "not authorized to perform: ecr:GetAuthorizationToken"},
		"ECR denied":             {StaticKey, func(c *Cloud) { c.Set(ECR, Denied) }, "", map[Endpoint]int{ECR: 1}, "AccessDeniedException"},
		"ECR throttled":          {StaticKey, func(c *Cloud) { c.Set(ECR, Throttled) }, "", map[Endpoint]int{ECR: 3}, "ThrottlingException"},
		"ECR unavailable":        {StaticKey, func(c *Cloud) { c.Set(ECR, Unavailable) }, once, map[Endpoint]int{ECR: 1}, "StatusCode: 503"},
		"STS denied":             {IRSA, func(c *Cloud) { c.Set(STS, Denied) }, "", map[Endpoint]int{STS: 1, ECR: 0}, "AccessDenied"},
		"STS throttled":          {IRSA, func(c *Cloud) { c.Set(STS, Throttled) }, once, map[Endpoint]int{STS: 1, ECR: 0}, "Throttling"},
		"STS unavailable":        {IRSA, func(c *Cloud) { c.Set(STS, Unavailable) }, once, map[Endpoint]int{STS: 1, ECR: 0}, "StatusCode: 503"},
		"no such role":           {IRSA, func(c *Cloud) { c.Forget("pullgate") }, "", map[Endpoint]int{STS: 1, ECR: 0}, "AccessDenied"},
		"agent denies":           {EKSPod, func(c *Cloud) { c.Set(PodIdentity, Denied) }, "", map[Endpoint]int{PodIdentity: 1, ECR: 0}, "AccessDeniedException"},
		"agent throttled":        {EKSPod, func(c *Cloud) { c.Set(PodIdentity, Throttled) }, once, map[Endpoint]int{PodIdentity: 3, ECR: 0}, "ThrottlingException"},
		"agent unavailable":      {EKSPod, func(c *Cloud) { c.Set(PodIdentity, Unavailable) }, once, map[Endpoint]int{PodIdentity: 3, ECR: 0}, "ServiceUnavailableException"},
		"no association":         {EKSPod, func(c *Cloud) { c.Forget("pullgate") }, "", map[Endpoint]int{PodIdentity: 1, ECR: 0}, "AccessDeniedException"},
		"metadata denied":        {Instance, func(c *Cloud) { c.Set(Metadata, Denied) }, "", map[Endpoint]int{ECR: 0}, "403"},
		"metadata unavailable":   {Instance, func(c *Cloud) { c.Set(Metadata, Unavailable) }, once, map[Endpoint]int{ECR: 0}, "no EC2 IMDS role found"},
		"machine without a role": {Instance, func(c *Cloud) { c.Forget("pullgate") }, "", map[Endpoint]int{ECR: 0}, "404"},
		"no identity":            {NoIdentity, func(*Cloud) {}, "", map[Endpoint]int{STS: 0, Metadata: 0, ECR: 0}, "no EC2 IMDS role found"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			env := append(environment(t, c, tc.mode, "pullgate"), tc.env)
			tc.set(c)
			cmd, stdout, stderr := plugin(t, env, image, "")
			err := cmd.Run()
			if cmd.ProcessState.ExitCode() != 1 || stdout.Len() > 0 || !strings.Contains(stderr.String(), tc.words) {
				t.Errorf("%v, %q, want exit code 1, no answer and %q in\n%s", err, stdout, tc.words, stderr)
			}
			for e, want := range tc.asked {
				if got := c.Count(e); got != want {
					t.Errorf("%s was asked %d times, want %d: %+v", e, got, want, c.Requests(e))
				}
			}
		})
	}
}

// A key that is nobody's is no key.
func TestUnknownKey(t *testing.T) {
	c := start(t, Options{})
	env := append(environment(t, c, NoIdentity, ""), "AWS_ACCESS_KEY_ID=AKIAXXXXXXXXXXXXXXXX", "AWS_SECRET_ACCESS_KEY=x")
	cmd, _, stderr := plugin(t, env, image, "")
	if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 || !strings.Contains(stderr.String(), "UnrecognizedClientException") {
		t.Errorf("%v: %s", err, stderr)
	}
}

// What is silent keeps the real plugin, which is ended here as soon as it has asked.
func TestSilence(t *testing.T) {
	for name, tc := range map[string]struct {
		mode Mode
		at   Endpoint
	}{
		"STS": {IRSA, STS}, "ECR": {StaticKey, ECR}, "agent": {EKSPod, PodIdentity}, "metadata": {Instance, Metadata},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := start(t, Options{})
			c.Set(tc.at, Silent)
			cmd, stdout, stderr := plugin(t, environment(t, c, tc.mode, "pullgate"), image, "")
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			asked := make(chan error, 1)
			go func() { asked <- c.Asked(t.Context(), tc.at, 1) }()
			select {
			case err := <-asked:
				if err != nil {
					t.Error(err)
				}
			case err := <-ended:
				t.Fatalf("it has ended without asking: %v\n%s", err, stderr)
			}
			_ = cmd.Process.Kill()
			if err := <-ended; err == nil || stdout.Len() > 0 {
				t.Errorf("%v, and it answered %q", err, stdout)
			}
			if err := c.Abandoned(t.Context(), tc.at, 1); err != nil {
				t.Error(err)
			}
			if r := c.Requests(tc.at); r[0].Status != Left {
				t.Errorf("it was answered: %+v", r)
			}
		})
	}
}

// A key holds with the session token that came with it, and for nobody else.
func TestKeyNeedsItsSession(t *testing.T) {
	c := start(t, Options{})
	key := c.issueKey(temporary, "pullgate")
	for name, tc := range map[string]struct {
		session string
		code    int
	}{"right": {key.Session, 0}, "wrong": {"x", 1}} {
		t.Run(name, func(t *testing.T) {
			env := append(environment(t, c, NoIdentity, ""), "AWS_ACCESS_KEY_ID="+key.ID, "AWS_SECRET_ACCESS_KEY="+key.Secret, "AWS_SESSION_TOKEN="+tc.session)
			cmd, _, stderr := plugin(t, env, image, "")
			if err := cmd.Run(); cmd.ProcessState.ExitCode() != tc.code {
				t.Errorf("%v, want exit code %d: %s", err, tc.code, stderr)
			}
		})
	}
}

// The first version of the metadata service answered whoever asked.
func TestMetadataWithoutSession(t *testing.T) {
	c := start(t, Options{})
	if resp, _ := send(t, "GET", c.URL()+rolePath, "", asking{user: "pullgate"}); resp.StatusCode != 401 {
		t.Errorf("without a session: %s", resp.Status)
	}
}
