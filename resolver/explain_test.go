package resolver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// withTags is a registry that has no manifest, and lists tags.
func withTags(list http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/tags/list") {
			list(w, r)
			return
		}
		status(w, http.StatusNotFound, "")
	}
}

func listed(tags ...string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprintf(w, `{"name":"app","tags":["%s"]}`, strings.Join(tags, `","`))
	}
}

func TestSuggestion(t *testing.T) {
	none := NewCredentials("dev", nil)
	for name, tc := range map[string]struct {
		list  http.HandlerFunc
		image string
		want  string // the message
	}{
		"near":             {listed("v1.2.3", "latest"), "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; did you mean "v1.2.3"?`},
		"nothing near":     {listed("dev", "main"), "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; push it, or correct the tag`},
		"no tag written":   {listed("v1"), "registry.test/app", `tag "latest" does not exist, and the image names no other; name one that exists`},
		"by digest":        {listed("v1"), "registry.test/app@sha256:" + strings.Repeat("a", 64), `its digest does not exist in the repository; push it, or correct the digest`},
		"no list":          {always(http.StatusForbidden), "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; push it, or correct the tag`},
		"a broken list":    {func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, `{"tags":[`) }, "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; push it, or correct the tag`},
		"a hostile list":   {listed(`v1.2.3\n\u001b[31mred`, strings.Repeat("v1.2.4", 1000)), "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; push it, or correct the tag`},
		"a page at a time": {pages(map[string]string{"": "a", "a": "v1.2.3"}), "registry.test/app:v1.2.4", `tag "v1.2.4" does not exist; did you mean "v1.2.3"?`},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, withTags(tc.list))
			v := r.Check(t.Context(), Image{Reference: tc.image}, Pod{Credentials: none})
			if v.Reason != ImageNotFound || v.Message != tc.want {
				t.Errorf("%s %q, want %q", v.Reason, v.Message, tc.want)
			}
		})
	}
}

// pages is a list of one tag a page, by the tag that each page comes after.
func pages(after map[string]string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		tag := after[r.URL.Query().Get("last")]
		if _, more := after[tag]; more {
			w.Header().Set("Link", fmt.Sprintf(`</v2/app/tags/list?last=%s&n=1>; rel="next"`, tag))
		}
		listed(tag)(w, r)
	}
}

// A registry can list tags without end.
func TestTagListIsBounded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var asked atomic.Int64
		r, _ := serve(t, withTags(func(w http.ResponseWriter, _ *http.Request) {
			n := asked.Add(1)
			w.Header().Set("Link", fmt.Sprintf(`</v2/app/tags/list?last=%d&n=1>; rel="next"`, n))
			listed("dev")(w, nil)
		}))
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
		if v.Reason != ImageNotFound || asked.Load() != 5 {
			t.Errorf("%s after %d pages, want 5", v.Reason, asked.Load())
		}
	})
}

// Wrong tags of one repository need one list, of each tenant's own.
func TestTagListIsKept(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var asked atomic.Int64
		r, _ := serve(t, func(w http.ResponseWriter, req *http.Request) {
			if _, _, ok := req.BasicAuth(); !ok {
				w.Header().Set("WWW-Authenticate", "Basic")
				status(w, http.StatusUnauthorized, "")
				return
			}
			withTags(func(w http.ResponseWriter, r *http.Request) {
				asked.Add(1)
				listed("v1.0.0")(w, r)
			})(w, req)
		})
		for n := range 5 {
			r.Check(t.Context(), Image{Reference: fmt.Sprintf("registry.test/app:v1.0.%d", n+1)}, Pod{Credentials: credentials(t, "u", "p")})
		}
		if asked.Load() != 1 {
			t.Errorf("%d lists, want 1", asked.Load())
		}
		r.Check(t.Context(), Image{Reference: "registry.test/app:v1.0.9"}, Pod{Credentials: credentials(t, "u", "q")})
		if asked.Load() != 2 {
			t.Errorf("%d lists, want another tenant's own", asked.Load())
		}
	})
}

