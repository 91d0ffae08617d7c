package kubeletplugin

import (
	"strings"
	"testing"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

func TestDecode(t *testing.T) {
	const version = "credentialprovider.kubelet.k8s.io/v1"
	good := fakeprovider.Answer("Image", "", map[string]fakeprovider.Login{"r.io": {Username: "u", Password: "p"}})
	response, err := Decode(version, []byte(good))
	if err != nil || response.Auth["r.io"].Password != "p" {
		t.Errorf("%+v, %v", response, err)
	}
	for _, bad := range []string{"", "x", "{}", good + good, strings.Replace(good, "/v1", "/v1beta1", 1), strings.Replace(good, "Response", "Request", 1)} {
		if response, err := Decode(version, []byte(bad)); err == nil {
			t.Errorf("%q: %+v", bad, response)
		}
	}
}
