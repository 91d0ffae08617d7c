package tokens

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"k8s.io/client-go/rest"

	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

// project fills a folder as a kubelet does: with links into a folder that a link leads
// to, which is replaced as a whole.
func project(t *testing.T, dir, version string, files map[string]string) {
	t.Helper()
	inner := filepath.Join(dir, "..version_"+version)
	if err := os.Mkdir(inner, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(inner, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(dir, name)); err != nil && !os.IsExist(err) {
			t.Fatal(err)
		}
	}
	next := filepath.Join(dir, "..data_tmp")
	if err := os.Symlink(filepath.Base(inner), next); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, filepath.Join(dir, "..data")); err != nil {
		t.Fatal(err)
	}
}

func (a *api) own(t *testing.T, dir string, api APIServer) *Own {
	t.Helper()
	o, err := NewOwn(webhook.NewServiceAccounts(a), dir, api)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestOwn(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	good := signed(t, ownClaims("one", []string{sts}, soon))
	stale := signed(t, ownClaims("one", []string{"stale.example.com"}, time.Now().Add(-time.Minute)))
	apiServer := NewAPIServer(&rest.Config{BearerToken: signed(t, map[string]any{"aud": "own-api"})})
	dir := t.TempDir()
	project(t, dir, "1", map[string]string{
		"a-file":     "no token",
		"b-large":    signed(t, ownClaims("one", []string{"large.example.com"}, soon)) + strings.Repeat(" ", maxFile),
		"c-nobody":   signed(t, map[string]any{"aud": []string{sts}, "exp": soon.Unix()}),
		"d-api":      signed(t, ownClaims("one", []string{"own-api", "both.example.com"}, soon)),
		"e-other":    signed(t, ownClaims("other", []string{"other.example.com"}, soon)),
		"token-0":    good + "\n",
		"token-1":    stale,
		"token-last": signed(t, ownClaims("one", "text.example.com", soon)),
	})
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	const missing = ": mount one, a projected serviceAccountToken, in the folder of --image-credential-token-dir"
	for audience, want := range map[string]struct{ token, err string }{
		sts:                              {token: good},
		"text.example.com":               {token: signed(t, ownClaims("one", "text.example.com", soon))},
		"none.example.com":               {err: `pullgate has no token of its own for "none.example.com"` + missing},
		"both.example.com":               {err: `pullgate has no token of its own for "both.example.com"` + missing}, // it is good for the API server too
		"large.example.com":              {err: `pullgate has no token of its own for "large.example.com"` + missing},
		"other.example.com":              {err: `pullgate has no token of its own for "other.example.com"` + missing},
		"stale.example.com":              {err: `pullgate's own token for "stale.example.com" has expired: the kubelet has not renewed it`},
		"own-api":                        {err: `it asks for tokens for the API server itself ("own-api"): give it an audience of its own`},
		"https://kubernetes.default.svc": {err: `it asks for tokens for the API server itself ("https://kubernetes.default.svc"): give it an audience of its own`},
	} {
		got, err := newAPI().own(t, dir, apiServer).Token(t.Context(), identity(), audience)
		if got != want.token || said(err) != want.err {
			t.Errorf("%s: %.20q, %v, want %.20q, %s", audience, got, err, want.token, want.err)
		}
	}
}

// What the kubelet has renewed is used from then on.
func TestOwnRenewed(t *testing.T) {
	dir := t.TempDir()
	o := newAPI().own(t, dir, APIServer{})
	for n, version := range []string{"1", "2"} {
		token := signed(t, ownClaims("one", []string{sts}, time.Now().Add(time.Duration(n+1)*time.Hour)))
		project(t, dir, version, map[string]string{"token-0": token})
		if got, err := o.Token(t.Context(), identity(), sts); err != nil || got != token {
			t.Errorf("version %s: %.20q, %v", version, got, err)
		}
	}
}

// Whoever's the Pod is, the ServiceAccount is the token's.
func TestOwnIdentify(t *testing.T) {
	a := newAPI()
	a.set("one", map[string]string{"role": "x"})
	dir := t.TempDir()
	o := a.own(t, dir, APIServer{})
	pods := provider.Account{Namespace: "other", Name: "default", Template: true}
	fails := func(want string) {
		t.Helper()
		if got, err := o.Identify(t.Context(), pods); said(err) != want {
			t.Errorf("%+v, %v, want %s", got, err, want)
		}
	}
	fails("pullgate has no token of its own: the folder of --image-credential-token-dir has none")

	token := signed(t, ownClaims("one", []string{sts}, time.Now().Add(time.Hour)))
	project(t, dir, "1", map[string]string{"token-0": token})
	for _, cached := range []bool{false, true} {
		want := provider.Identity{Namespace: team, Name: builder, UID: "one", Annotations: map[string]string{"role": "x"}, Cached: cached}
		got, err := o.Identify(t.Context(), pods)
		if diff := cmp.Diff(want, got); err != nil || diff != "" {
			t.Errorf("%v, (-want +got):\n%s", err, diff)
		}
	}
	// It is made anew, and the kubelet sees that before pullgate does.
	a.set("two", nil)
	project(t, dir, "2", map[string]string{"token-0": signed(t, ownClaims("two", []string{sts}, time.Now().Add(time.Hour)))})
	if got, err := o.Identify(t.Context(), pods); err != nil || got.UID != "two" || got.Cached {
		t.Errorf("%+v, %v", got, err)
	}
	a.set("three", nil)
	pods.Anew = true
	fails(`ServiceAccount "team/builder" was made anew after its token`)
	delete(a.accounts, team+"/"+builder)
	fails(`ServiceAccount "team/builder" does not exist`)

	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	fails("pullgate cannot read the folder of --image-credential-token-dir")
	if _, err := o.Token(t.Context(), identity(), sts); said(err) != "pullgate cannot read the folder of --image-credential-token-dir" {
		t.Error(err)
	}
	o = a.own(t, "", APIServer{})
	fails("pullgate has no tokens of its own: it runs without --image-credential-token-dir")
}

func TestNoFolder(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for dir, want := range map[string]string{file: " is not a folder", file + "-not": "no such file"} {
		if _, err := NewOwn(nil, dir, APIServer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want one with %q", err, want)
		}
	}
}

func TestWarnings(t *testing.T) {
	dir := t.TempDir()
	project(t, dir, "1", map[string]string{"token-0": signed(t, ownClaims("one", []string{sts}, time.Now().Add(time.Hour)))})
	const (
		nobody = `credentialProviders.tokens is "%", and no credential provider has tokenAttributes: nobody gets a token`
		fail   = `credentialProviders.tokens is "%", and providers for `
		itself = `"api" will fail: it asks for tokens for the API server itself ("api"): give it an audience of its own`
	)
	for name, tc := range map[string]struct {
		mode      provider.TokenMode
		audiences []string
		dir       string
		want      []string
	}{
		"none":                  {provider.NoTokens, []string{sts, "api"}, "", nil},
		"nothing said":          {"", []string{sts}, "", nil},
		"pod, good":             {provider.PodTokens, []string{sts}, "", nil},
		"pod, no provider":      {provider.PodTokens, nil, "", []string{nobody}},
		"pod, bad audience":     {provider.PodTokens, []string{sts, "api"}, "", []string{fail + itself}},
		"own, good":             {provider.OwnTokens, []string{sts}, dir, nil},
		"own, no provider":      {provider.OwnTokens, nil, dir, []string{nobody}},
		"own, bad audience":     {provider.OwnTokens, []string{"api"}, dir, []string{fail + itself}},
		"own, without a folder": {provider.OwnTokens, []string{sts}, "", []string{fail + `"sts.example.com" will fail: pullgate has no tokens of its own: it runs without --image-credential-token-dir`}},
		"own, another audience": {provider.OwnTokens, []string{"x", sts}, dir, []string{fail +
			`"x" will fail: pullgate has no token of its own for "x": mount one, a projected serviceAccountToken, in the folder of --image-credential-token-dir`}},
	} {
		t.Run(name, func(t *testing.T) {
			var want []string
			for _, w := range tc.want {
				want = append(want, strings.ReplaceAll(w, "%", string(tc.mode)))
			}
			if diff := cmp.Diff(want, Warnings(tc.mode, tc.audiences, newAPI().own(t, tc.dir, APIServer{}))); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}
