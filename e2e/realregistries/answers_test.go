package realregistries

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"text/tabwriter"
)

// TestAnswers shows what the registries answer where they have not what is asked for:
// what resolver/registry has to recognise as a registry's word. It fails only where one
// does not refuse.
func TestAnswers(t *testing.T) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "\nregistry\tasked for\trequest\tstatus\tContent-Type\tApi-Version\tchallenge\terror list")
	for _, p := range programs() {
		t.Run(p.name, func(t *testing.T) {
			s := p.start(t)
			for _, path := range []string{repository + "/manifests/" + noTag, noRepo + "/manifests/" + tag, repository + "/manifests/" + noDigest} {
				what := strings.TrimSuffix(path, noDigest[len("sha256:0123"):])
				authorization := s.authorization(t, path)
				for _, method := range []string{http.MethodHead, http.MethodGet} {
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.name, what, method, s.refusal(t, method, path, authorization))
				}
			}
			if !s.login {
				return
			}
			for _, method := range []string{http.MethodHead, http.MethodGet} {
				fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", p.name, "without login", method, s.refusal(t, method, repository+"/manifests/"+tag, ""))
			}
		})
	}
	w.Flush()
	t.Log(table.String())
}

// refusal asks as a node does, and tells in one row of the table how it is refused.
func (s server) refusal(t *testing.T, method, path, authorization string) string {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.url+"/v2/"+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Accept", "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json, */*")
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	header, status, body := send(t, req)
	if status < 400 || status > 499 {
		t.Errorf("%s %s: %d, want a refusal", method, path, status)
	}
	scheme, _, _ := strings.Cut(header.Get("WWW-Authenticate"), " ")
	var list struct{ Errors []struct{ Code string } }
	codes := "none"
	if json.Unmarshal(body, &list) == nil && len(list.Errors) > 0 {
		codes = list.Errors[0].Code
	}
	return fmt.Sprintf("%d\t%s\t%s\t%s\t%s", status,
		or(header.Get("Content-Type")), or(header.Get("Docker-Distribution-Api-Version")), or(scheme), codes)
}

// authorization is what a node sends to the registry after logging in.
func (s server) authorization(t *testing.T, path string) string {
	t.Helper()
	name, _, _ := strings.Cut(path, "/manifests/")
	to := s.url + "/v2/"
	if s.realm != "" {
		to = s.realm + "/token?" + url.Values{"scope": {"repository:" + name + ":pull"}}.Encode()
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, to, nil)
	if err != nil {
		t.Fatal(err)
	}
	switch req.SetBasicAuth(user, password); {
	case !s.login:
		return ""
	case s.realm == "":
		return req.Header.Get("Authorization")
	}
	var answer struct{ Token string }
	_, status, body := send(t, req)
	if err := json.Unmarshal(body, &answer); err != nil || answer.Token == "" {
		t.Fatalf("no token, but %d %s", status, body)
	}
	return "Bearer " + answer.Token
}

func send(t *testing.T, req *http.Request) (http.Header, int, []byte) {
	t.Helper()
	resp, err := (&http.Transport{DisableKeepAlives: true}).RoundTrip(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.Header, resp.StatusCode, body
}

func or(text string) string {
	if text == "" {
		return "none"
	}
	return text
}
