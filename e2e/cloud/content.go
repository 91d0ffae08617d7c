package cloud

import (
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
)

// nothing is the content of registries that have nothing.
func nothing(w http.ResponseWriter, _ *http.Request) {
	sendError(w, http.StatusNotFound, codeNoRepository, "repository name not known to registry")
}

// Behind has the images of all registries be those of another server of HTTP, which
// lets everybody in: a real registry, or the package scripted. A repository has the
// same name there whatever its host, if that server does not tell by what containerd
// adds to a request; the package scripted does.
func Behind(to string) (http.Handler, error) {
	target, err := url.Parse(to)
	if err != nil {
		return nil, fmt.Errorf("the content of the registries: %w", err)
	}
	transport := &http.Transport{Proxy: nil}
	return &httputil.ReverseProxy{
		Rewrite: func(p *httputil.ProxyRequest) {
			p.SetURL(target)
			// The client's credential is for the front.
			p.Out.Header.Del("Authorization")
		},
		Transport:      transport,
		ErrorLog:       log.New(io.Discard, "", 0), // clients go away, and that is all right
		ModifyResponse: func(resp *http.Response) error { return saysWhatIsMissing(transport, resp) },
	}, nil
}

// saysWhatIsMissing looks whether the repository of a missing manifest is there: not
// every registry says so of a manifest, and none to HEAD.
func saysWhatIsMissing(transport http.RoundTripper, resp *http.Response) error {
	m := repositoryPath.FindStringSubmatch(resp.Request.URL.Path)
	if resp.StatusCode != http.StatusNotFound || m == nil || m[2] != "manifests" {
		return nil
	}
	tags := *resp.Request.URL
	tags.Path = "/v2/" + m[1] + "/tags/list"
	req, err := http.NewRequestWithContext(resp.Request.Context(), http.MethodGet, tags.String(), nil)
	if err != nil {
		return err
	}
	listed, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_ = listed.Body.Close()
	code := codeNoManifest
	if listed.StatusCode == http.StatusNotFound {
		code = codeNoRepository
	}
	_ = resp.Body.Close()
	resp.Body = io.NopCloser(strings.NewReader(code))
	resp.ContentLength = int64(len(code))
	resp.Header.Del("Content-Length")
	return nil
}
