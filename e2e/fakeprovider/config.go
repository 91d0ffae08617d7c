package fakeprovider

import (
	"encoding/json"
	"strings"
)

// Provider is one of a CredentialProviderConfig.
type Provider struct {
	// Name is its program's, too.
	Name string
	// MatchImages are the patterns of the images that it is run for.
	MatchImages []string
	// DefaultCacheDuration is how long its answers hold that do not say it; an hour if
	// empty.
	DefaultCacheDuration string
	Args                 []string
	// Env are entries NAME=value.
	Env []string
	// TokenAttributes are as in the file, none if nil.
	TokenAttributes map[string]any
}

// Config is a CredentialProviderConfig, as kubelets read it.
func Config(providers ...Provider) string {
	var entries []any
	for _, p := range providers {
		entry := map[string]any{
			"name": p.Name, "matchImages": p.MatchImages, "defaultCacheDuration": "1h",
			"apiVersion": "credentialprovider.kubelet.k8s.io/v1",
		}
		if p.DefaultCacheDuration != "" {
			entry["defaultCacheDuration"] = p.DefaultCacheDuration
		}
		if len(p.Args) > 0 {
			entry["args"] = p.Args
		}
		var env []any
		for _, e := range p.Env {
			name, value, _ := strings.Cut(e, "=")
			env = append(env, map[string]any{"name": name, "value": value})
		}
		if len(env) > 0 {
			entry["env"] = env
		}
		if p.TokenAttributes != nil {
			entry["tokenAttributes"] = p.TokenAttributes
		}
		entries = append(entries, entry)
	}
	content, err := json.MarshalIndent(map[string]any{
		"apiVersion": "kubelet.config.k8s.io/v1", "kind": "CredentialProviderConfig", "providers": entries,
	}, "", "  ")
	if err != nil {
		return err.Error()
	}
	return string(content) + "\n"
}
