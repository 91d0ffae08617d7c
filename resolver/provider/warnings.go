package provider

import (
	"fmt"
	"net/url"
	"strings"

	"github.com/pullgate/pullgate/resolver/words"
)

// Warnings lists patterns that a kubelet accepts and that do no good: those that
// never match (P03, P12), and those by which the password of a cloud goes to
// registries of others (P47).
func (c *Config) Warnings() (warnings []string) {
	for _, p := range c.Providers {
		for n, pattern := range p.MatchImages {
			why := useless(pattern)
			if why == "" {
				why = tooWide(p.Name, pattern)
			}
			if why != "" {
				warnings = append(warnings, fmt.Sprintf("credential provider configuration %s: provider %s: matchImages[%d]: %s %s",
					p.File, words.Quote(p.Name, maxSaid), n, words.Quote(pattern, maxSaid), why))
			}
		}
	}
	return warnings
}

// useless says why a pattern never matches an image.
func useless(pattern string) string {
	u, err := url.Parse("https://" + pattern)
	switch {
	case err != nil:
		return "" // and is refused
	case strings.Contains(pattern, "://"):
		return "never matches: leave the scheme out"
	case u.Host == "":
		return "never matches: it names no host"
	case u.User != nil, u.RawQuery != "", u.Fragment != "":
		return "never matches as it is meant: only host, port and path count"
	case u.Host != strings.ToLower(u.Host):
		return "never matches: the hosts of images are lower-case"
	case strings.ContainsAny(u.Path, "*?["):
		return "never matches as it is meant: a path is a plain prefix, without globs"
	case u.Host == "index.docker.io":
		return "never matches: images of Docker Hub are matched as docker.io"
	default:
		return ""
	}
}

// clouds are the domains of the registries of each cloud whose plugin answers for
// any host with the cloud's password, by a part of the plugin's usual name.
// matchImages alone keeps the password from other hosts.
func clouds() map[string][]string {
	return map[string][]string{
		"ecr-credential-provider": {
			"amazonaws.com", "amazonaws.com.cn", "on.aws", "on.amazonwebservices.com.cn", "amazonaws.eu",
			"c2s.ic.gov", "sc2s.sgov.gov", "cloud.adc-e.uk", "csp.hci.ic.gov", "public.ecr.aws", "ecr-public.aws.com",
		},
		"auth-provider-gcp": {"gcr.io", "pkg.dev", "container.cloud.google.com"},
	}
}

// tooWide says that a pattern covers registries of others than the plugin's cloud.
func tooWide(plugin, pattern string) string {
	u, err := url.Parse("https://" + pattern)
	if err != nil {
		return ""
	}
	host := u.Hostname()
	for name, domains := range clouds() {
		if !strings.Contains(plugin, name) {
			continue
		}
		for _, domain := range domains {
			if host == domain || strings.HasSuffix(host, "."+domain) {
				return ""
			}
		}
		return "covers registries outside the plugin's cloud, and would send them the cloud's password"
	}
	labels := strings.Split(host, ".")
	if last := labels[max(0, len(labels)-2):]; strings.ContainsAny(strings.Join(last, "."), "*?[") {
		return "covers registries of anyone, and would send them the provider's credentials"
	}
	return ""
}
