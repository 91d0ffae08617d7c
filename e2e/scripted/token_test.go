package scripted

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestTokens(t *testing.T) {
	for label, tc := range map[string]struct {
		auth     Auth
		user     string // "" is nobody
		password string
		post     bool
		status   int
		opens    bool
	}{
		"nobody, private":     {Auth{}, "", "", false, 401, false},
		"nobody, public":      {Auth{Anonymous: AnyToken}, "", "", false, 200, true},
		"nobody, like Hub":    {Auth{Anonymous: UselessToken}, "", "", false, 200, false},
		"GET, good":           {Auth{}, User, Password, false, 200, true},
		"GET, bad":            {Auth{Anonymous: AnyToken}, User, "wrong", false, 401, false},
		"POST, good":          {Auth{}, User, Password, true, 200, true},
		"POST, bad":           {Auth{Anonymous: AnyToken}, User, "wrong", true, 401, false},
		"POST, not supported": {Auth{Post: Statuses{404}}, User, Password, true, 404, false},
	} {
		t.Run(label, func(t *testing.T) {
			tc.auth.Scheme = Bearer
			s, _ := start(t, Behaviour{Auth: tc.auth})
			resp, _ := ask(t, s, "HEAD", "manifests/v1")
			realm := s.URL() + "/token/node/" + name
			if want := `Bearer realm="` + realm + `",service="scripted",scope="repository:team/app:pull"`; resp.Header.Get("Www-Authenticate") != want {
				t.Fatalf("challenge %q, want %q", resp.Header.Get("Www-Authenticate"), want)
			}
			method, form := "GET", url.Values{}
			if tc.post {
				method, form = "POST", url.Values{"grant_type": {"password"}, "username": {tc.user}, "password": {tc.password}}
			}
			resp, body := send(t, method, realm, form.Encode(), func(r *http.Request) {
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				if !tc.post && tc.user != "" {
					r.SetBasicAuth(tc.user, tc.password)
				}
			})
			if resp.StatusCode != tc.status {
				t.Fatalf("%s, want %d", resp.Status, tc.status)
			}
			var answer struct{ Token string }
			if tc.status == 200 {
				if err := json.Unmarshal([]byte(body), &answer); err != nil {
					t.Fatal(err)
				}
			}
			resp, _ = ask(t, s, "HEAD", "manifests/v1", func(r *http.Request) { r.Header.Set("Authorization", "Bearer "+answer.Token) })
			if opens := resp.StatusCode == 200; opens != tc.opens {
				t.Errorf("the token opens: %v, want %v", opens, tc.opens)
			}
		})
	}
}

// A token for two repositories opens those that the client may pull from.
func TestTokenOfTwoRepositories(t *testing.T) {
	s, _ := start(t, Behaviour{Auth: Auth{Scheme: Bearer, Anonymous: AnyToken}})
	if _, err := s.Set("r.io/team/private", Behaviour{Auth: Auth{Scheme: Bearer, Anonymous: UselessToken}}); err != nil {
		t.Fatal(err)
	}
	_, body := send(t, "GET", s.URL()+"/token/node/"+name+"?scope=repository:team/app:pull&scope=repository:team/private:pull", "")
	if !strings.Contains(body, grant(name)) || strings.Contains(body, "private") {
		t.Errorf("token %s", body)
	}
}
