package resolver

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pullgate/pullgate/resolver/reference"
)

// maxTagRequests is what may be asked about an image that is not there: itself
// by HEAD and by GET, and the pages of the list.
const maxTagRequests = 2 + 5 + 5

// FuzzTags serves any bytes as the list of tags, each page linking to the next by
// any Link header.
func FuzzTags(f *testing.F) {
	f.Add("v1.2.4", []byte(`{"name":"app","tags":["v1.2.3","v1.2.5","latest"]}`), "")
	f.Add("latst", []byte(`{"tags":["latest"]}`), `</v2/app/tags/list?last=a&n=1>; rel="next"`)
	f.Add("v1", []byte(`{"tags":["\u001b[31m","\r\n","\u202e"]}`), `<https://elsewhere.test/v2/app/tags/list>; rel="next"`)
	f.Add("1", []byte(`{"tags":["99999999999999999999.1.1","1.18446744073709551615.0","0.0.1-a.b"]}`), `<http://127.0.0.1/>; rel="next"`)
	f.Add("abcdef1", []byte(`{"tags":[`+strings.Repeat(`"abcdef12",`, 9000)+`""]}`), "<")
	f.Add("v1", []byte(`{"tags":"x"}`), `<//elsewhere.test>; rel="next"`)
	f.Add("v1", []byte(`{"errors":[{"code":"NAME_UNKNOWN"}]}`), "")
	f.Fuzz(func(t *testing.T, wanted string, list []byte, link string) {
		image := "registry.test/app:" + wanted
		if ref, err := reference.Parse(image); err != nil || ref.Host != "registry.test" {
			_ = nearestTag(wanted[:min(len(wanted), maxTag)], strings.Fields(string(list)))
			return
		}
		r, n := alone(t, func(req *http.Request) *http.Response {
			if strings.HasSuffix(req.URL.Path, "/tags/list") {
				return reply(req, http.StatusOK, "Link: "+link+"\nContent-Type: application/json", list)
			}
			return reply(req, http.StatusNotFound, "Content-Type: application/json", []byte(`{"errors":[{"code":"MANIFEST_UNKNOWN"}]}`))
		})
		v := r.Check(t.Context(), Image{Reference: image}, Pod{Credentials: NewCredentials("dev", nil)})
		wantModest(t, v)
		n.wantFew(t, maxTagRequests)
		if v.Class != ClassDefinite {
			t.Fatalf("a list of tags made %s of what is not there: %s", v.Reason, v.Message)
		}
		for _, req := range n.requests {
			if req.URL.Scheme != "https" || req.URL.Host != "registry.test" {
				t.Fatalf("the list of tags leads to %s", req.URL)
			}
		}
	})
}
