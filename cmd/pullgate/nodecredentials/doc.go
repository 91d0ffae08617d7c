// Package nodecredentials reads the files that tell which credentials nodes bring to
// a pull by themselves, and reads them again when they change: the kubelet's
// CredentialProviderConfig, and a node's config.json.
package nodecredentials
