package resolver

import (
	"fmt"
	"os"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation/field"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

// Config is the resolver's part of the configuration file.
type Config struct {
	// Reasons moves reasons between definite and unverified, for what the levels
	// of a namespace then make of them.
	Reasons ReasonsConfig `json:"reasons"`
	// Registries is what the administrator knows of registries.
	Registries RegistriesConfig `json:"registries"`
	// CredentialProviders is about the kubelet's credential provider plugins, where
	// pullgate runs them: the flags --image-credential-provider-config and
	// --image-credential-provider-bin-dir say which.
	CredentialProviders CredentialProvidersConfig `json:"credentialProviders"`
	// Cache says how long an answer is used without asking again.
	Cache CacheConfig `json:"cache"`
	// Limits bounds the work.
	Limits LimitsConfig `json:"limits"`
}

// RegistriesConfig is what the administrator knows of registries.
type RegistriesConfig struct {
	// ConfigDir is a folder in containerd's certs.d layout: mirrors, private
	// CAs, plain-http registries. The nodes' own can be mounted. Hosts that it
	// names are asked whatever their address. Empty: none. The folder must exist;
	// what is in it may change at any time, and holds from the next look-up on.
	// Rewrites are applied as k3s and RKE2 do, of which the folder comes then.
	ConfigDir string `json:"configDir"`
	// BlockedCIDRs are addresses that are not asked for a Pod's sake, besides
	// those that never are: loopback, link-local, multicast, unspecified and the
	// metadata services of clouds. What ConfigDir names is asked all the same.
	BlockedCIDRs []string `json:"blockedCIDRs"`
	// NodeCredentials are patterns of the registries for which nodes hold
	// credentials of their own: a config.json, or a credential provider, as the
	// nodes of clouds have. A refusal of an image there is never definite. By default
	// they are the private registries of clouds, and those of Red Hat; a list takes
	// the place of these. What a credential provider of pullgate's covers
	// counts as listed. The patterns are those of a kubelet's matchImages:
	// host[:port][/path], with globs in the host's labels, such as
	// *.dkr.ecr.*.amazonaws.com.
	NodeCredentials []string `json:"nodeCredentials"`
	// PullThrough are patterns of the repositories on private ECR that a first pull
	// may create: pull-through caches. An image that is not there is definitely not
	// there elsewhere. Without a list nothing is known, and no image is; an empty
	// list says that there are no such repositories. They are written as those of
	// NodeCredentials.
	PullThrough []string `json:"pullThrough" nullable:"true"`
	// Mirrored are patterns of the registries that nodes pull from through a
	// mirror that ConfigDir does not tell of. They are written as those of
	// NodeCredentials.
	Mirrored []string `json:"mirrored"`
	// Content says whether the content of images is read: manifests, configs, and
	// whether the layers are there. An index is always held against the nodes'
	// platforms, and asked whether it has the manifests for them.
	Content content.Config `json:"content"`
}

// CredentialProvidersConfig is about credential provider plugins.
type CredentialProvidersConfig struct {
	// Identity says whose rights the plugins have in pullgate's Pod: own or node.
	// With node, pullgate's Pods have the identity of the nodes, of every node that
	// a Pod can land on, and what is refused here is definitely refused there. With
	// own, a refusal is a warning.
	Identity proof.Identity `json:"identity"`
	// Tokens says whose ServiceAccount tokens are handed to plugins that take them
	// (tokenAttributes): none, own for those of pullgate's ServiceAccount, or pod for
	// those of each Pod's. With none such a plugin is not run. pod takes the right to
	// create tokens of these ServiceAccounts.
	Tokens provider.TokenMode `json:"tokens"`
	// Timeout ends one run of a plugin, whoever waits for it. A kubelet takes 60s.
	Timeout metav1.Duration `json:"timeout"`
	// SuggestTags lets a message name the nearest tag in a repository that only
	// pullgate's own identity may read: whoever may create Pods learns of it.
	SuggestTags bool `json:"suggestTags"`
}

// CacheConfig says how long an answer is used without asking again.
type CacheConfig struct {
	// Digest is for an image found by digest, which never becomes another. A
	// duration of 0s here and below: not at all.
	Digest metav1.Duration `json:"digest"`
	// Tag is for an image found by tag. For as long, a tag that is deleted or
	// moved meanwhile passes for what it was.
	Tag metav1.Duration `json:"tag"`
	// NotFound is for an image not found and for refused credentials. It is short
	// since the push may be on its way.
	NotFound metav1.Duration `json:"notFound"`
	// Stale is how long an image that was found stays usable while its registry
	// cannot be asked; who creates the Pod is told.
	Stale metav1.Duration `json:"stale"`
	// WarmUp has the images of the Pods that run looked up after a start, at a
	// gentle pace, before they are asked for.
	WarmUp bool `json:"warmUp"`
	// Entries bounds the number of answers kept, from 1 to 1000000; past it the
	// oldest go. Another number begins with an empty cache.
	Entries int `json:"entries"`
}

// LimitsConfig bounds the work.
type LimitsConfig struct {
	// LookupTimeout ends one look-up at a registry, whoever waits for it. The
	// admission request's own deadline applies besides. Up to a fifth of it, and at
	// least a second, is spent on finding out more about a refusal.
	LookupTimeout metav1.Duration `json:"lookupTimeout"`
	// LookupsPerRegistry is how many look-ups at one registry are under way at
	// once, from 1 to 10000; further ones wait.
	LookupsPerRegistry int `json:"lookupsPerRegistry"`
	// Lookups is how many look-ups are under way or wait in all, from 1 to 10000;
	// past it images are not verified.
	Lookups int `json:"lookups"`
	// BackOff is how long a registry that failed five times in a row is left
	// alone, until one look-up tries again. With 0 each registry is always asked,
	// whatever it answered for other images, rate limits included.
	BackOff metav1.Duration `json:"backOff"`
}

// DefaultConfig is what holds where the configuration file says nothing.
func DefaultConfig() Config {
	return Config{
		Registries: RegistriesConfig{NodeCredentials: proof.CloudRegistries(), Content: content.DefaultConfig()},
		CredentialProviders: CredentialProvidersConfig{
			Identity: proof.Own,
			Tokens:   provider.NoTokens,
			Timeout:  metav1.Duration{Duration: 30 * time.Second},
		},
		Cache: CacheConfig{
			Digest:   metav1.Duration{Duration: 24 * time.Hour},
			Tag:      metav1.Duration{Duration: 5 * time.Minute},
			NotFound: metav1.Duration{Duration: 10 * time.Second},
			Stale:    metav1.Duration{Duration: 24 * time.Hour},
			WarmUp:   true,
			Entries:  100_000,
		},
		Limits: LimitsConfig{
			LookupTimeout:      metav1.Duration{Duration: 5 * time.Second},
			LookupsPerRegistry: 32,
			Lookups:            512,
			BackOff:            metav1.Duration{Duration: 5 * time.Second},
		},
	}
}

// Validate reports everything that is wrong, each error with its field.
func (c Config) Validate() field.ErrorList {
	errs := c.Reasons.validate(field.NewPath("reasons"))
	errs = append(errs, c.Registries.validate(field.NewPath("registries"))...)
	errs = append(errs, c.CredentialProviders.validate(field.NewPath("credentialProviders"))...)
	errs = append(errs, c.Cache.validate(field.NewPath("cache"))...)
	return append(errs, c.Limits.validate(field.NewPath("limits"))...)
}

func (c RegistriesConfig) validate(path *field.Path) field.ErrorList {
	errs := patternErrors(path.Child("nodeCredentials"), c.NodeCredentials)
	errs = append(errs, patternErrors(path.Child("pullThrough"), c.PullThrough)...)
	errs = append(errs, patternErrors(path.Child("mirrored"), c.Mirrored)...)
	errs = append(errs, cidrErrors(path.Child("blockedCIDRs"), c.BlockedCIDRs)...)
	errs = append(errs, c.Content.Validate(path.Child("content"))...)
	if c.ConfigDir == "" {
		return errs
	}
	if info, err := os.Stat(c.ConfigDir); err != nil {
		errs = append(errs, field.Invalid(path.Child("configDir"), c.ConfigDir, err.Error()))
	} else if !info.IsDir() {
		errs = append(errs, field.Invalid(path.Child("configDir"), c.ConfigDir, "is not a folder"))
	}
	return errs
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

func (c CredentialProvidersConfig) validate(path *field.Path) (errs field.ErrorList) {
	if !slices.Contains(proof.Identities(), c.Identity) {
		errs = append(errs, field.NotSupported(path.Child("identity"), c.Identity, proof.Identities()))
	}
	if !slices.Contains(provider.TokenModes(), c.Tokens) {
		errs = append(errs, field.NotSupported(path.Child("tokens"), c.Tokens, provider.TokenModes()))
	}
	if d := c.Timeout.Duration; d <= 0 {
		errs = append(errs, field.Invalid(path.Child("timeout"), d.String(), "is not positive"))
	}
	return errs
}

func (c CacheConfig) validate(path *field.Path) (errs field.ErrorList) {
	errs = append(errs, notNegative(path.Child("digest"), c.Digest)...)
	errs = append(errs, notNegative(path.Child("tag"), c.Tag)...)
	errs = append(errs, notNegative(path.Child("notFound"), c.NotFound)...)
	errs = append(errs, notNegative(path.Child("stale"), c.Stale)...)
	return append(errs, within(path.Child("entries"), c.Entries, maxEntries)...)
}

func (c LimitsConfig) validate(path *field.Path) (errs field.ErrorList) {
	if d := c.LookupTimeout.Duration; d <= 0 {
		errs = append(errs, field.Invalid(path.Child("lookupTimeout"), d.String(), "is not positive"))
	}
	errs = append(errs, within(path.Child("lookupsPerRegistry"), c.LookupsPerRegistry, maxLookups)...)
	errs = append(errs, within(path.Child("lookups"), c.Lookups, maxLookups)...)
	return append(errs, notNegative(path.Child("backOff"), c.BackOff)...)
}

func notNegative(path *field.Path, d metav1.Duration) field.ErrorList {
	if d.Duration >= 0 {
		return nil
	}
	return field.ErrorList{field.Invalid(path, d.Duration.String(), "is negative")}
}

// What is beyond these is a slip of the keyboard, and would take the memory that
// the process has before a registry is asked.
const (
	maxEntries = 1_000_000
	maxLookups = 10_000
)

func within(path *field.Path, n, most int) field.ErrorList {
	if 1 <= n && n <= most {
		return nil
	}
	return field.ErrorList{field.Invalid(path, n, fmt.Sprintf("must be from 1 to %d", most))}
}
