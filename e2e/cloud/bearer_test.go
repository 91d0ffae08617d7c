package cloud

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Google's and Azure's registries have token servers, which is where a password goes.
func TestTokenServers(t *testing.T) {
	for host, tc := range map[string]struct {
		user                          string
		denied                        int
		deniedWords, missing, nowhere string
	}{
		googleHost: {GoogleUser, 403, "(or it may not exist)", `Failed to fetch \"v2\"`, `Repository \"team/ap\" not found`},
		azureHost:  {AzureUser, 401, "authentication required", `manifest tagged by \"v2\" is not found`, "repository name not known to registry"},
	} {
		t.Run(host, func(t *testing.T) {
			c := stocked(t)
			c.SetRole(Role{Name: "pullgate", Pull: []string{host + "/team/"}})
			resp, _ := ask(t, c, asking{host: host, path: "team/app/manifests/v1"})
			want := `Bearer realm="` + c.URL() + "/token/" + host + `",service="` + host + `",scope="repository:team/app:pull"`
			if got := resp.Header.Get("Www-Authenticate"); resp.StatusCode != 401 || got != want {
				t.Fatalf("%s, challenge %s, want %s", resp.Status, got, want)
			}
			realm := c.URL() + "/token/" + host
			password := c.Issue("pullgate")
			token := func(how, user, password string) string {
				t.Helper()
				var body string
				if how == http.MethodPost {
					_, body = send(t, how, realm, url.Values{"grant_type": {"password"}, "username": {user}, "password": {password}}.Encode(), asking{})
				} else {
					_, body = send(t, how, realm, "", asking{user: user, password: password})
				}
				var a struct{ Token string }
				if err := json.Unmarshal([]byte(body), &a); err != nil {
					t.Fatalf("%v: %s", err, body)
				}
				return a.Token
			}
			for _, how := range []string{http.MethodGet, http.MethodPost} {
				if got := token(how, tc.user, "x"); got != "" {
					t.Errorf("%s: a wrong password gives %q", how, got)
				}
				if got := token(how, "AWS", password); got != "" {
					t.Errorf("%s: a wrong user gives %q", how, got)
				}
			}
			if got := token(http.MethodGet, "", ""); got != "" {
				t.Errorf("nobody is given %q", got)
			}
			bearer := token(http.MethodPost, tc.user, password)
			for path, want := range map[string]struct {
				status int
				words  string
			}{
				"team/app/manifests/v1":  {200, "schemaVersion"},
				"team/app/manifests/v2":  {404, tc.missing},
				"team/ap/manifests/v1":   {404, tc.nowhere},
				"other/app/manifests/v1": {tc.denied, tc.deniedWords},
				"none/app/manifests/v1":  {tc.denied, tc.deniedWords},
			} {
				resp, body := ask(t, c, asking{host: host, path: path, token: bearer})
				if resp.StatusCode != want.status || !strings.Contains(body, want.words) {
					t.Errorf("%s: %s %s, want %d and %s", path, resp.Status, body, want.status, want.words)
				}
			}
			// What anybody may look at.
			c.SetRole(Role{Pull: []string{host + "/other/"}})
			anonymous := token(http.MethodGet, "", "")
			if resp, _ := ask(t, c, asking{host: host, path: "other/app/manifests/v1", token: anonymous}); resp.StatusCode != 200 {
				t.Errorf("public: %s", resp.Status)
			}
			if resp, _ := ask(t, c, asking{host: host, path: "team/app/manifests/v1", token: anonymous}); resp.StatusCode != tc.denied {
				t.Errorf("private: %s", resp.Status)
			}
			c.Revoke("pullgate")
			if resp, _ := ask(t, c, asking{host: host, path: "team/app/manifests/v1", token: bearer}); resp.StatusCode != 401 {
				t.Errorf("revoked: %s", resp.Status)
			}
		})
	}
}
