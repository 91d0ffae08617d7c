package cloud

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/scripted"
)

const (
	googleHost = "europe-docker.pkg.dev"
	azureHost  = "acme.azurecr.io"
)

// stocked is a Cloud whose registries have the repository team/app with the tag v1, and
// cache/nginx.
func stocked(t *testing.T) *Cloud {
	t.Helper()
	images, err := scripted.Start(scripted.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(images.Close)
	for _, host := range []string{Host, googleHost, azureHost} {
		for _, name := range []string{"/team/app", "/other/app", "/cache/nginx"} {
			if _, err := images.Set(host+name, scripted.Behaviour{}); err != nil {
				t.Fatal(err)
			}
		}
	}
	content, err := Behind(images.URL())
	if err != nil {
		t.Fatal(err)
	}
	return start(t, Options{Content: content})
}

// asking is how a registry is asked.
type asking struct {
	host, path, method string
	user, password     string
	token              string
}

func ask(t *testing.T, c *Cloud, a asking) (*http.Response, string) {
	t.Helper()
	if a.method == "" {
		a.method = http.MethodGet
	}
	return send(t, a.method, c.URL()+"/v2/"+a.path+"?ns="+a.host, "", a)
}

func send(t *testing.T, method, to, body string, a asking) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	if body != "" {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if a.user != "" {
		req.SetBasicAuth(a.user, a.password)
	}
	if a.token != "" {
		req.Header.Set("Authorization", "Bearer "+a.token)
	}
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(content)
}

// ECR judges by the identity behind the password before it looks for the image.
func TestECRRegistry(t *testing.T) {
	c := stocked(t)
	c.SetRole(Role{Name: "stranger"})
	c.SetRole(Role{Name: "puller", Pull: []string{Host + "/team/"}, NoTags: true})
	passwords := map[string]string{"": "", "unknown": "x", "pullgate": c.Issue("pullgate"), "stranger": c.Issue("stranger"), "puller": c.Issue("puller")}
	c.SetRole(Role{Name: "late", Pull: []string{""}})
	passwords["late"] = c.Issue("late")
	c.Expire("late")
	passwords["far"] = c.issue("pullgate", "us-east-1").text
	for name, tc := range map[string]struct {
		as, path string
		status   int
		words    string
	}{
		"there":                           {"pullgate", "team/app/manifests/v1", 200, `"schemaVersion":2`},
		"ping":                            {"pullgate", "", 200, ""},
		"ping by nobody":                  {"", "", 401, "Not Authorized"},
		"nobody":                          {"", "team/app/manifests/v1", 401, "Not Authorized"},
		"unknown password":                {"unknown", "team/app/manifests/v1", 401, "Not Authorized"},
		"another region's password":       {"far", "team/app/manifests/v1", 401, "Not Authorized"},
		"expired":                         {"late", "team/app/manifests/v1", 403, `"DENIED","message":"Your authorization token has expired`},
		"no right":                        {"stranger", "team/app/manifests/v1", 403, "not authorized to perform: ecr:BatchGetImage on resource: arn:aws:ecr:eu-west-1:111122223333:repository/team/app"},
		"no right, and nothing there":     {"stranger", "none/app/manifests/v1", 403, `"DENIED"`},
		"another's":                       {"pullgate", "other/app/manifests/v1", 403, `"DENIED"`},
		"missing tag":                     {"pullgate", "team/app/manifests/v2", 404, `"MANIFEST_UNKNOWN","message":"Requested image not found"`},
		"missing digest":                  {"pullgate", "team/app/manifests/sha256:" + strings.Repeat("a", 64), 404, `"MANIFEST_UNKNOWN"`},
		"missing repository":              {"pullgate", "team/ap/manifests/v1", 404, `"NAME_UNKNOWN","message":"The repository with name 'team/ap' does not exist in the registry with id '111122223333'"`},
		"missing blob":                    {"pullgate", "team/app/blobs/sha256:" + strings.Repeat("a", 64), 404, `"BLOB_UNKNOWN"`},
		"tags":                            {"pullgate", "team/app/tags/list", 200, `"v1"`},
		"tags of nothing":                 {"pullgate", "team/ap/tags/list", 404, `"NAME_UNKNOWN"`},
		"tags of who may only pull":       {"puller", "team/app/tags/list", 403, `"DENIED"`},
		"manifest of who may only pull":   {"puller", "team/app/manifests/v1", 200, "schemaVersion"},
		"repository with slashes in name": {"pullgate", "team/app/of/many/parts/manifests/v1", 404, `"NAME_UNKNOWN"`},
	} {
		t.Run(name, func(t *testing.T) {
			a := asking{host: Host, path: tc.path}
			if tc.as != "" {
				a.user, a.password = "AWS", passwords[tc.as]
			}
			resp, body := ask(t, c, a)
			if resp.StatusCode != tc.status || !strings.Contains(strings.ReplaceAll(body, `"code":`, ""), tc.words) {
				t.Errorf("%s: %s, want %d and %s", resp.Status, body, tc.status, tc.words)
			}
			challenge := ""
			if tc.status == 401 {
				challenge = `Basic realm="https://` + Host + `/",service="ecr.amazonaws.com"`
			}
			if got := resp.Header.Get("Www-Authenticate"); got != challenge {
				t.Errorf("challenge %q, want %q", got, challenge)
			}
			a.method = http.MethodHead
			if head, _ := ask(t, c, a); head.StatusCode != tc.status || head.Header.Get("Docker-Content-Digest") != resp.Header.Get("Docker-Content-Digest") {
				t.Errorf("HEAD: %s %v, and GET: %s %v", head.Status, head.Header, resp.Status, resp.Header)
			}
		})
	}
}

// The user that goes with the password counts too.
func TestUser(t *testing.T) {
	c := stocked(t)
	if resp, _ := ask(t, c, asking{host: Host, path: "team/app/manifests/v1", user: "aws", password: c.Issue("pullgate")}); resp.StatusCode != 401 {
		t.Errorf("another user: %s", resp.Status)
	}
}

func TestRevoke(t *testing.T) {
	c := stocked(t)
	a := asking{host: Host, path: "team/app/manifests/v1", user: "AWS", password: c.Issue("pullgate")}
	if resp, _ := ask(t, c, a); resp.StatusCode != 200 {
		t.Fatalf("before: %s", resp.Status)
	}
	c.Revoke("pullgate")
	if resp, _ := ask(t, c, a); resp.StatusCode != 401 {
		t.Errorf("after: %s", resp.Status)
	}
	a.password = c.Issue("pullgate")
	if resp, _ := ask(t, c, a); resp.StatusCode != 200 {
		t.Errorf("a new one: %s", resp.Status)
	}
	if r := c.Requests(Registry); len(r) != 3 || r[0].Role != "pullgate" || r[1].Status != 401 || r[2].Path != Host+"/v2/team/app/manifests/v1" {
		t.Errorf("requests %+v", r)
	}
}

// A repository of a pull-through cache is not there until somebody asks who may import.
func TestPullThrough(t *testing.T) {
	c := stocked(t)
	c.SetRole(Role{Name: "pullgate", Pull: []string{Host + "/cache/"}})
	c.Hide(Host + "/cache/nginx")
	ours := asking{host: Host, path: "cache/nginx/manifests/v1", user: "AWS", password: c.Issue("pullgate")}
	theirs := asking{host: Host, path: ours.path, user: "AWS", password: c.Issue("node"), method: http.MethodHead}
	if resp, body := ask(t, c, ours); resp.StatusCode != 404 || !strings.Contains(body, codeNoRepository) {
		t.Errorf("before: %s %s", resp.Status, body)
	}
	if resp, _ := ask(t, c, asking{host: Host, path: "cache/nginx/tags/list", user: "AWS", password: theirs.password}); resp.StatusCode != 404 {
		t.Errorf("a list of tags imports: %s", resp.Status)
	}
	if resp, _ := ask(t, c, theirs); resp.StatusCode != 200 {
		t.Errorf("the node: %s", resp.Status)
	}
	if resp, _ := ask(t, c, ours); resp.StatusCode != 200 {
		t.Errorf("after: %s", resp.Status)
	}
}

func TestRegistryStates(t *testing.T) {
	c := stocked(t)
	password := c.Issue("pullgate")
	for state, want := range map[State]struct {
		status int
		code   string
	}{Denied: {403, "DENIED"}, Throttled: {429, "TOOMANYREQUESTS"}, Unavailable: {503, "UNAVAILABLE"}, Well: {200, "schemaVersion"}} {
		c.Set(Registry, state)
		resp, body := ask(t, c, asking{host: Host, path: "team/app/manifests/v1", user: "AWS", password: password})
		if resp.StatusCode != want.status || !strings.Contains(body, want.code) {
			t.Errorf("%v: %s %s, want %d %s", state, resp.Status, body, want.status, want.code)
		}
	}
}

// What is behind the front gets to see no credential, and which registry was asked.
func TestBehind(t *testing.T) {
	var seen http.Header
	var query string
	images := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { seen, query = r.Header.Clone(), r.URL.RawQuery }))
	defer images.Close()
	content, err := Behind(images.URL)
	if err != nil {
		t.Fatal(err)
	}
	c := start(t, Options{Content: content})
	if resp, _ := ask(t, c, asking{host: Host, path: "team/app/manifests/v1", user: "AWS", password: c.Issue("pullgate")}); resp.StatusCode != 200 {
		t.Fatal(resp.Status)
	}
	if seen.Get("Authorization") != "" || query != "ns="+Host {
		t.Errorf("it saw %v, and was asked with %q", seen, query)
	}
	if _, err := Behind("%"); err == nil {
		t.Error("no error")
	}
}
