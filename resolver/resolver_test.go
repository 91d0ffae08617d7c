package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

func open(w http.ResponseWriter, r *http.Request) { manifest(w, r) }

func notFound(name string) error {
	return apierrors.NewNotFound(schema.GroupResource{Resource: "secrets"}, name)
}

// What is decided without a registry must not ask one.
func TestDecidedWithoutRegistry(t *testing.T) {
	malformed := NewCredentials("dev", []NamedSecret{{Name: "broken", Secret: keyring.Parse(&corev1.Secret{
		Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{"auths":[]}`)},
	})}})
	none := NewCredentials("dev", nil)
	for name, tc := range map[string]struct {
		image Image
		creds *Credentials
		want  Reason
	}{
		"invalid name":                {Image{Reference: "Nginx:1"}, none, InvalidImageName},
		"invalid name, Never (C02)":   {Image{Reference: "Nginx:1", PullPolicy: corev1.PullNever}, none, InvalidImageName},
		"Never (C51)":                 {Image{Reference: "registry.test/app:v1", PullPolicy: corev1.PullNever}, none, NotPulled},
		"Never with malformed Secret": {Image{Reference: "registry.test/app:v1", PullPolicy: corev1.PullNever}, malformed, NotPulled},
		"malformed Secret (C19)":      {Image{Reference: "registry.test/app:v1"}, malformed, InvalidPullSecret},
		"loopback (C73)":              {Image{Reference: "127.0.0.1:5000/x"}, none, NodeLocal},
		"localhost (C39)":             {Image{Reference: "localhost/foo"}, none, NodeLocal},
	} {
		t.Run(name, func(t *testing.T) {
			r, requests := serve(t, open)
			v := r.Check(t.Context(), tc.image, Pod{Credentials: tc.creds})
			if v.Reason != tc.want || v.Image != tc.image.Reference {
				t.Errorf("%+v, want %s", v, tc.want)
			}
			if n := requests.Load(); n != 0 {
				t.Errorf("%d requests reached the registry", n)
			}
		})
	}
}

func TestCredentialsInOrder(t *testing.T) {
	named := func(user, pass string) NamedSecret {
		return NamedSecret{Name: "s-" + user + pass, Secret: pullSecret(t, "s-"+user+pass, "registry.test", user, pass)}
	}
	missing := NamedSecret{Name: "gone", Err: notFound("gone")}
	unreadable := NamedSecret{Name: "hidden", Err: errors.New("forbidden")}
	elsewhere := NamedSecret{Name: "quay", Secret: pullSecret(t, "quay", "quay.io", "u", "p")}
	opaque := NamedSecret{Name: "opaque", Secret: keyring.Parse(&corev1.Secret{Type: corev1.SecretTypeOpaque, ObjectMeta: metav1.ObjectMeta{Name: "opaque"}})}

	for name, tc := range map[string]struct {
		named []NamedSecret
		want  Reason
		says  []string
	}{
		"second is good (C12)":   {[]NamedSecret{named("u", "wrong"), named("u", "p")}, Pullable, nil},
		"both bad":               {[]NamedSecret{named("u", "x"), named("u", "y")}, Unauthorized, []string{`refuses the credentials of Secrets "s-ux", "s-uy"`}},
		"missing one (C24)":      {[]NamedSecret{missing}, Unauthorized, []string{`Secret "gone" not found in namespace "dev"`}},
		"missing and refused":    {[]NamedSecret{named("u", "x"), missing}, Unauthorized, []string{`"s-ux"`, `Secret "gone" not found`}},
		"unreadable (C25)":       {[]NamedSecret{unreadable}, SecretUnreadable, []string{`cannot read Secret "hidden" in namespace "dev"`}},
		"unreadable, other good": {[]NamedSecret{unreadable, named("u", "p")}, Pullable, nil},
		"one refused, one useless": {[]NamedSecret{named("u", "x"), elsewhere}, Unauthorized,
			[]string{`refuses the credentials of Secret "s-ux"; Secret "quay" covers only quay.io; renew the login`}},
		"covers another registry":    {[]NamedSecret{elsewhere}, Unauthorized, []string{`Secret "quay" covers only quay.io`}},
		"wrong type (C21)":           {[]NamedSecret{opaque}, Unauthorized, []string{`Secret "opaque" is of type Opaque`}},
		"nameless entry":             {[]NamedSecret{{}}, Unauthorized, []string{"names imagePullSecrets"}},
		"same Secret twice, and bad": {[]NamedSecret{named("u", "x"), named("u", "x")}, Unauthorized, []string{`Secret "s-ux"`}},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := serve(t, basic)
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", tc.named)})
			if v.Reason != tc.want {
				t.Fatalf("%s %q, want %s", v.Reason, v.Message, tc.want)
			}
			for _, want := range tc.says {
				if !strings.Contains(v.Message, want) {
					t.Errorf("says %q, want %q in it", v.Message, want)
				}
			}
		})
	}
}

// A missing Secret is told with a missing tag too: a registry may hide what is
// private behind a 404.
func TestMissingSecretIsTold(t *testing.T) {
	r, _ := serve(t, always(404))
	v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", []NamedSecret{{Name: "gone", Err: notFound("gone")}})})
	const want = `tag "v1" does not exist; push it, or correct the tag; Secret "gone" not found in namespace "dev"`
	if v.Message != want {
		t.Errorf("says %q, want %q", v.Message, want)
	}
}

// What only nodes have can't be judged from here (C16, C74).
func TestNodeManaged(t *testing.T) {
	for name, tc := range map[string]struct {
		registries RegistriesConfig
		registry   http.HandlerFunc
		want       Reason
		says       string
	}{
		"credentials, refused":    {RegistriesConfig{NodeCredentials: []string{"registry.*"}}, basic, NodeManaged, "nodes have credentials of their own for it: set up their credential providers to have it verified"},
		"credentials, not found":  {RegistriesConfig{NodeCredentials: []string{"registry.test/app"}}, always(404), NodeManaged, "does not exist"},
		"another repository":      {RegistriesConfig{NodeCredentials: []string{"registry.test/other"}}, always(404), ImageNotFound, ""},
		"another registry":        {RegistriesConfig{NodeCredentials: []string{"*.registry.test"}}, basic, Unauthorized, ""},
		"mirrored, not found":     {RegistriesConfig{Mirrored: []string{"registry.test"}}, always(404), NodeManaged, "nodes pull from registry.test through a mirror"},
		"mirrored, found":         {RegistriesConfig{Mirrored: []string{"registry.test"}}, open, Pullable, ""},
		"mirrored, not available": {RegistriesConfig{Mirrored: []string{"registry.test"}}, always(502), RegistryUnavailable, ""},
	} {
		t.Run(name, func(t *testing.T) {
			dir, _ := registrytest.Serve(t, "registry.test", tc.registry)
			config := patient()
			config.Registries = tc.registries
			config.Registries.ConfigDir, config.Registries.Content.Default = dir, content.Off
			v := newResolver(t, config).Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", v.Reason, v.Message, tc.want, tc.says)
			}
		})
	}
}

// One attempt that may pass makes the whole unverified: the credential that
// could not be judged may be the good one.
func TestPassingOutranksDefinite(t *testing.T) {
	r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		if _, pass, _ := r.BasicAuth(); pass == "b" {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		basic(w, r)
	})
	v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", []NamedSecret{
		{Name: "a", Secret: pullSecret(t, "a", "registry.test", "u", "a")},
		{Name: "b", Secret: pullSecret(t, "b", "registry.test", "u", "b")},
	})})
	if v.Reason != RegistryUnavailable {
		t.Errorf("%s %q, want RegistryUnavailable", v.Reason, v.Message)
	}
}

func TestOneRequestForManyPods(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		gate := make(chan struct{})
		r, requests := serve(t, func(w http.ResponseWriter, r *http.Request) {
			<-gate
			manifest(w, r)
		})
		var wg sync.WaitGroup
		for range 100 {
			wg.Go(func() {
				if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)}); v.Reason != Pullable || v.Digest != manifestDigest {
					t.Errorf("%+v", v)
				}
			})
		}
		synctest.Wait() // all have come
		close(gate)
		wg.Wait()
		r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("prod", nil)})
		if n := requests.Load(); n != 1 {
			t.Errorf("%d requests reached the registry, want 1", n)
		}
	})
}

// A tenant must not profit from another's credentials, nor suffer for them.
func TestCachedPerCredential(t *testing.T) {
	r, _ := serve(t, basic)
	image := Image{Reference: "registry.test/app:v1"}
	for _, tc := range []struct {
		creds *Credentials
		want  Reason
	}{
		{credentials(t, "u", "p"), Pullable},
		{NewCredentials("dev", nil), Unauthorized},
		{credentials(t, "u", "wrong"), Unauthorized},
		{credentials(t, "up", ""), Unauthorized},
		{credentials(t, "u", "p"), Pullable},
	} {
		if v := r.Check(t.Context(), image, Pod{Credentials: tc.creds}); v.Reason != tc.want {
			t.Errorf("%s, want %s", v.Reason, tc.want)
		}
	}
}

func TestNotFoundIsKeptBriefly(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, registry := switching(t, func(*Config) {})
		registry.set(always(404))
		want := func(when string, want Reason) {
			t.Helper()
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != want {
				t.Errorf("%s: %s, want %s", when, v.Reason, want)
			}
		}
		want("at first", ImageNotFound)
		registry.set(open) // the push has arrived
		time.Sleep(r.config.Cache.NotFound.Duration - 1)
		want("before its time is over", ImageNotFound)
		time.Sleep(time.Nanosecond)
		want("after that", Pullable)
	})
}

func TestRateLimitIsHonoured(t *testing.T) {
	r, requests := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "3600")
		w.WriteHeader(http.StatusTooManyRequests)
	})
	for range 3 {
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
		if v.Reason != RateLimited || !strings.Contains(v.Message, " until ") {
			t.Errorf("%s %q", v.Reason, v.Message)
		}
	}
	if n := requests.Load(); n != 1 {
		t.Errorf("%d requests in spite of Retry-After, want 1", n)
	}
}

func TestDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, _ := serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		const patience = 100 * time.Millisecond
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		began := time.Now()
		v := r.Check(ctx, Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
		if took := time.Since(began); v.Reason != Timeout || took != patience {
			t.Errorf("%s after %s, want Timeout after %s", v.Reason, took, patience)
		}
	})
}

// A verdict that is known is not lost to the search for better words.
func TestSlowExplanation(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead {
				<-r.Context().Done()
				return
			}
			status(w, http.StatusNotFound, "")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		v := r.Check(ctx, Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
		if v.Reason != ImageNotFound {
			t.Errorf("%s %q, want ImageNotFound", v.Reason, v.Message)
		}
	})
}

// Nothing on this host is dialled because a Pod, a redirect or a token realm
// names it.
func TestBlockedAddresses(t *testing.T) {
	var reached bool
	inner := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { reached = true }))
	defer inner.Close()
	port := inner.URL[strings.LastIndex(inner.URL, ":")+1:]

	redirecting := func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, inner.URL, http.StatusFound) }
	realm := bearer(giveToken, fmt.Sprintf("Bearer realm=%q", inner.URL))
	for name, tc := range map[string]struct {
		registry http.HandlerFunc
		ref      string
	}{
		"a name of loopback": {open, "LOCALHOST:" + port + "/app:v1"},
		"a redirect":         {redirecting, "registry.test/app:v1"},
		"a token realm":      {realm, "registry.test/app:v1"},
		"cloud metadata":     {open, "169.254.169.254/app:v1"},
		"unspecified":        {open, "0.0.0.0:" + port + "/app:v1"},
	} {
		t.Run(name, func(t *testing.T) {
			r, _ := serve(t, tc.registry)
			v := r.Check(t.Context(), Image{Reference: tc.ref}, Pod{Credentials: NewCredentials("dev", nil)})
			if v.Reason != Blocked {
				t.Errorf("%s %q (%s), want Blocked", v.Reason, v.Message, v.Detail)
			}
			if strings.Contains(v.Message, "127.0.0.1") || strings.Contains(v.Message, "169.254") && !strings.Contains(tc.ref, "169.254") {
				t.Errorf("the message tells an address: %q", v.Message)
			}
		})
	}
	if reached {
		t.Error("a server on loopback was reached")
	}
}

func TestUnreachable(t *testing.T) {
	tlsServer := httptest.NewTLSServer(http.HandlerFunc(open))
	defer tlsServer.Close()
	tlsServer.Config.ErrorLog = nil
	closed := httptest.NewServer(http.HandlerFunc(open))
	closed.Close()
	plain := httptest.NewServer(http.HandlerFunc(open))
	defer plain.Close()

	config := patient()
	config.Registries.ConfigDir = registrytest.ConfigDir(t, map[string]string{
		"unknown-ca.test": tlsServer.URL,
		"refused.test":    closed.URL,
		"plain.test":      "https" + strings.TrimPrefix(plain.URL, "http"),
	})
	r := newResolver(t, config)
	for host, want := range map[string]Reason{ // C71, C72
		"unknown-ca.test": Untrusted,
		"refused.test":    Unreachable,
		"plain.test":      Untrusted,
		"no-such.invalid": Unreachable,
	} {
		v := r.Check(t.Context(), Image{Reference: host + "/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
		if v.Reason != want {
			t.Errorf("%s: %s %q (%s), want %s", host, v.Reason, v.Message, v.Detail, want)
		}
	}
}

func TestCertsDIsReadAnew(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r := resolverFor(t, patient(), map[string]http.Handler{"first.test": always(404), "another.test": http.HandlerFunc(open)})
		want := func(server string, want Reason) {
			t.Helper()
			registrytest.Map(t, r.config.Registries.ConfigDir, "registry.test", fmt.Sprintf("server = %q\n", server))
			time.Sleep(3 * time.Second) // how old the look at the folder may be, and a little
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != want {
				t.Errorf("%s from %s, want %s", v.Reason, server, want)
			}
		}
		want("http://first.test", ImageNotFound)
		want("http://another.test", Pullable)
	})
}

// A mirror that is down may be the one that has the image.
func TestMirrors(t *testing.T) {
	down := httptest.NewServer(nil)
	down.Close()
	getOnly := httptest.NewServer(headFails(404))
	defer getOnly.Close()
	untyped := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		manifest(w, r, "Content-Type", "", "Docker-Content-Digest", "")
	}))
	defer untyped.Close()
	limited := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	defer limited.Close()
	schema1 := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Content-Type", "text/plain") }))
	defer schema1.Close()
	invalid := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { manifest(w, r, "Docker-Content-Digest", "sha256:x") }))
	defer invalid.Close()
	has, hasNot := httptest.NewServer(http.HandlerFunc(open)), httptest.NewServer(always(404))
	defer has.Close()
	defer hasNot.Close()
	for name, tc := range map[string]struct {
		mirror, server string
		capabilities   string
		want           Reason
	}{
		"mirror has it (C74)":           {has.URL, hasNot.URL, `["pull","resolve"]`, Pullable},
		"mirror has not, upstream has":  {hasNot.URL, has.URL, `["pull","resolve"]`, Pullable},
		"mirror down, upstream has":     {down.URL, has.URL, `["pull","resolve"]`, Pullable},
		"mirror down, upstream has not": {down.URL, hasNot.URL, `["pull","resolve"]`, Unreachable},
		"neither has it":                {hasNot.URL, hasNot.URL, `["pull","resolve"]`, ImageNotFound},
		"mirror limited, upstream has":  {limited.URL, has.URL, `["pull","resolve"]`, Pullable},
		"mirror limited, bad (C91)":     {limited.URL, schema1.URL, `["pull","resolve"]`, RateLimited},
		"mirror limited, invalid (C91)": {limited.URL, invalid.URL, `["pull","resolve"]`, RateLimited},
		"mirror invalid (C92)":          {invalid.URL, has.URL, `["pull","resolve"]`, UnsupportedManifest},
		"GET from who had HEAD (C89)":   {getOnly.URL, untyped.URL, `["pull","resolve"]`, UnsupportedManifest},
		"pull-only mirror has it (C75)": {has.URL, hasNot.URL, `["pull"]`, ImageNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			config := patient()
			config.Registries.ConfigDir = t.TempDir()
			registrytest.Map(t, config.Registries.ConfigDir, "registry.test",
				fmt.Sprintf("server = %q\n[host.%q]\ncapabilities = %s\n", tc.server, tc.mirror, tc.capabilities))
			v := newResolver(t, config).Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			if v.Reason != tc.want {
				t.Errorf("%s %q (%s), want %s", v.Reason, v.Message, v.Detail, tc.want)
			}
		})
	}
}

// A token that has run out, or credentials that were refused once, must not
// make a later refusal: a node begins each pull anew.
func TestStaleTokenIsRenewed(t *testing.T) {
	valid := "first"
	r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			fmt.Fprintf(w, `{"token":%q,"access_token":%q}`, valid, valid)
		case r.Header.Get("Authorization") == "Bearer "+valid:
			manifest(w, r)
		default:
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+`/token"`)
			status(w, 401, "")
		}
	})
	for n, token := range []string{"first", "second", "third"} {
		valid = token
		v := r.Check(t.Context(), Image{Reference: fmt.Sprintf("registry.test/app:v%d", n)}, Pod{Credentials: NewCredentials("dev", nil)})
		if v.Reason != Pullable {
			t.Errorf("with the %s token: %s %q (%s)", token, v.Reason, v.Message, v.Detail)
		}
	}
}

// Repositories of one host may differ in their challenges: what answers one is
// not taken for another's.
func TestChallengePerRepository(t *testing.T) {
	r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/open":
			giveToken(w, r)
		case r.URL.Path == "/closed":
			status(w, http.StatusUnauthorized, "")
		case r.Header.Get("Authorization") == "Bearer good":
			manifest(w, r)
		default:
			realm := "/open"
			if strings.Contains(r.URL.Path, "/private/") {
				realm = "/closed"
			}
			w.Header().Set("WWW-Authenticate", `Bearer realm="http://`+r.Host+realm+`"`)
			status(w, http.StatusUnauthorized, "")
		}
	})
	for image, want := range map[string]Reason{"registry.test/public:v1": Pullable, "registry.test/private/app:v1": Unauthorized} {
		for range 2 {
			if v := r.Check(t.Context(), Image{Reference: image}, Pod{Credentials: NewCredentials("dev", nil)}); v.Reason != want {
				t.Errorf("%s: %s %q, want %s", image, v.Reason, v.Message, want)
			}
		}
	}
}

// A registry may serve by what is asked for.
func TestAsksForWhatNodesTake(t *testing.T) {
	var accept, agent string
	r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
		accept, agent = r.Header.Get("Accept"), r.Header.Get("User-Agent")
		manifest(w, r)
	})
	r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	if strings.Contains(accept, "prettyjws") {
		t.Errorf("Accept: %s, which asks for schema 1", accept)
	}
	if !strings.HasSuffix(accept, ", */*") || !strings.Contains(accept, "oci.image.index.v1+json") {
		t.Errorf("Accept: %s, want all that containerd asks for", accept)
	}
	if agent != "pullgate/test" {
		t.Errorf("User-Agent: %s", agent)
	}
}

func TestTokenIsKept(t *testing.T) {
	var tokens int
	r, _ := serve(t, bearer(func(w http.ResponseWriter, r *http.Request) {
		tokens++
		giveToken(w, r)
	}))
	for n := range 5 {
		r.Check(t.Context(), Image{Reference: fmt.Sprintf("registry.test/app:v%d", n)}, Pod{Credentials: credentials(t, "u", "p")})
	}
	if tokens != 1 {
		t.Errorf("%d token requests for one repository and credential, want 1", tokens)
	}
}
