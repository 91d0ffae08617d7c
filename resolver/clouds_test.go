package resolver

import (
	"net/http"
	"testing"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// TestCloudRegistries: by default, a refusal by a cloud's registry is never
// definite, since the nodes of that cloud have credentials of their own. There is
// one case for each spelling.
func TestCloudRegistries(t *testing.T) {
	own := []string{
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com",
		"111122223333.dkr.ecr.us-gov-west-1.amazonaws.com",
		"111122223333.dkr.ecr-fips.us-east-1.amazonaws.com",
		"111122223333.dkr.ecr.cn-north-1.amazonaws.com.cn",
		"111122223333.dkr-ecr.us-west-2.on.aws",
		"111122223333.dkr-ecr-fips.us-east-1.on.aws",
		"111122223333.dkr-ecr.cn-north-1.on.amazonwebservices.com.cn",
		"111122223333.dkr.ecr.eusc-de-east-1.amazonaws.eu",
		"111122223333.dkr.ecr.us-iso-east-1.c2s.ic.gov",
		"111122223333.dkr.ecr.us-isob-east-1.sc2s.sgov.gov",
		"111122223333.dkr.ecr.eu-isoe-west-1.cloud.adc-e.uk",
		"111122223333.dkr.ecr.us-isof-south-1.csp.hci.ic.gov",
		"111122223333.dkr.ecr-fips.us-iso-east-1.c2s.ic.gov",
		"111122223333.dkr.ecr-fips.us-isob-east-1.sc2s.sgov.gov",
		"111122223333.dkr.ecr-fips.eu-isoe-west-1.cloud.adc-e.uk",
		"111122223333.dkr.ecr-fips.us-isof-south-1.csp.hci.ic.gov",
		"europe-west3-docker.pkg.dev",
		"us-docker.pkg.dev",
		"gcr.io",
		"eu.gcr.io",
		"container.cloud.google.com",
		"acme.azurecr.io",
		"acme.azurecr.cn",
		"acme.azurecr.us",
		"acme.azurecr.de",
		"acme.westeurope.geo.azurecr.io",
		"acme.chinanorth3.geo.azurecr.cn",
		"acme.usgovvirginia.geo.azurecr.us",
		"acme.germanycentral.geo.azurecr.de",
		"acme.azurecr.eaglex.ic.gov",
		"acme.azurecr.microsoft.scloud",
		"cr.yandex",
		"cr.yandexcloud.kz",
		"cr.eu-north1.nebius.cloud",
		"registry.redhat.io",
		"registry.connect.redhat.com",
		"fra.ocir.io",
		"ocir.eu-frankfurt-1.oci.oraclecloud.com",
	}
	others := []string{
		"registry.example.com",
		"public.ecr.aws",
		"azurecr.io",
		"acme.azurecr.io.example.com",
		"gcr.io.example.com",
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com.example.com",
	}
	refuses := http.HandlerFunc(basic)
	check := func(host string) Verdict {
		dir, _ := registrytest.Serve(t, host, refuses)
		config := patient()
		config.Registries.ConfigDir = dir
		return newResolver(t, config).Check(t.Context(), Image{Reference: host + "/team/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
	}
	for _, host := range own {
		if v := check(host); v.Reason != NodeManaged {
			t.Errorf("%s: %s, want NodeManaged: %s", host, v.Reason, v.Message)
		}
	}
	for _, host := range others {
		if v := check(host); v.Reason != Unauthorized {
			t.Errorf("%s: %s, want Unauthorized: %s", host, v.Reason, v.Message)
		}
	}
}

// TestCloudNotFound: what a cloud's registry says is not there, in its error list and
// to anybody who asks, is not there for nodes either; but for ECR, where the first
// pull may make it.
func TestCloudNotFound(t *testing.T) {
	for host, want := range map[string]Reason{
		"europe-docker.pkg.dev": ImageNotFound, "gcr.io": ImageNotFound, "eu.gcr.io": ImageNotFound, "acme.azurecr.io": ImageNotFound, "acme.westeurope.geo.azurecr.io": ImageNotFound,
		"111122223333.dkr.ecr.eu-west-1.amazonaws.com": NodeManaged, "fra.ocir.io": NodeManaged,
	} {
		for form, registry := range map[string]http.HandlerFunc{
			"with a list":    func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusNotFound, "MANIFEST_UNKNOWN") },
			"without a list": func(w http.ResponseWriter, _ *http.Request) { status(w, http.StatusNotFound, "") },
		} {
			dir, _ := registrytest.Serve(t, host, registry)
			config := patient()
			config.Registries.ConfigDir = dir
			v := newResolver(t, config).Check(t.Context(), Image{Reference: host + "/team/app:v1"}, Pod{Credentials: NewCredentials("dev", nil)})
			want := want
			if form == "without a list" {
				want = NodeManaged
			}
			if v.Reason != want {
				t.Errorf("%s, %s: %s %q, want %s", host, form, v.Reason, v.Message, want)
			}
		}
	}
}
