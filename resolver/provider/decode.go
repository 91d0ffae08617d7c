package provider

import (
	"bytes"
	"fmt"
	"regexp"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	kubeletv1 "k8s.io/kubelet/config/v1"

	"github.com/pullgate/pullgate/resolver/words"
)

const (
	configKind = "CredentialProviderConfig"
	// consequence ends what is said of a configuration that no kubelet takes.
	consequence = "; a kubelet does not start with that"
	// maxSaid bounds what is repeated of a configuration, in bytes.
	maxSaid = 512
)

// olderConfig is a CredentialProviderConfig of version v1beta1 or v1alpha1, which
// know of no tokens: there tokenAttributes is an unknown field.
type olderConfig struct {
	metav1.TypeMeta `json:",inline"`
	Providers       []olderProvider `json:"providers"`
}

type olderProvider struct {
	Name                 string                 `json:"name"`
	MatchImages          []string               `json:"matchImages"`
	DefaultCacheDuration *metav1.Duration       `json:"defaultCacheDuration"`
	APIVersion           string                 `json:"apiVersion"`
	Args                 []string               `json:"args,omitempty"`
	Env                  []kubeletv1.ExecEnvVar `json:"env,omitempty"`
}

// DeepCopyObject makes it a runtime.Object.
func (c *olderConfig) DeepCopyObject() runtime.Object {
	older := *c
	return &older // which nobody changes
}

// newDecoder makes the strict decoder that a kubelet uses.
func newDecoder(add func(*runtime.Scheme)) runtime.Decoder {
	scheme := runtime.NewScheme()
	add(scheme)
	return serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
}

// decode reads one file.
func decode(file string, data []byte) ([]kubeletv1.CredentialProvider, error) {
	refuse := func(format string, args ...any) error {
		return fmt.Errorf("credential provider configuration %s: %s", file, words.Cut(words.Printable(fmt.Sprintf(format, args...)), maxSaid))
	}
	decoder := newDecoder(func(scheme *runtime.Scheme) {
		scheme.AddKnownTypes(kubeletv1.SchemeGroupVersion, &kubeletv1.CredentialProviderConfig{})
		for _, version := range []string{"v1beta1", "v1alpha1"} {
			scheme.AddKnownTypeWithName(schema.GroupVersionKind{Group: kubeletv1.GroupName, Version: version, Kind: configKind}, &olderConfig{})
		}
	})
	object, _, err := decoder.Decode(data, nil, nil)
	if err != nil {
		return nil, refuse("%s%s", withoutValues(err), consequence)
	}
	if hasSecondDocument(data) {
		return nil, refuse("has a second YAML document; a kubelet drops it without a word")
	}
	switch config := object.(type) {
	case *kubeletv1.CredentialProviderConfig:
		return config.Providers, nil
	case *olderConfig:
		providers := make([]kubeletv1.CredentialProvider, len(config.Providers))
		for n, p := range config.Providers {
			providers[n] = kubeletv1.CredentialProvider{
				Name: p.Name, MatchImages: p.MatchImages, DefaultCacheDuration: p.DefaultCacheDuration,
				APIVersion: p.APIVersion, Args: p.Args, Env: p.Env,
			}
		}
		return providers, nil
	default:
		return nil, refuse("is not a %s%s", configKind, consequence)
	}
}

// withoutValues is what the decoder says, without what it quotes of the file: an
// entry of env, or an argument, may be a password.
func withoutValues(err error) string {
	switch {
	case runtime.IsMissingKind(err):
		return "kind is missing: it is " + configKind
	case runtime.IsMissingVersion(err):
		return "apiVersion is missing: it is " + kubeletv1.SchemeGroupVersion.String()
	}
	// "cannot decode !!str `…` as a !!int", "unknown anchor '…' referenced", "invalid map key: …"
	return regexp.MustCompile("(?s)`.*`|'.*' referenced|map key: .*").ReplaceAllString(err.Error(), "…")
}

// hasSecondDocument reports whether there is anything behind the first document,
// comments apart.
func hasSecondDocument(data []byte) bool {
	begun, ended := false, false
	for line := range bytes.Lines(data) {
		for _, mark := range []string{"---", "..."} {
			if rest, ok := bytes.CutPrefix(line, []byte(mark)); ok && (len(rest) == 0 || bytes.ContainsAny(rest[:1], " \t\r\n")) {
				ended, line = begun, rest
			}
		}
		line = bytes.TrimSpace(line)
		switch {
		case len(line) == 0, line[0] == '#', line[0] == '%' && !begun: // nothing, a comment, a directive
		case ended:
			return true
		default:
			begun = true
		}
	}
	return false
}
