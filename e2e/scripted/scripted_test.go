package scripted

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const name = "r.io/team/app"

func start(t *testing.T, b Behaviour) (*Server, Image) {
	t.Helper()
	s, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	image, err := s.Set(name, b)
	if err != nil {
		t.Fatal(err)
	}
	return s, image
}

// ask sends a request about the repository; target is what follows its name.
func ask(t *testing.T, s *Server, method, target string, set ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	return send(t, method, s.URL()+"/v2/team/app/"+target+"?ns=r.io", "", set...)
}

func send(t *testing.T, method, to, body string, set ...func(*http.Request)) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, to, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range set {
		f(req)
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

func as(agent string) func(*http.Request) {
	return func(r *http.Request) { r.Header.Set("User-Agent", agent) }
}

func TestWellBehaved(t *testing.T) {
	s, image := start(t, Behaviour{})
	resp, _ := ask(t, s, "HEAD", "manifests/v1")
	if resp.StatusCode != 200 || resp.Header.Get("Docker-Content-Digest") != image.Digest || resp.ContentLength <= 0 {
		t.Errorf("HEAD: %s %v", resp.Status, resp.Header)
	}
	_, body := ask(t, s, "GET", "manifests/"+image.Digest)
	var m struct {
		Config struct{ Digest string }
		Layers []struct{ Digest string }
	}
	if err := json.Unmarshal([]byte(body), &m); err != nil || len(m.Layers) != 1 {
		t.Fatalf("%v: %s", err, body)
	}
	for _, digest := range []string{m.Config.Digest, m.Layers[0].Digest} {
		if resp, _ := ask(t, s, "GET", "blobs/"+digest); resp.StatusCode != 200 {
			t.Errorf("blob %s: %s", digest, resp.Status)
		}
	}
	if resp, _ := ask(t, s, "HEAD", "manifests/v2"); resp.StatusCode != 404 {
		t.Errorf("another tag: %s", resp.Status)
	}
}

func TestStatusesBySide(t *testing.T) {
	s, _ := start(t, Behaviour{Head: Statuses{503, 200}})
	for _, agent := range []string{"containerd/2", "pullgate/1"} {
		for i, want := range []int{503, 200, 200} {
			if resp, _ := ask(t, s, "HEAD", "manifests/v1", as(agent)); resp.StatusCode != want {
				t.Errorf("%s: HEAD %d is %s, want %d", agent, i, resp.Status, want)
			}
		}
	}
	var got []Side
	for _, r := range s.Requests(name) {
		got = append(got, r.Side)
	}
	if diff := cmp.Diff([]Side{Node, Node, Node, Pullgate, Pullgate, Pullgate}, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

func TestAnswers(t *testing.T) {
	for label, tc := range map[string]struct {
		b      Behaviour
		method string
		target string
		status int
		header map[string]string // "" is a header that is left out
	}{
		"no digest":     {Behaviour{Headers: Headers{Digest: Absent}}, "HEAD", "manifests/v1", 200, map[string]string{"Docker-Content-Digest": ""}},
		"invalid":       {Behaviour{Headers: Headers{Digest: Invalid}}, "HEAD", "manifests/v1", 200, map[string]string{"Docker-Content-Digest": "sha256:x"}},
		"no length":     {Behaviour{Headers: Headers{Length: Absent}}, "HEAD", "manifests/v1", 200, map[string]string{"Content-Length": ""}},
		"too long":      {Behaviour{Headers: Headers{Length: Big}}, "HEAD", "manifests/v1", 200, map[string]string{"Content-Length": "8388608"}},
		"no type":       {Behaviour{Headers: Headers{Type: Absent}}, "GET", "manifests/v1", 200, map[string]string{"Content-Type": ""}},
		"other type":    {Behaviour{Headers: Headers{Type: "text/plain"}}, "HEAD", "manifests/v1", 200, map[string]string{"Content-Type": "text/plain"}},
		"rate limited":  {Behaviour{Gate: Statuses{429}, Headers: Headers{RetryAfter: "9"}}, "HEAD", "manifests/v1", 429, map[string]string{"Retry-After": "9"}},
		"redirect":      {Behaviour{Redirect: Redirect{Hops: 1}}, "HEAD", "manifests/v1", 307, map[string]string{"Location": "/hop/1/" + name + "/manifests/v1?ns=r.io"}},
		"bare redirect": {Behaviour{Head: Statuses{302}}, "HEAD", "manifests/v1", 302, map[string]string{"Location": ""}},
		"mute":          {Behaviour{Auth: Auth{Scheme: Mute}}, "HEAD", "manifests/v1", 401, map[string]string{"Www-Authenticate": ""}},
		"basic":         {Behaviour{Auth: Auth{Scheme: Basic}}, "HEAD", "manifests/v1", 401, map[string]string{"Www-Authenticate": `Basic realm="scripted"`}},
		"tags":          {Behaviour{}, "GET", "tags/list", 200, nil},
	} {
		t.Run(label, func(t *testing.T) {
			s, _ := start(t, tc.b)
			resp, _ := ask(t, s, tc.method, tc.target)
			if resp.StatusCode != tc.status {
				t.Errorf("%s, want %d", resp.Status, tc.status)
			}
			for key, want := range tc.header {
				if got := resp.Header.Get(key); got != want {
					t.Errorf("%s = %q, want %q", key, got, want)
				}
			}
		})
	}
}

func TestDrop(t *testing.T) {
	s, _ := start(t, Behaviour{Gate: Statuses{Drop}})
	req, err := http.NewRequestWithContext(t.Context(), http.MethodHead, s.URL()+"/v2/team/app/manifests/v1?ns=r.io", nil)
	if err != nil {
		t.Fatal(err)
	}
	if resp, err := (&http.Transport{}).RoundTrip(req); err == nil {
		t.Errorf("an answer: %s", resp.Status)
	}
}

func TestRedirectsEnd(t *testing.T) {
	s, _ := start(t, Behaviour{Redirect: Redirect{Hops: 2}})
	for hop, want := range []int{307, 307, 200} {
		target := "/v2/team/app/manifests/v1?ns=r.io"
		if hop > 0 {
			target = "/hop/" + string(rune('0'+hop)) + "/" + name + "/manifests/v1"
		}
		if resp, _ := send(t, "HEAD", s.URL()+target, ""); resp.StatusCode != want {
			t.Errorf("hop %d: %s, want %d", hop, resp.Status, want)
		}
	}
}

func TestBehaviourIsData(t *testing.T) {
	b := Behaviour{
		Content: Content{Kind: Index, Children: []Child{{Platform: "linux/arm64"}, {Config: "linux/amd64"}, {Children: []Child{}, Size: "+1"}}},
		Head:    Statuses{405}, Headers: Headers{Type: Absent}, Auth: Auth{Scheme: Bearer, Token: "html"},
		Front: []Front{{Page: Page{Status: 403, Type: "text/html", Header: []string{"Server: nginx"}}, Sees: SeesPullgate, First: 2}}, Blobs: Blobs{Redirect: Signed},
	}
	var again Behaviour
	if err := json.Unmarshal([]byte(b.String()), &again); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(b, again); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestContentDependsOnTheName(t *testing.T) {
	s, one := start(t, Behaviour{Content: Content{Kind: Index}})
	again, err := s.Set(name, Behaviour{Content: Content{Kind: Index}, Gate: Statuses{404}})
	if err != nil || again != one {
		t.Errorf("set again: %v, %v, want %v", again, err, one)
	}
	if other, err := s.Set("r.io/team/other", Behaviour{Content: Content{Kind: Index}}); err != nil || other == one {
		t.Errorf("another name: %v, %v", other, err)
	}
	for _, kind := range []string{"", DockerImage, DockerList, Helm, ORAS, Schema1} {
		if _, err := s.Set(name, Behaviour{Content: Content{Kind: kind}}); err != nil {
			t.Errorf("kind %q: %v", kind, err)
		}
	}
	if _, err := s.Set(name, Behaviour{Content: Content{Kind: "nothing"}}); err == nil {
		t.Error("a kind that there is not")
	}
}
