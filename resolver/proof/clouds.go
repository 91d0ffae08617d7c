package proof

import "github.com/pullgate/pullgate/resolver/keyring"

// Absence is what it proves that a registry says in its error list that an image is
// not there.
type Absence int

const (
	// Unknown is of a registry that may hide what this identity may not see.
	Unknown Absence = iota
	// Certain is of one that judges rights before existence: whoever may not look is
	// refused.
	Certain
	// UnlessPulledThrough is as Certain, but the first pull by somebody with more rights
	// may create what is missing, by a pull-through cache.
	UnlessPulledThrough
)

// Cloud is a kind of registry that the nodes of a cloud have credentials for, with no
// Secret in the Pod's namespace: mostly since a kubelet's credential provider asks the
// cloud for them.
type Cloud struct {
	// Name is what people call it.
	Name string
	// Patterns are those of its registries, in the form of a kubelet's matchImages.
	Patterns []string
	// Public tells that it serves everybody without credentials. A refusal there
	// is as definite as elsewhere.
	Public bool
	// Absent is what it proves that an image is not there.
	Absent Absence
}

// Clouds is the table of the known ones.
func Clouds() []Cloud {
	return []Cloud{
		{Name: "Amazon ECR, private", Absent: UnlessPulledThrough, Patterns: []string{
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
			"*.dkr.ecr-fips.*.c2s.ic.gov",
			"*.dkr.ecr-fips.*.sc2s.sgov.gov",
			"*.dkr.ecr-fips.*.cloud.adc-e.uk",
			"*.dkr.ecr-fips.*.csp.hci.ic.gov",
		}},
		{Name: "Amazon ECR Public", Public: true, Absent: Certain, Patterns: []string{"public.ecr.aws", "ecr-public.aws.com"}},
		{Name: "Google Artifact Registry and Container Registry", Absent: Certain, Patterns: []string{"*.pkg.dev", "gcr.io", "*.gcr.io"}},
		{Name: "Google's older names", Patterns: []string{"container.cloud.google.com"}},
		{Name: "Azure Container Registry", Absent: Certain, Patterns: []string{
			"*.azurecr.io",
			"*.azurecr.cn",
			"*.azurecr.us",
			"*.azurecr.de",
			// Its regional endpoints.
			"*.*.geo.azurecr.io",
			"*.*.geo.azurecr.cn",
			"*.*.geo.azurecr.us",
			"*.*.geo.azurecr.de",
			// Its isolated clouds.
			"*.azurecr.eaglex.ic.gov",
			"*.azurecr.microsoft.scloud",
		}},
		{Name: "Oracle Cloud Infrastructure Registry", Patterns: []string{"*.ocir.io", "ocir.*.oci.oraclecloud.com"}},
		// Whose nodes have a service account.
		{Name: "Yandex Container Registry", Patterns: []string{"cr.yandex", "cr.yandexcloud.kz"}},
		{Name: "Nebius Container Registry", Patterns: []string{"cr.*.nebius.cloud"}},
		// For which the nodes of OpenShift have the cluster's pull secret.
		{Name: "Red Hat's registries", Patterns: []string{"registry.redhat.io", "registry.connect.redhat.com"}},
	}
}

// CloudRegistries are the patterns of the private registries of clouds: the default
// of registries.nodeCredentials.
func CloudRegistries() (patterns []string) {
	for _, c := range Clouds() {
		if !c.Public {
			patterns = append(patterns, c.Patterns...)
		}
	}
	return patterns
}

// absence is what it proves of a repository that it, or a tag, is not there.
func absence(repository string) Absence {
	for _, c := range Clouds() {
		if matchesAny(c.Patterns, repository) {
			return c.Absent
		}
	}
	return Unknown
}

func matchesAny(patterns []string, repository string) bool {
	for _, p := range patterns {
		if keyring.Matches(p, repository) {
			return true
		}
	}
	return false
}
