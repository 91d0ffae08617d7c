package resolver

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/resolver/reference"
)

// TestUnfitIsNotRefused: what was found and is no good is no reason to run the plugin
// once more, though another credential was refused before.
func TestUnfitIsNotRefused(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := &plugin{}
		r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": indexFor("s390x")})})
		r.runs(p)
		pod := Pod{Credentials: credentials(t, "s", "1"), Nodes: nodesOf{"linux/amd64"}}
		for _, when := range []string{"at first", "later"} {
			if v := r.Check(t.Context(), Image{Reference: other + "/app:v1"}, pod); v.Reason != PlatformMismatch {
				t.Errorf("%s: %s %q", when, v.Reason, v.Message)
			}
			p.wantRuns(t, when, 1)
			time.Sleep(10 * time.Minute)
		}
	})
}

// TestNearTagOfOwnIdentity: who may create Pods does not learn from pullgate's own
// identity which tags there are, unless somebody has said so.
func TestNearTagOfOwnIdentity(t *testing.T) {
	const near = `did you mean "v1.2.3"?`
	for name, tc := range map[string]struct {
		identity    proof.Identity
		suggest     bool
		secret, has string // user:password; has is what the registry lets in
		want        bool
	}{
		"own":                     {proof.Own, false, "", "u:p", false},
		"own, and told to":        {proof.Own, true, "", "u:p", true},
		"node":                    {proof.Node, false, "", "u:p", true},
		"a Secret's":              {proof.Own, false, "s:1", "s:1", true},
		"a Secret that is no use": {proof.Own, false, "s:2", "u:p", false},
	} {
		t.Run(name, func(t *testing.T) {
			config := patient()
			config.CredentialProviders.Identity, config.CredentialProviders.SuggestTags = tc.identity, tc.suggest
			registry := func(w http.ResponseWriter, req *http.Request) {
				if strings.HasSuffix(req.URL.Path, "/tags/list") {
					listed("v1.2.3")(w, req)
					return
				}
				status(w, http.StatusNotFound, "MANIFEST_UNKNOWN")
			}
			r := resolverFor(t, config, map[string]http.Handler{gar: letsIn(map[string]http.HandlerFunc{tc.has: registry})})
			pod := Pod{Credentials: NewCredentials("dev", nil)}
			if user, password, ok := strings.Cut(tc.secret, ":"); ok {
				pod.Credentials = NewCredentials("dev", []NamedSecret{{Name: "s", Secret: pullSecret(t, "s", gar, user, password)}})
			}
			v := r.runs(answering(credentialsFor(gar, "u", "p"))).Check(t.Context(), Image{Reference: gar + "/p/app:v1.2.4"}, pod)
			if v.Reason != ImageNotFound || strings.Contains(v.Message, near) != tc.want || strings.Contains(v.Message+v.Detail, "v1.2.3") != tc.want {
				t.Errorf("%s %q, %q; want a suggestion: %t", v.Reason, v.Message, v.Detail, tc.want)
			}
		})
	}
}

// TestNodeFile: the nodes' config.json is theirs: a refusal of what it has is definite.
func TestNodeFile(t *testing.T) {
	for name, tc := range map[string]struct {
		host, password string
		want           Reason
		says           string
	}{
		"good":             {other, "p", Pullable, ""},
		"refused":          {other, "x", Unauthorized, "registry.test refuses the credentials of the nodes' config.json"},
		"another registry": {"elsewhere.test", "p", Unauthorized, "it needs credentials, or does not exist"},
	} {
		r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": open})})
		r.hasFile(t, tc.host, "u", tc.password)
		for range 2 {
			if v := check(t.Context(), r, other+"/app:v1"); v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s: %s %q, want %s %q", name, v.Reason, v.Message, tc.want, tc.says)
			}
		}
		r.nodes.UseFile(nil)
		if v := check(t.Context(), r, other+"/app:v1"); v.Reason != Unauthorized {
			t.Errorf("%s, when it is gone: %s %q", name, v.Reason, v.Message)
		}
	}
}

// TestInstantWithProvider: what is known of a provider's credential needs no run and no
// wait, and is not told of others.
func TestInstantWithProvider(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		p := &plugin{}
		r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": open})})
		r.runs(p)
		none := Pod{Credentials: NewCredentials("dev", nil)}
		want := func(when, image string, pod Pod, want bool) {
			t.Helper()
			v, known := r.Instant(Image{Reference: other + image}, pod)
			if known != want || known && (v.Reason != Pullable || v.Digest != manifestDigest || v.Class != ClassPullable) {
				t.Errorf("%s: %+v, %t, want %t", when, v, known, want)
			}
		}
		want("at first", "/app:v1", none, false)
		p.wantRuns(t, "nothing is begun", 0)
		check(t.Context(), r, other+"/app:v1")
		want("asked", "/app:v1", none, true)
		want("another image", "/app:v2", none, false)
		want("a Pod with a Secret", "/app:v1", Pod{Credentials: credentials(t, "s", "1")}, false)
		if _, known := r.Instant(Image{Reference: other + "/app:v1", PullPolicy: corev1.PullNever}, none); known {
			t.Error("known of an image that is not pulled")
		}
		r.hasFile(t, other, "f", "1")
		want("the nodes' config.json comes first", "/app:v1", none, false)
		r.nodes.UseFile(nil)
		want("and is gone again", "/app:v1", none, true)
		r.nodes.UseProviders(nil)
		want("no providers any more", "/app:v1", none, false)
		p.wantRuns(t, "in all", 1)
	})
}

