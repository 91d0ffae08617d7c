package provider

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	strictjson "k8s.io/apimachinery/pkg/util/json"
	credentialv1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1"
	credentialv1alpha1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1alpha1"
	credentialv1beta1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1beta1"
)

const (
	requestKind  = "CredentialProviderRequest"
	responseKind = "CredentialProviderResponse"
)

// response is a plugin's answer, of whichever version.
type response struct {
	CacheKeyType  credentialv1.PluginCacheKeyType
	CacheDuration *metav1.Duration
	Auth          map[string]credentialv1.AuthConfig
}

// encodeRequest is what a plugin gets to read: one line.
func encodeRequest(apiVersion, repository string, s subject) ([]byte, error) {
	data, err := json.Marshal(credentialv1.CredentialProviderRequest{
		TypeMeta:                  metav1.TypeMeta{APIVersion: apiVersion, Kind: requestKind},
		Image:                     repository,
		ServiceAccountToken:       s.token,
		ServiceAccountAnnotations: s.annotations,
	})
	if err != nil {
		return nil, fmt.Errorf("encode the request to a plugin: %w", err)
	}
	return append(data, '\n'), nil
}

// decodeResponse reads an answer as strictly as a kubelet (P14). Its errors are words
// of its own: those of the decoder may quote a password.
func decodeResponse(apiVersion string, data []byte) (response, error) {
	var meta metav1.TypeMeta
	switch err := strictjson.Unmarshal(data, &meta); { // which tells kind and Kind apart
	case len(bytes.TrimSpace(data)) == 0:
		return response{}, errors.New("it answers nothing")
	case err != nil:
		return response{}, errors.New("its answer is not one JSON object")
	case meta.APIVersion != apiVersion:
		return response{}, fmt.Errorf("its answer is not of apiVersion %s", apiVersion)
	case meta.Kind != responseKind:
		return response{}, errors.New("its answer is not of kind " + responseKind)
	}
	decoder := newDecoder(func(scheme *runtime.Scheme) {
		scheme.AddKnownTypes(credentialv1.SchemeGroupVersion, &credentialv1.CredentialProviderResponse{})
		scheme.AddKnownTypes(credentialv1beta1.SchemeGroupVersion, &credentialv1beta1.CredentialProviderResponse{})
		scheme.AddKnownTypes(credentialv1alpha1.SchemeGroupVersion, &credentialv1alpha1.CredentialProviderResponse{})
	})
	object, _, err := decoder.Decode(data, nil, nil)
	switch {
	case runtime.IsStrictDecodingError(err):
		return response{}, errors.New("its answer has a field that nodes do not know, or one that is given twice")
	case err != nil:
		return response{}, errors.New("its answer has a value of the wrong type")
	}
	r := plain(object)
	switch r.CacheKeyType {
	case credentialv1.ImagePluginCacheKeyType, credentialv1.RegistryPluginCacheKeyType, credentialv1.GlobalPluginCacheKeyType:
		return r, nil
	default:
		return response{}, errors.New("the cacheKeyType of its answer is none of Image, Registry and Global")
	}
}

// plain makes one type of the versions, which do not differ in their fields.
func plain(object runtime.Object) response {
	switch r := object.(type) {
	case *credentialv1.CredentialProviderResponse:
		return response{r.CacheKeyType, r.CacheDuration, r.Auth}
	case *credentialv1beta1.CredentialProviderResponse:
		auth := make(map[string]credentialv1.AuthConfig, len(r.Auth))
		for key, a := range r.Auth {
			auth[key] = credentialv1.AuthConfig(a)
		}
		return response{credentialv1.PluginCacheKeyType(r.CacheKeyType), r.CacheDuration, auth}
	case *credentialv1alpha1.CredentialProviderResponse:
		auth := make(map[string]credentialv1.AuthConfig, len(r.Auth))
		for key, a := range r.Auth {
			auth[key] = credentialv1.AuthConfig(a)
		}
		return response{credentialv1.PluginCacheKeyType(r.CacheKeyType), r.CacheDuration, auth}
	default:
		return response{}
	}
}
