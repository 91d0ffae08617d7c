package main

import (
	"encoding/base64"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

const namespace = "shop"

// cause is why an image can't be pulled.
type cause struct {
	name  string // of the Pod too
	title string
	intro string
	image string
	// secrets are made, and named by the Pod; missing is only named.
	secrets []*corev1.Secret
	missing string
	// node is a part of the reason that the container waits for.
	node string
	// denied is the reason of pullgate's denial; a warning if empty.
	denied string
}

const (
	backOff = "ImagePullBackOff"
	digest  = "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855" // nobody's manifest
)

func causes() []cause {
	private := privateHost + "/acme/app:v1"
	return []cause{
		{
			name: "missing-tag", title: "The tag does not exist",
			intro: "A typo: the registry has v1.2.1, v1.2.2 and v1.2.3.",
			image: openHost + "/acme/app:v1.2.33", node: backOff, denied: "ImageNotFound",
		},
		{
			name: "missing-digest", title: "The digest does not exist",
			intro: "The image is named by a digest that the registry does not have.",
			image: openHost + "/acme/app@" + digest, node: backOff, denied: "ImageNotFound",
		},
		{
			name: "missing-repository", title: "The repository does not exist",
			intro: "A typo in the repository's name.",
			image: openHost + "/acme/ap:v1.2.3", node: backOff, denied: "RepositoryNotFound",
		},
		{
			name: "no-secret", title: "A private image, and no Secret",
			intro: "Neither the Pod nor its ServiceAccount has imagePullSecrets.",
			image: private, node: backOff, denied: "Unauthorized",
		},
		{
			name: "other-registry", title: "The Secret is for another registry",
			intro: "The Pod's Secret has a credential for registry.example.com only.",
			image: private, secrets: []*corev1.Secret{pullSecret("other-registry", dockerConfig(openHost, user, password))},
			node: backOff, denied: "Unauthorized",
		},
		{
			name: "missing-secret", title: "The Secret does not exist",
			intro: "The Pod names a Secret that is not in its namespace.",
			image: private, missing: "regcred", node: backOff, denied: "Unauthorized",
		},
		{
			name: "opaque-secret", title: "The Secret is of the wrong type",
			intro: "The Secret holds the right credential, but has the type Opaque, as `kubectl create secret generic` makes it.",
			image: private, secrets: []*corev1.Secret{opaque("opaque-secret", dockerConfig(privateHost, user, password))},
			node: backOff, denied: "Unauthorized",
		},
		{
			name: "refused", title: "The credential is refused",
			intro: "The Secret is for this registry, but its password is wrong.",
			image: private, secrets: []*corev1.Secret{pullSecret("refused", dockerConfig(privateHost, user, "last-years"))},
			node: backOff, denied: "Unauthorized",
		},
		{
			name: "malformed-secret", title: "The Secret is malformed",
			intro: "The Secret's `auth` is not base64.",
			image: private, secrets: []*corev1.Secret{pullSecret("malformed-secret", fmt.Sprintf(`{"auths":{%q:{"auth":"ci:s3cret"}}}`, privateHost))},
			node: "illegal base64 data", denied: "InvalidPullSecret",
		},
		{
			name: "rate-limit", title: "The registry's rate limit",
			intro: "The registry answers 429 Too Many Requests. That is no denial: the next try may succeed.",
			image: limitedHost + "/acme/app:v1", node: backOff,
		},
		{
			name: "registry-down", title: "The registry is down",
			intro: "Nobody listens at the registry's address. That is no denial: it may be back when the node pulls.",
			image: downHost + "/acme/app:v1", node: backOff,
		},
		{
			name: "no-such-host", title: "The registry's name does not resolve",
			intro: "DNS does not know the host. That is no denial: the nodes may use another DNS.",
			image: "registry.example.invalid/acme/app:v1", node: backOff,
		},
		{
			name: "untrusted", title: "The registry's certificate is not trusted",
			intro: "The registry's certificate is signed by a private CA. That is no denial: the nodes may trust it.",
			image: untrustedHost + "/acme/app:v1.2.3", node: backOff,
		},
		{
			name: "platform", title: "No image for the node's platform",
			intro: "The image is an index with linux/s390x alone, and the nodes are linux/amd64.",
			image: openHost + "/acme/mainframe:v1", node: backOff, denied: "PlatformMismatch",
		},
		{
			name: "unsupported", title: "A manifest that nodes no longer support",
			intro: "The registry has a Docker schema 1 manifest.",
			image: legacyHost + "/acme/app:v1", node: backOff, denied: "UnsupportedManifest",
		},
		{
			name: "invalid-reference", title: "The reference is none",
			intro: "Repositories are in lower case.",
			image: openHost + "/Acme/App:v1.2.3", node: "InvalidImageName", denied: "InvalidImageName",
		},
	}
}

func dockerConfig(host, user, password string) string {
	auth := base64.StdEncoding.EncodeToString([]byte(user + ":" + password))
	return fmt.Sprintf(`{"auths":{%q:{"auth":%q}}}`, host, auth)
}

func pullSecret(name, config string) *corev1.Secret {
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: name},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(config)},
	}
}

func opaque(name, config string) *corev1.Secret {
	s := pullSecret(name, config)
	s.Type = corev1.SecretTypeOpaque
	return s
}

// secretNames are those that the Pod names.
func (c cause) secretNames() (names []string) {
	for _, s := range c.secrets {
		names = append(names, s.Name)
	}
	if c.missing != "" {
		names = append(names, c.missing)
	}
	return names
}

// manifest is the Pod as a user writes it.
func (c cause) manifest() string {
	var b strings.Builder
	fmt.Fprintf(&b, "apiVersion: v1\nkind: Pod\nmetadata:\n  name: %s\nspec:\n  containers:\n  - name: app\n    image: %q\n", c.name, c.image)
	if names := c.secretNames(); len(names) > 0 {
		b.WriteString("  imagePullSecrets:\n")
		for _, name := range names {
			fmt.Fprintf(&b, "  - name: %s\n", name)
		}
	}
	return b.String()
}
