package scripted

import (
	"net/http"
	"strings"
	"testing"
)

func TestFronts(t *testing.T) {
	page := Page{Status: 403, Type: "text/html", Body: "<html>no</html>", Header: []string{"Server: nginx"}}
	type want struct {
		agent, method, target string
		status                int
	}
	const node, pullgate = "containerd/2", "pullgate/1"
	for label, tc := range map[string]struct {
		front Front
		want  []want
	}{
		"for good":        {Front{Page: page}, []want{{node, "HEAD", "manifests/v1", 403}, {pullgate, "GET", "tags/list", 403}, {node, "GET", "manifests/v1", 403}}},
		"no page":         {Front{First: 3}, []want{{node, "HEAD", "manifests/v1", 200}}},
		"pullgate alone":  {Front{Page: page, Sees: SeesPullgate}, []want{{node, "HEAD", "manifests/v1", 200}, {pullgate, "HEAD", "manifests/v1", 403}}},
		"nodes alone":     {Front{Page: page, Sees: SeesNodes}, []want{{node, "HEAD", "manifests/v1", 403}, {pullgate, "HEAD", "manifests/v1", 200}}},
		"HEAD alone":      {Front{Page: page, Only: "HEAD"}, []want{{node, "HEAD", "manifests/v1", 403}, {node, "GET", "manifests/v1", 200}}},
		"manifests alone": {Front{Page: page, At: AtManifests}, []want{{node, "HEAD", "manifests/v1", 403}, {node, "GET", "tags/list", 200}}},
		"the first of all": {Front{Page: page, First: 1}, []want{
			{node, "HEAD", "manifests/v1", 403}, {node, "HEAD", "manifests/v1", 200}, {pullgate, "HEAD", "manifests/v1", 403},
			{node, "GET", "manifests/v1", 403}, {node, "GET", "tags/list", 403}, {node, "GET", "tags/list", 200},
		}},
	} {
		t.Run(label, func(t *testing.T) {
			s, _ := start(t, Behaviour{Front: []Front{tc.front}})
			for _, w := range tc.want {
				resp, body := ask(t, s, w.method, w.target, as(w.agent))
				if resp.StatusCode != w.status {
					t.Errorf("%s %s %s: %s, want %d", w.agent, w.method, w.target, resp.Status, w.status)
				}
				if w.status != 403 {
					continue
				}
				if resp.Header.Get("Content-Type") != "text/html" || resp.Header.Get("Server") != "nginx" || resp.ContentLength != int64(len(page.Body)) {
					t.Errorf("the page has %v", resp.Header)
				}
				if w.method == "GET" && body != page.Body {
					t.Errorf("the page says %q", body)
				}
			}
		})
	}
}

// The first front that stands before a request answers it.
func TestFrontsInOrder(t *testing.T) {
	s, _ := start(t, Behaviour{Front: []Front{
		{Page: Page{Status: 404}, Only: "HEAD"},
		{Page: Page{Status: 404, Type: "application/json", Body: `{"errors":[]}`}},
	}})
	if resp, _ := ask(t, s, "HEAD", "manifests/v1"); resp.StatusCode != 404 || resp.Header.Get("Content-Type") != "" {
		t.Errorf("HEAD: %s %v", resp.Status, resp.Header)
	}
	if _, body := ask(t, s, "GET", "manifests/v1"); body != `{"errors":[]}` {
		t.Errorf("GET: %s", body)
	}
}

func TestFrontOfTheTokenServer(t *testing.T) {
	b := Behaviour{
		Auth:  Auth{Scheme: Bearer, Anonymous: AnyToken},
		Front: []Front{{Page: Page{Status: 403, Type: "text/plain", Body: "banned"}, At: AtToken, Sees: SeesPullgate}},
	}
	s, _ := start(t, b)
	for side, want := range map[Side]int{Node: 200, SecondNode: 200, Pullgate: 403} {
		if resp, _ := send(t, "GET", s.URL()+"/token/"+string(side)+"/"+name, ""); resp.StatusCode != want {
			t.Errorf("%s: %s, want %d", side, resp.Status, want)
		}
	}
	if resp, _ := ask(t, s, "HEAD", "manifests/v1"); resp.StatusCode != 401 {
		t.Errorf("the registry: %s", resp.Status)
	}
}

func TestLoginPage(t *testing.T) {
	s, _ := start(t, Behaviour{Front: []Front{{Page: Page{Status: 302, Header: []string{"Location: " + LoginPath}}}}})
	resp, _ := ask(t, s, "HEAD", "manifests/v1")
	if resp.StatusCode != 302 || resp.Header.Get("Location") != LoginPath {
		t.Fatalf("%s %v", resp.Status, resp.Header)
	}
	if resp, body := send(t, "GET", s.URL()+LoginPath, ""); resp.StatusCode != 200 || !strings.Contains(body, "<html>") {
		t.Errorf("%s: %s", resp.Status, body)
	}
}

func TestSecondNode(t *testing.T) {
	s, _ := start(t, Behaviour{Head: Statuses{503, 200}})
	for range 2 {
		_, _ = ask(t, s, "HEAD", "manifests/v1")
	}
	second := func() int {
		resp, _ := ask(t, s, "HEAD", "manifests/v1", func(r *http.Request) { r.Header.Set(SecondHeader, "yes") })
		return resp.StatusCode
	}
	if got := []int{second(), second()}; got[0] != 503 || got[1] != 200 {
		t.Errorf("the second node sees %v, want the sequence from its start", got)
	}
	if all := s.Requests(name); all[3].Side != SecondNode {
		t.Errorf("it is taken for %s", all[3].Side)
	}
}
