package provider

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	"k8s.io/apimachinery/pkg/util/validation"
	kubeletv1 "k8s.io/kubelet/config/v1"
	credentialv1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/words"
)

// apiVersions are those of requests and answers.
func apiVersions() []string {
	return []string{credentialv1.GroupName + "/v1", credentialv1.GroupName + "/v1beta1", credentialv1.GroupName + "/v1alpha1"}
}

// validate reports everything that a kubelet would not start with.
func (c *Config) validate(path string) []error {
	if len(c.Providers) == 0 {
		return []error{fmt.Errorf("credential provider configuration %s: providers: there is none%s", path, consequence)}
	}
	var errs []error
	seen := map[string]string{} // name → file
	for _, p := range c.Providers {
		problems := fieldProblems(p.CredentialProvider)
		if first, twice := seen[p.Name]; twice {
			problems = append(problems, problem{"name", "is another provider's too, in " + first})
		}
		seen[p.Name] = p.File
		if len(problems) == 0 {
			problems = binaryProblems(p)
		}
		for _, found := range problems {
			errs = append(errs, fmt.Errorf("credential provider configuration %s: provider %s: %s: %s%s",
				p.File, words.Quote(p.Name, maxSaid), found.field, words.Cut(words.Printable(found.text), maxSaid), consequence))
		}
	}
	return errs
}

// problem is something that is wrong with a field.
type problem struct{ field, text string }

// fieldProblems is what is wrong with a provider's fields (P01 to P03, P08).
func fieldProblems(p kubeletv1.CredentialProvider) (problems []problem) {
	add := func(field, format string, args ...any) {
		problems = append(problems, problem{field, fmt.Sprintf(format, args...)})
	}
	switch {
	case p.Name == "":
		add("name", "is empty; it is the file name of the plugin")
	case p.Name == ".", p.Name == "..", strings.ContainsAny(p.Name, "/ "):
		add("name", "is not a file name without slashes and spaces")
	}
	switch {
	case p.APIVersion == "":
		add("apiVersion", "is missing; it is that of the plugin's requests and answers")
	case !slices.Contains(apiVersions(), p.APIVersion):
		add("apiVersion", "%s is none of %s", words.Quote(p.APIVersion, maxSaid), strings.Join(apiVersions(), ", "))
	}
	if len(p.MatchImages) == 0 {
		add("matchImages", "is empty")
	}
	for n, pattern := range p.MatchImages {
		if err := keyring.CheckMatchImage(pattern); err != nil {
			add(fmt.Sprintf("matchImages[%d]", n), "%s is not host[:port][/path]", words.Quote(pattern, maxSaid))
		}
	}
	switch d := p.DefaultCacheDuration; {
	case d == nil:
		add("defaultCacheDuration", "is missing")
	case d.Duration < 0:
		add("defaultCacheDuration", "%s is negative", d.Duration)
	}
	if p.TokenAttributes != nil {
		problems = append(problems, tokenProblems(p)...)
	}
	return problems
}

// tokenProblems is what is wrong with tokenAttributes.
func tokenProblems(p kubeletv1.CredentialProvider) (problems []problem) {
	add := func(field, format string, args ...any) {
		problems = append(problems, problem{"tokenAttributes" + field, fmt.Sprintf(format, args...)})
	}
	t := p.TokenAttributes
	if p.APIVersion != apiVersions()[0] {
		add("", "takes a provider of apiVersion %s", apiVersions()[0])
	}
	if t.ServiceAccountTokenAudience == "" {
		add(".serviceAccountTokenAudience", "is missing")
	}
	switch t.CacheType {
	case kubeletv1.ServiceAccountServiceAccountTokenCacheType, kubeletv1.TokenServiceAccountTokenCacheType:
	case "":
		add(".cacheType", "is missing; it is ServiceAccount or Token")
	default:
		add(".cacheType", "%s is neither ServiceAccount nor Token", words.Quote(string(t.CacheType), maxSaid))
	}
	switch {
	case t.RequireServiceAccount == nil:
		add(".requireServiceAccount", "is missing")
	case !*t.RequireServiceAccount && len(t.RequiredServiceAccountAnnotationKeys) > 0:
		add(".requiredServiceAccountAnnotationKeys", "needs requireServiceAccount")
	}
	for _, list := range []struct { // in one order: what is wrong is told once for as long as it stays the same
		field string
		keys  []string
	}{
		{".requiredServiceAccountAnnotationKeys", t.RequiredServiceAccountAnnotationKeys},
		{".optionalServiceAccountAnnotationKeys", t.OptionalServiceAccountAnnotationKeys},
	} {
		seen := sets.New[string]()
		for _, key := range list.keys {
			if wrong := validation.IsQualifiedName(strings.ToLower(key)); len(wrong) > 0 {
				add(list.field, "%s: %s", words.Quote(key, maxSaid), wrong[0])
			}
			if seen.Has(key) {
				add(list.field, "%s is given twice", words.Quote(key, maxSaid))
			}
			seen.Insert(key)
		}
	}
	both := sets.New(t.RequiredServiceAccountAnnotationKeys...).Intersection(sets.New(t.OptionalServiceAccountAnnotationKeys...))
	for _, key := range slices.Sorted(maps.Keys(both)) {
		add("", "annotation key %s is required and optional", words.Quote(key, maxSaid))
	}
	return problems
}

// binaryProblems looks for the plugin, as a kubelet does once at its start (P07).
func binaryProblems(p Provider) []problem {
	_, err := exec.LookPath(p.Binary)
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrNotExist), errors.Is(err, exec.ErrNotFound):
		return []problem{{"name", "there is no plugin " + p.Binary}}
	default:
		return []problem{{"name", fmt.Sprintf("plugin %s cannot be run: %v", p.Binary, err)}}
	}
}
