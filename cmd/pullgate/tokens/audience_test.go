package tokens

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"k8s.io/client-go/rest"
)

func TestRefuse(t *testing.T) {
	soon := time.Now().Add(time.Hour)
	own := signed(t, map[string]any{"iss": "https://oidc.example.com/id/1", "aud": []string{"https://api.example.com", "second"}, "exp": soon.Unix()})
	file := filepath.Join(t.TempDir(), "token")
	write := func(content string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write(own + "\n")
	inCluster := NewAPIServer(&rest.Config{BearerToken: signed(t, map[string]any{"aud": "of-the-start"}), BearerTokenFile: file})
	kubeconfig := NewAPIServer(&rest.Config{BearerToken: own})
	certificate := NewAPIServer(&rest.Config{})
	const (
		usual = "https://kubernetes.default.svc.cluster.local"
		none  = "it asks for tokens without an audience, which are for the API server itself"
	)
	itself := func(audience string) string {
		return `it asks for tokens for the API server itself ("` + audience + `"): give it an audience of its own`
	}
	for n, tc := range []struct {
		api      APIServer
		audience string
		want     string
	}{
		{APIServer{}, "sts.example.com", ""},
		{APIServer{}, "", none},
		{APIServer{}, usual, itself(usual)},
		{certificate, usual, itself(usual)},
		{certificate, "second", ""},
		{kubeconfig, "second", itself("second")},
		{kubeconfig, "https://oidc.example.com/id/1", itself("https://oidc.example.com/id/1")},
		{kubeconfig, usual, itself(usual)},
		{kubeconfig, "sts.example.com", ""},
		{inCluster, "", none},
		{inCluster, "https://api.example.com", itself("https://api.example.com")},
		{inCluster, "of-the-start", ""},
		{inCluster, "api://AzureADTokenExchange", ""},
	} {
		err := tc.api.refuse(tc.audience)
		if got := said(err); got != tc.want {
			t.Errorf("%d: %q, want %q", n, got, tc.want)
		}
	}
	// The kubelet writes another.
	write(signed(t, map[string]any{"aud": []string{"third"}}))
	if err := inCluster.refuse("third"); err == nil {
		t.Error("the file is not read again")
	}
	for _, broken := range []string{"", "no token", own[:len(own)/2]} {
		write(broken)
		if inCluster.refuse(usual) == nil || inCluster.refuse("sts.example.com") != nil {
			t.Errorf("with %.20q in the file", broken)
		}
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if inCluster.refuse(usual) == nil || inCluster.refuse("sts.example.com") != nil {
		t.Error("without the file")
	}
}

func said(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestClaims(t *testing.T) {
	c, err := claimsOf(signed(t, ownClaims("one", []string{sts}, time.Unix(1_800_000_000, 0))))
	if err != nil || !c.Audiences.has(sts) || c.Issuer != "https://issuer.example.com" || !c.Subject.is(team, builder, "one") || c.Expires != 1_800_000_000 {
		t.Errorf("%+v, %v", c, err)
	}
	if c, err := claimsOf(signed(t, map[string]any{"aud": sts})); err != nil || !c.Audiences.has(sts) || c.expired() {
		t.Errorf("one audience, which is no list: %+v, %v", c, err)
	}
	const secret = "c2VjcmV0LXNlY3JldA"
	for name, token := range map[string]string{
		"nothing":          "",
		"two parts":        secret + "." + secret,
		"four parts":       strings.Repeat(secret+".", 3) + secret,
		"no base64":        "a." + secret + "!.c",
		"no JSON":          "a." + secret + ".c",
		"a list":           "a.WzFd.c",
		"a bad audience":   signed(t, map[string]any{"aud": map[string]string{secret: secret}}),
		"numbers":          signed(t, map[string]any{"aud": []int{1}}),
		"a text as expiry": signed(t, map[string]any{"exp": secret}),
	} {
		if c, err := claimsOf(token); err == nil || strings.Contains(err.Error(), secret) || c.Issuer != "" {
			t.Errorf("%s: %+v, %v", name, c, err)
		}
	}
}