// TestInstantOfPublic: where the provider has nothing for an image, what is known is what
// anybody knows.
func TestInstantOfPublic(t *testing.T) {
	p := answering(credentialsFor())
	r := resolverFor(t, patient(), map[string]http.Handler{other: http.HandlerFunc(open)})
	r.runs(p)
	check(t.Context(), r, other+"/app:v1")
	if v, known := r.Instant(Image{Reference: other + "/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)}); !known || v.Reason != Pullable {
		t.Errorf("%+v, %t", v, known)
	}
	p.wantRuns(t, "in all", 1)
}

// TestSecretIsNoProvider: nobody gets at what is known of a provider's credential by a
// Secret, whatever stands in it.
func TestSecretIsNoProvider(t *testing.T) {
	r := resolverFor(t, patient(), map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{"u:p": open})})
	r.runs(&plugin{})
	if v := check(t.Context(), r, other+"/app:v1"); v.Reason != Pullable {
		t.Fatalf("%s %q", v.Reason, v.Message)
	}
	asked := r.nodes.Providers().Ask(t.Context(), provider.Question{Repository: other + "/app", Tokens: provider.NoTokens, Timeout: time.Minute})
	c := asked.Wait(t.Context()).Credentials[0]
	ref, err := reference.Parse(other + "/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	for name, login := range map[string][2]string{
		"its name and ID":         {c.Provider(), c.ID()},
		"and the mark behind":     {c.Provider(), c.ID() + "\x08provider"},
		"all in one":              {c.Provider() + string(rune(len(c.ID()))) + c.ID(), "provider"},
		"its user alone":          {c.Username, ""},
		"the empty name":          {"", c.ID()},
		"its name, and no secret": {c.Provider(), ""},
	} {
		data, err := json.Marshal(map[string]any{"auths": map[string]any{other: map[string]string{"username": login[0], "password": login[1]}}})
		if err != nil {
			t.Fatal(err)
		}
		pod := Pod{Credentials: NewCredentials("dev", []NamedSecret{{Name: "s", Secret: rawSecret(t, "s", string(data))}})}
		if v, known := r.Instant(Image{Reference: other + "/app:v1"}, pod); known {
			t.Errorf("%s: %+v", name, v)
		}
		key, _, err := r.key(ref, keyring.Credential{Username: login[0], Password: login[1], Secret: "s"})
		own, _, _ := r.key(ref, c)
		if err != nil || key == own {
			t.Errorf("%s has the provider's key, %v", name, err)
		}
	}
}

// TestWithheld: a provider that takes tokens is not run, and its image not verified, and
// who asks learns why (P53). What is refused to the others proves nothing then, be it
// with the nodes' own identity.
func TestWithheld(t *testing.T) {
	yes := true
	taking := aProvider("taking")
	taking.TokenAttributes = tokenAttributes(&yes)
	for name, tc := range map[string]struct {
		providers []provider.Provider
		lets      string
		want      Reason
		says      string
		runs      int
	}{
		"alone":             {[]provider.Provider{taking}, "nobody", NodeManaged, `nodes ask credential provider "taking": it takes tokens of ServiceAccounts, and pullgate asks for none: credentialProviders.tokens`, 0},
		"another, refused":  {[]provider.Provider{taking, aProvider("other")}, "nobody", NodeManaged, `nodes ask credential provider "taking"`, 1},
		"another, let in":   {[]provider.Provider{taking, aProvider("other")}, "u:p", Pullable, "", 1},
		"no other, refused": {[]provider.Provider{aProvider("other")}, "nobody", Unauthorized, "", 1},
	} {
		t.Run(name, func(t *testing.T) {
			config := patient()
			config.CredentialProviders.Identity = proof.Node
			p := &plugin{}
			r := resolverFor(t, config, map[string]http.Handler{other: letsIn(map[string]http.HandlerFunc{tc.lets: open})})
			r.nodes.UseProviders(provider.New(&provider.Config{Providers: tc.providers}, provider.Options{Runner: p}))
			v := check(t.Context(), r, other+"/app:v1")
			if v.Reason != tc.want || !strings.Contains(v.Message, tc.says) {
				t.Errorf("%s %q, want %s %q", v.Reason, v.Message, tc.want, tc.says)
			}
			p.wantRuns(t, name, tc.runs)
		})
	}
}
