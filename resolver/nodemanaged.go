package resolver

import (
	"fmt"
	"slices"

	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
)

// nodeManaged says why a node may pull what cannot be pulled from here, or "".
// Only an administrator can know (C16, C74, C75).
func (c RegistriesConfig) nodeManaged(ref reference.Reference) string {
	for _, pattern := range c.NodeCredentials {
		if keyring.Matches(pattern, ref.Name()) {
			return fmt.Sprintf("nodes have credentials of their own for %s", ref.Host)
		}
	}
	for _, pattern := range c.Mirrored {
		if keyring.Matches(pattern, ref.Name()) {
			return fmt.Sprintf("nodes pull from %s through a mirror", ref.Host)
		}
	}
	return ""
}

// certain reports whether a registry's word that something is not there holds for
// those with other credentials too: it judges rights before existence, and says so
// in its error list. What is public there is then missing for everybody. Private
// registries of ECR do as well, but a repository may be one that is filled by the
// first pull of who has the right.
func certain(ref reference.Reference, told outcome) bool {
	if !told.listed || told.reason != ImageNotFound && told.reason != RepositoryNotFound {
		return false
	}
	return slices.ContainsFunc([]string{"*.pkg.dev", "gcr.io", "*.gcr.io", "*.azurecr.io", "*.azurecr.cn", "*.azurecr.us", "*.azurecr.de"},
		func(pattern string) bool { return keyring.Matches(pattern, ref.Name()) })
}

// patternErrors checks patterns of the configuration.
func patternErrors(path *field.Path, patterns []string) (errs field.ErrorList) {
	for n, p := range patterns {
		if err := keyring.CheckPattern(p); err != nil {
			errs = append(errs, field.Invalid(path.Index(n), p, err.Error()))
		}
	}
	return errs
}

// CloudRegistries are patterns of the registries for which the nodes of a cloud
// bring credentials of their own: a kubelet's credential provider asks the cloud
// for them, with no Secret in the cluster. They are the default of
// RegistriesConfig.NodeCredentials.
func CloudRegistries() []string {
	return []string{
		// Amazon ECR, private. ECR Public takes no credentials.
		"*.dkr.ecr.*.amazonaws.com",
		"*.dkr.ecr-fips.*.amazonaws.com",
		"*.dkr.ecr.*.amazonaws.com.cn",
		// Its dual-stack names (IPv4 and IPv6).
		"*.dkr-ecr.*.on.aws",
		"*.dkr-ecr-fips.*.on.aws",
		"*.dkr-ecr.*.on.amazonwebservices.com.cn",
		// Its isolated and sovereign partitions.
		"*.dkr.ecr.*.amazonaws.eu",
		"*.dkr.ecr.*.c2s.ic.gov",
		"*.dkr.ecr.*.sc2s.sgov.gov",
		"*.dkr.ecr.*.cloud.adc-e.uk",
		"*.dkr.ecr.*.csp.hci.ic.gov",
		// Google Artifact Registry and Container Registry.
		"*.pkg.dev",
		"gcr.io",
		"*.gcr.io",
		"container.cloud.google.com",
		// Azure Container Registry, and its national clouds.
		"*.azurecr.io",
		"*.azurecr.cn",
		"*.azurecr.us",
		"*.azurecr.de",
		// Oracle Cloud Infrastructure Registry.
		"*.ocir.io",
		"ocir.*.oci.oraclecloud.com",
	}
}
