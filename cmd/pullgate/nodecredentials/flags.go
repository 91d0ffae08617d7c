package nodecredentials

import (
	"errors"

	"github.com/spf13/pflag"
)

// The flags. Those of the kubelet have the kubelet's names.
const (
	providerConfigFlag = "image-credential-provider-config"
	providerBinDirFlag = "image-credential-provider-bin-dir"
	nodeConfigFlag     = "image-credential-node-config"
	tokenDirFlag       = "image-credential-token-dir"
)

// Flags are where the files are, "" for none.
type Flags struct {
	// ProviderConfig is a CredentialProviderConfig, a file or a folder of files, and
	// ProviderBinDir the folder of the plugins that it names.
	ProviderConfig, ProviderBinDir string
	// NodeConfig is a node's config.json, or its .dockercfg.
	NodeConfig string
	// TokenDir is a folder with tokens of pullgate's own ServiceAccount.
	TokenDir string
}

// Add adds the flags to a command's.
func (f *Flags) Add(flags *pflag.FlagSet) {
	flags.StringVar(&f.ProviderConfig, providerConfigFlag, "", "`path` of the kubelet's CredentialProviderConfig, a file or a folder: its plugins are asked as a node asks them")
	flags.StringVar(&f.ProviderBinDir, providerBinDirFlag, "", "`folder` of the credential provider plugins")
	flags.StringVar(&f.NodeConfig, nodeConfigFlag, "", "`file` with the registry logins of the nodes, a kubelet's config.json: tried after pull Secrets, before credential providers")
}

// AddTokenDir adds the flag of those that can hand tokens to plugins.
func (f *Flags) AddTokenDir(flags *pflag.FlagSet) {
	flags.StringVar(&f.TokenDir, tokenDirFlag, "", "`folder` of a projected volume with tokens of pullgate's own ServiceAccount, a file for each audience: for plugins with tokenAttributes, by credentialProviders.tokens: own")
}

// Validate reports flags that make no sense without each other.
func (f *Flags) Validate() error {
	switch {
	case f.ProviderConfig != "" && f.ProviderBinDir == "":
		return errors.New("--" + providerConfigFlag + " needs --" + providerBinDirFlag + ": the folder of the plugins")
	case f.ProviderConfig == "" && f.ProviderBinDir != "":
		return errors.New("--" + providerBinDirFlag + " needs --" + providerConfigFlag + ": what they are for")
	case f.ProviderConfig == "" && f.TokenDir != "":
		return errors.New("--" + tokenDirFlag + " needs --" + providerConfigFlag + ": whom they are for")
	default:
		return nil
	}
}