// The verdict is known in time, and the better words are not: they are left out.
func TestExplanationEndsBeforeTheDeadline(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, _ := serve(t, func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodHead {
				<-r.Context().Done()
				return
			}
			status(w, http.StatusNotFound, "")
		})
		ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
		defer cancel()
		if v := r.Check(ctx, Image{Reference: "registry.test/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)}); v.Reason != ImageNotFound {
			t.Errorf("%s %q, want ImageNotFound", v.Reason, v.Message)
		}
	})
}

func TestCredentialOrigin(t *testing.T) {
	account := func(names ...string) func() (ServiceAccount, error) {
		return func() (ServiceAccount, error) { return ServiceAccount{Name: "ci", PullSecrets: names}, nil }
	}
	named := func(host string) []NamedSecret {
		return []NamedSecret{{Name: "regcred", Secret: pullSecret(t, "regcred", host, "u", "wrong")}}
	}
	for name, tc := range map[string]struct {
		secrets []NamedSecret
		account func() (ServiceAccount, error)
		says    string
		not     string
	}{
		"none at all":         {nil, account(), `neither the Pod nor its ServiceAccount "ci" names imagePullSecrets`, ""},
		"supplied, refused":   {named("registry.test"), account("regcred"), `registry.test refuses the credentials of Secret "regcred"; supplied by ServiceAccount "ci"`, ""},
		"supplied, elsewhere": {named("quay.io"), account("regcred"), `Secret "regcred" covers only quay.io; supplied by ServiceAccount "ci"`, ""},
		"not used (C41)":      {named("quay.io"), account("good"), `ServiceAccount "ci" has "good", for Pods that name none`, ""},
		"the Pod's own":       {named("quay.io"), account(), "", "ServiceAccount"},
		"nobody knows":        {named("quay.io"), func() (ServiceAccount, error) { return ServiceAccount{}, errors.New("down") }, "", "ServiceAccount"},
		"a key to mislead":    {named("quay.io/\u202ex"), account(), "covers only quay.io/?x", "\u202e"},
	} {
		runInBubble(t, name, func(t *testing.T) {
			r, _ := serve(t, basic)
			creds := NewCredentials("dev", tc.secrets).OfServiceAccount(tc.account)
			v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: creds})
			if v.Reason != Unauthorized || !strings.Contains(v.Message, tc.says) || tc.not != "" && strings.Contains(v.Message, tc.not) {
				t.Errorf("%s %q, want %q and not %q in it", v.Reason, v.Message, tc.says, tc.not)
			}
		})
	}
}

// The ServiceAccount is read for nobody whose image can be pulled.
func TestServiceAccountIsReadOnlyForWords(t *testing.T) {
	r, _ := serve(t, basic)
	asked := 0
	creds := credentials(t, "u", "p").OfServiceAccount(func() (ServiceAccount, error) {
		asked++
		return ServiceAccount{}, nil
	})
	if v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: creds}); v.Reason != Pullable || asked != 0 {
		t.Errorf("%s, asked %d times", v.Reason, asked)
	}
}

// The Secret is what keeps a public image from being pulled (C14).
func TestSecretThatBreaksAPublicImage(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		r, _ := serve(t, bearer(func(w http.ResponseWriter, req *http.Request) {
			if _, _, ok := req.BasicAuth(); ok || req.Method == http.MethodPost {
				status(w, http.StatusUnauthorized, "")
				return
			}
			giveToken(w, req)
		}))
		v := r.Check(t.Context(), Image{Reference: "registry.test/app:v1"}, Pod{Credentials: credentials(t, "u", "expired")})
		if v.Reason != Unauthorized || !strings.Contains(v.Message, "without a Secret for this registry it could be pulled") {
			t.Errorf("%s %q", v.Reason, v.Message)
		}
	})
}
