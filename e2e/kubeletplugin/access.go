package kubeletplugin

import (
	"errors"
	"fmt"
	"reflect"
	"unsafe"

	"k8s.io/apimachinery/pkg/runtime/serializer/json"
	"k8s.io/apimachinery/pkg/util/sets"
	credentialproviderapi "k8s.io/kubelet/pkg/apis/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	kubeletconfig "k8s.io/kubernetes/pkg/kubelet/apis/config"
	"k8s.io/utils/clock"
)

// What follows reaches into the kubelet's package. It is sound, and stays so:
//
//   - the names are the linker's. If the kubelet renames one, this does not link;
//   - registered has the layout of the kubelet's own struct, a name and a pointer,
//     and layout() compares the two before anything is touched;
//   - fields are found by their names, and set to values of their own, exported,
//     interface types: reflect panics if that is not so;
//   - nothing of it runs at the same time as a look-up. Forget and Replace are
//     called by the one goroutine that makes look-ups afterwards.
//
// What is replaced is never what is measured: a plugin is seen through, or answers
// without a process; a clock is moved. The rest is the kubelet's own.

// registered is an entry of providers.
type registered struct {
	name string
	impl unsafe.Pointer // *plugin.pluginProvider
}

//go:linkname providers k8s.io/kubernetes/pkg/credentialprovider/plugin.providers
var providers []registered

//go:linkname seenProviderNames k8s.io/kubernetes/pkg/credentialprovider/plugin.seenProviderNames
var seenProviderNames sets.String //nolint:staticcheck // the kubelet has it so

//go:linkname readCredentialProviderConfig k8s.io/kubernetes/pkg/credentialprovider/plugin.readCredentialProviderConfig
func readCredentialProviderConfig(path string) (*kubeletconfig.CredentialProviderConfig, string, error)

// decodeResponse is a method that uses nothing of its receiver.
//
//go:linkname decodeResponse k8s.io/kubernetes/pkg/credentialprovider/plugin.(*execPlugin).decodeResponse
func decodeResponse(receiver unsafe.Pointer, data []byte) (*credentialproviderapi.CredentialProviderResponse, error)

// Forget empties the kubelet's list of providers, as a new process would have it.
func Forget() {
	providers = nil
	seenProviderNames = sets.NewString()
}

// Registered are the names of the providers in the kubelet's list.
func Registered() (names []string) {
	for _, p := range providers {
		names = append(names, p.name)
	}
	return names
}

// Read is what the kubelet reads of a configuration; whether it is valid is another
// matter.
func Read(path string) (*kubeletconfig.CredentialProviderConfig, error) {
	config, _, err := readCredentialProviderConfig(path)
	return config, err
}

// Decode is what the kubelet makes of a plugin's standard output: the end of
// (*execPlugin).ExecPlugin, which cannot be had without a process.
func Decode(apiVersion string, stdout []byte) (*credentialproviderapi.CredentialProviderResponse, error) {
	gvk, err := json.DefaultMetaFactory.Interpret(stdout)
	if err != nil {
		return nil, fmt.Errorf("error reading GVK from response: %w", err)
	}
	if got := gvk.GroupVersion().String(); got != apiVersion {
		return nil, fmt.Errorf("apiVersion %s in the response, and not %s", got, apiVersion)
	}
	response, err := decodeResponse(nil, stdout)
	if err != nil {
		return nil, errors.New("error decoding credential provider plugin response from stdout")
	}
	return response, nil
}

// Replace has each registered provider use what with makes of its plugin.
func Replace(with func(provider string, p plugin.Plugin) plugin.Plugin) error {
	return each(func(name string, impl reflect.Value) error {
		field := settable(impl.FieldByName("plugin"))
		p, ok := field.Interface().(plugin.Plugin)
		if !ok {
			return fmt.Errorf("the provider %s has a plugin of type %s", name, field.Type())
		}
		field.Set(reflect.ValueOf(with(name, p)))
		return nil
	})
}

// SetClock has each registered provider keep its answers by another clock.
func SetClock(c clock.Clock) error {
	return each(func(_ string, impl reflect.Value) error {
		settable(impl.FieldByName("clock")).Set(reflect.ValueOf(c))
		// The cache asks a policy with a clock of its own what has expired.
		store := settable(impl.FieldByName("cache")).Elem().Elem()
		policy := settable(store.FieldByName("expirationPolicy")).Elem().Elem()
		settable(policy.FieldByName("clock")).Set(reflect.ValueOf(c))
		return nil
	})
}

// each calls do with each registered provider, as the struct that it is.
func each(do func(name string, impl reflect.Value) error) error {
	t, err := layout()
	if err != nil {
		return err
	}
	for _, p := range providers {
		if err := do(p.name, reflect.NewAt(t, p.impl).Elem()); err != nil {
			return err
		}
	}
	return nil
}

// layout is the type that registered.impl points to. The kubelet's keyring holds
// the same pointers, behind types that reflect can read.
func layout() (reflect.Type, error) {
	ring := reflect.ValueOf(plugin.NewExternalCredentialProviderDockerKeyring("", "", "", "")).Elem().FieldByName("providers")
	if ring.Len() != len(providers) {
		return nil, fmt.Errorf("the kubelet has %d providers, and %d are seen", ring.Len(), len(providers))
	}
	var t reflect.Type
	for i, p := range providers {
		impl := ring.Index(i).Elem().Elem().FieldByName("provider")
		if impl.UnsafePointer() != p.impl {
			return nil, fmt.Errorf("the provider %s is not where it is looked for", p.name)
		}
		t = impl.Type().Elem()
	}
	return t, nil
}

// settable is a field that reflect would let nobody set.
func settable(field reflect.Value) reflect.Value {
	return reflect.NewAt(field.Type(), field.Addr().UnsafePointer()).Elem()
}
