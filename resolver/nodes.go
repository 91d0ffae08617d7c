package resolver

import (
	"sync/atomic"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/provider"
)

// NodeCredentials are the credentials that nodes bring to a pull by themselves: those
// of a node's config.json, and those of its credential providers. The zero value has
// none. Both may be replaced at any time.
type NodeCredentials struct {
	ofFile atomic.Pointer[keyring.Keyring]
	set    atomic.Pointer[provider.Set]
}

// UseFile has the credentials of a config.json used from now on.
func (n *NodeCredentials) UseFile(ring *keyring.Keyring) { n.ofFile.Store(ring) }

// UseProviders has credential providers asked from now on.
func (n *NodeCredentials) UseProviders(set *provider.Set) { n.set.Store(set) }

// Providers are the credential providers, nil if there are none.
func (n *NodeCredentials) Providers() *provider.Set { return n.set.Load() }

func (n *NodeCredentials) file() *keyring.Keyring { return n.ofFile.Load() }
