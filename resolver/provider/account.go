package provider

import (
	"context"
	"crypto/sha256"
	"fmt"
	"maps"
	"slices"

	kubeletv1 "k8s.io/kubelet/config/v1"
)

// TokenMode says whose tokens a provider with tokenAttributes is handed.
type TokenMode string

// The modes.
const (
	// NoTokens: such a provider is not run (P53).
	NoTokens TokenMode = "none"
	// OwnTokens: those of pullgate's own ServiceAccount.
	OwnTokens TokenMode = "own"
	// PodTokens: those of the ServiceAccount of the Pod, as a kubelet does.
	PodTokens TokenMode = "pod"
)

// TokenModes lists the modes.
func TokenModes() []TokenMode { return []TokenMode{NoTokens, OwnTokens, PodTokens} }

// Account is the ServiceAccount of a Pod.
type Account struct {
	Namespace string
	// Name is empty for a Pod without one, which only a kubelet makes.
	Name string
	// Template tells that there is no Pod yet, for which a token could be.
	Template bool
	// Anew has what is kept of it read once more: a denial must not rest on what a
	// user may just have mended.
	Anew bool
}

// Identity is a ServiceAccount as a plugin gets to know it.
type Identity struct {
	Namespace, Name, UID string
	Annotations          map[string]string
	// Cached tells that it was not just read.
	Cached bool
}

// Accounts tells of ServiceAccounts, and has tokens of theirs. What its errors say
// is told to users.
type Accounts interface {
	// Identify finds the ServiceAccount to ask for, which may be another than the
	// Pod's.
	Identify(ctx context.Context, of Account) (Identity, error)
	// Token is a token of a ServiceAccount for an audience.
	Token(ctx context.Context, of Identity, audience string) (string, error)
}

// subject is on whose behalf a plugin is run. The zero value is the process itself.
type subject struct {
	// key tells subjects apart for whom answers of a plugin may differ, and id for
	// whom answers of a registry may: a token is renewed, and stays the same
	// ServiceAccount's.
	key, id     string
	token       string
	annotations map[string]string
	// cached tells that the ServiceAccount was not just read.
	cached bool
}

// standing is what becomes of a provider for a Pod.
type standing int

const (
	asked    standing = iota // it is run
	passed                   // it is passed over in silence, as a kubelet does (P50, P51)
	withheld                 // a kubelet would run it
)

// subject finds out on whose behalf a provider is run (P50 to P57). The words say
// why it is withheld.
func (p *plugin) subject(ctx context.Context, account Account, mode TokenMode) (s subject, is standing, words string, err error) {
	t := p.config.TokenAttributes
	if t == nil {
		return s, asked, "", nil
	}
	accounts := p.set.accounts[mode]
	switch {
	case accounts == nil && (mode == OwnTokens || mode == PodTokens):
		return s, withheld, "it takes tokens of ServiceAccounts, which only the webhook can get", nil
	case accounts == nil:
		return s, withheld, "it takes tokens of ServiceAccounts, and pullgate asks for none: credentialProviders.tokens says so", nil
	case mode == PodTokens && account.Template:
		return s, withheld, "it takes a token of the Pod's ServiceAccount, and there is no Pod yet", nil
	case mode == PodTokens && account.Name == "" && *t.RequireServiceAccount:
		return s, passed, "", nil
	case mode == PodTokens && account.Name == "":
		return s, asked, "", nil
	}
	identity, err := accounts.Identify(ctx, account)
	s.cached = identity.Cached
	if err != nil {
		return s, asked, "", err
	}
	s.annotations = map[string]string{}
	for _, key := range t.RequiredServiceAccountAnnotationKeys {
		value, ok := identity.Annotations[key]
		if !ok {
			return s, passed, "", nil
		}
		s.annotations[key] = value
	}
	for _, key := range t.OptionalServiceAccountAnnotationKeys {
		if value, ok := identity.Annotations[key]; ok {
			s.annotations[key] = value
		}
	}
	// Asked for before the cache is looked at, as a kubelet does: without a token
	// what is cached is of no use to a Pod.
	if s.token, err = accounts.Token(ctx, identity, t.ServiceAccountTokenAudience); err != nil {
		return s, asked, "", err
	}
	parts := []string{identity.Namespace, identity.Name, identity.UID}
	for _, key := range slices.Sorted(maps.Keys(s.annotations)) {
		parts = append(parts, key, s.annotations[key])
	}
	s.id = digest(parts...)
	s.key = s.id
	if t.CacheType == kubeletv1.TokenServiceAccountTokenCacheType {
		s.key = digest(s.id, s.token)
	}
	return s, asked, "", nil
}

// digest is a hash of a list: no two lists have the same.
func digest(parts ...string) string {
	sum := sha256.New()
	for _, part := range parts {
		addTo(sum, []byte(part))
	}
	return string(sum.Sum(nil))
}

// echoes reports whether a password is the token that the plugin was handed, which
// a kubelet accepts of cacheType Token alone (P56).
func (p *plugin) echoes(password string, s subject) error {
	if s.token == "" || password != s.token || p.config.TokenAttributes.CacheType == kubeletv1.TokenServiceAccountTokenCacheType {
		return nil
	}
	return fmt.Errorf("it answers with the ServiceAccount's token as the password, which takes cacheType Token")
}
