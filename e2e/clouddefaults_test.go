package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/pullgate/pullgate/e2e/registry"
)

// cloudHosts are the registries for which the nodes of clouds bring credentials of
// their own, each in a spelling of its own.
func cloudHosts() []string {
	return []string{
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com", "111122223333.dkr.ecr-fips.us-east-1.amazonaws.com", "111122223333.dkr.ecr.us-gov-west-1.amazonaws.com",
		"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn", "111122223333.dkr-ecr.us-west-2.on.aws", "111122223333.dkr-ecr-fips.us-east-1.on.aws",
		"111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn", "111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu",
		"111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov", "111122223333.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
		"111122223333.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk", "111122223333.dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
		"111122223333.dkr.ecr-fips.us-iso-east-1.c2s.ic.gov", "111122223333.dkr.ecr-fips.us-isob-east-1.sc2s.sgov.gov",
		"111122223333.dkr.ecr-fips.eu-isoe-west-1.cloud.adc-e.uk", "111122223333.dkr.ecr-fips.us-isof-south-1.csp.hci.ic.gov",
		"europe-west3-docker.pkg.dev", "gcr.io", "eu.gcr.io", "container.cloud.google.com",
		"acme.azurecr.io", "acme.azurecr.cn", "acme.azurecr.us", "acme.azurecr.de",
		"acme.westeurope.geo.azurecr.io", "acme.chinanorth3.geo.azurecr.cn", "acme.usgovvirginia.geo.azurecr.us", "acme.germanycentral.geo.azurecr.de",
		"acme.azurecr.eaglex.ic.gov", "acme.azurecr.microsoft.scloud",
		"fra.ocir.io", "ocir.eu-frankfurt-1.oci.oraclecloud.com",
		"cr.yandex", "cr.yandexcloud.kz", "cr.eu-north1.nebius.cloud", "registry.redhat.io", "registry.connect.redhat.com",
	}
}

// refusals are the ways in which such registries refuse whoever has no credentials, by
// the beginning of the repository's name.
func refusals(t *testing.T) string {
	t.Helper()
	var url string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case r.URL.Path == "/token":
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, `{"errors":[{"code":"DENIED","message":"no access"}]}`)
		case strings.HasPrefix(r.URL.Path, "/v2/basic/"):
			w.Header().Set("WWW-Authenticate", `Basic realm="it"`)
			w.WriteHeader(http.StatusUnauthorized)
			_, _ = fmt.Fprint(w, `{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}`)
		case strings.HasPrefix(r.URL.Path, "/v2/token/"):
			w.Header().Set("WWW-Authenticate", `Bearer realm="`+url+`/token",service="it"`)
			w.WriteHeader(http.StatusUnauthorized)
		default:
			w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, `{"errors":[{"code":"DENIED","message":"denied on resource (or it may not exist)"}]}`)
		}
	}))
	t.Cleanup(server.Close)
	url = server.URL
	return url
}

// testCloudsByDefault: with default values, no refusal by a cloud's registry denies
// anything: not a Pod, nor is anything said to be definite of what makes Pods, or by
// check.
func testCloudsByDefault(t *testing.T, s *suite) {
	url := refusals(t)
	ns := s.namespace(t, nil)
	var images []string
	for _, host := range cloudHosts() {
		if err := registry.MapHost(s.certsD, host, url, ""); err != nil {
			t.Fatal(err)
		}
		for _, way := range []string{"basic", "token", "denied"} {
			images = append(images, host+"/"+way+"/app:v1")
		}
	}
	dry := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	create := func(image string) outcome {
		return s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			return c.CoreV1().Pods(ns).Create(t.Context(), pod(image), dry)
		})
	}
	const want = "nodes have credentials of their own for it"
	for _, image := range images {
		for kind, o := range map[string]outcome{"Pod": create(image), "Deployment": s.do(func(c kubernetes.Interface) (*corev1.Pod, error) {
			_, err := c.AppsV1().Deployments(ns).Create(t.Context(), deployment(image, nil), dry)
			return nil, err
		})} {
			if o.denial != nil || len(o.warnings) != 1 || !strings.Contains(o.warnings[0], " not verified: "+want) {
				t.Errorf("%s: %s: denial %v, warnings %q", image, kind, o.denial, o.warnings)
			}
		}
	}
	c := s.check(t, append([]string{"-n", ns, "-o", "json"}, images...)...)
	c.wantCode(t, 0)
	for _, i := range c.report(t).Items {
		if i.Reason != "NodeManaged" || i.Class != "unverified" {
			t.Errorf("check: %s: %s, %s: %s", i.Image, i.Reason, i.Class, i.Message)
		}
	}
	// The control: the same refusals are definite where nobody has said that nodes
	// have credentials.
	if err := registry.MapHost(s.certsD, "gcr.io.example.com", url, ""); err != nil {
		t.Fatal(err)
	}
	for _, way := range []string{"basic", "token", "denied"} {
		if o := create("gcr.io.example.com/" + way + "/app:v1"); o.denial == nil {
			t.Errorf("a registry of nobody's nodes, %s: not denied: %q", way, o.warnings)
		}
	}
}
