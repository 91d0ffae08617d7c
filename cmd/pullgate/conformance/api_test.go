package conformance

import (
	"context"
	"fmt"
	"sync"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// api stands for an API server that has ServiceAccounts, in memory.
type api struct {
	client.Reader
	mu       sync.Mutex
	accounts []account
}

func (a *api) set(accounts []account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts = accounts
}

func (a *api) find(namespace, name string) (account, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, one := range a.accounts {
		if one.Namespace == namespace && one.Name == name {
			return one, nil
		}
	}
	return account{}, apierrors.NewNotFound(schema.GroupResource{Resource: "serviceaccounts"}, name)
}

// Get reads a ServiceAccount.
func (a *api) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	found, err := a.find(key.Namespace, key.Name)
	if err != nil {
		return err
	}
	into, ok := obj.(*corev1.ServiceAccount)
	if !ok {
		return fmt.Errorf("%T is asked for", obj)
	}
	*into = corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: found.Namespace, Name: found.Name, UID: types.UID(found.UID), Annotations: found.Annotations,
	}}
	return nil
}

// SubResource is for tokens.
func (a *api) SubResource(string) client.SubResourceClient { return tokenAPI{api: a} }

type tokenAPI struct {
	client.SubResourceClient
	api *api
}

// Create makes a token, or says why not in an API server's words.
func (t tokenAPI) Create(_ context.Context, obj, sub client.Object, _ ...client.SubResourceCreateOption) error {
	request, ok := sub.(*authenticationv1.TokenRequest)
	if !ok {
		return fmt.Errorf("%T is to be created", sub)
	}
	found, err := t.api.find(obj.GetNamespace(), obj.GetName())
	resource := schema.GroupResource{Resource: "serviceaccounts/token"}
	switch {
	case err != nil:
		return err
	case string(request.UID) != found.UID:
		return apierrors.NewConflict(resource, found.Name, fmt.Errorf("the UID in the token request (%s) does not match", request.UID))
	case found.NoToken == "forbidden":
		return apierrors.NewForbidden(resource, found.Name, fmt.Errorf(
			`User "pullgate" cannot create resource "serviceaccounts/token" in API group "" in the namespace %q`, found.Namespace))
	case found.NoToken != "":
		return apierrors.NewForbidden(resource, found.Name, fmt.Errorf(
			"ValidatingAdmissionPolicy 'pullgate-tokens' with binding 'pullgate-tokens' denied request: %s", found.NoToken))
	}
	request.Status.Token = found.Token
	return nil
}
