package tokens

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

// The audience of the tests, and their ServiceAccount.
const (
	sts     = "sts.example.com"
	team    = "team"
	builder = "builder"
)

// api stands for an API server, in memory: what time does to tokens can be seen in a
// bubble only, where no socket can be. The end-to-end tests have a real one.
type api struct {
	client.Reader // reads nothing but ServiceAccounts
	mu            sync.Mutex
	accounts      map[string]corev1.ServiceAccount // by namespace/name
	gets          int
	asked         []authenticationv1.TokenRequest
	fail          error                                // of each request for a token
	hang          chan struct{}                        // that it waits for, nil for none
	change        func(*authenticationv1.TokenRequest) // what becomes of a request
}

// newAPI makes an api with the ServiceAccount, whose UID is "one".
func newAPI() *api {
	a := &api{accounts: map[string]corev1.ServiceAccount{}}
	a.set("one", nil)
	return a
}

func (a *api) set(uid types.UID, annotations map[string]string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.accounts[team+"/"+builder] = corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: team, Name: builder, UID: uid, Annotations: annotations,
	}}
}

func (a *api) setFail(err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.fail = err
}

func accountsResource() schema.GroupResource {
	return schema.GroupResource{Resource: "serviceaccounts"}
}

// Get reads a ServiceAccount.
func (a *api) Get(_ context.Context, key client.ObjectKey, obj client.Object, _ ...client.GetOption) error {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.gets++
	found, ok := a.accounts[key.String()]
	if !ok {
		return apierrors.NewNotFound(accountsResource(), key.Name)
	}
	*obj.(*corev1.ServiceAccount) = *found.DeepCopy()
	return nil
}

// SubResource is for tokens.
func (a *api) SubResource(subResource string) client.SubResourceClient {
	if subResource != "token" {
		panic(subResource)
	}
	return tokenAPI{a: a}
}

// tokenAPI gives tokens, and does nothing else.
type tokenAPI struct {
	client.SubResourceClient
	a *api
}

// Create gives a token as an API server does.
func (t tokenAPI) Create(ctx context.Context, obj, sub client.Object, _ ...client.SubResourceCreateOption) error {
	a := t.a
	a.mu.Lock()
	defer a.mu.Unlock()
	request := sub.(*authenticationv1.TokenRequest)
	a.asked = append(a.asked, *request.DeepCopy())
	if hang := a.hang; hang != nil {
		a.mu.Unlock()
		select {
		case <-hang:
		case <-ctx.Done():
		}
		a.mu.Lock()
		if ctx.Err() != nil {
			return fmt.Errorf("Post \"https://10.0.0.1/api/v1\": %w", ctx.Err())
		}
	}
	account, ok := a.accounts[client.ObjectKeyFromObject(obj).String()]
	switch {
	case a.fail != nil:
		return a.fail
	case !ok:
		return apierrors.NewNotFound(accountsResource(), obj.GetName())
	case request.UID != account.UID:
		return apierrors.NewConflict(schema.GroupResource{Resource: "serviceaccounts/token"}, obj.GetName(), fmt.Errorf("the UID in the token request (%s) does not match", request.UID))
	}
	if a.change != nil {
		a.change(request)
	}
	request.Status.Token = fmt.Sprintf("%s.%s.%d", account.UID, request.Spec.Audiences[0], len(a.asked))
	return nil
}

// requests are those for tokens so far.
func (a *api) requests() []authenticationv1.TokenRequest {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

func (a *api) pods() *Pods { return NewPods(webhook.NewServiceAccounts(a), a, APIServer{}) }

// account is the Pod's.
func account() provider.Account { return provider.Account{Namespace: team, Name: builder} }

// identity is the ServiceAccount, as it was when it had the UID one.
func identity() provider.Identity {
	return provider.Identity{Namespace: team, Name: builder, UID: "one"}
}

// signed is a token with these claims.
func signed(t testing.TB, claims map[string]any) string {
	t.Helper()
	payload, err := json.Marshal(claims)
	if err != nil {
		t.Fatal(err)
	}
	return "eyJhbGciOiJSUzI1NiJ9." + base64.RawURLEncoding.EncodeToString(payload) + ".c2lnbmF0dXJl"
}

// ownClaims are those of a token of the ServiceAccount.
func ownClaims(uid string, audience any, expires time.Time) map[string]any {
	return map[string]any{
		"iss": "https://issuer.example.com", "aud": audience, "exp": expires.Unix(), "sub": "system:serviceaccount:" + team + ":" + builder,
		"kubernetes.io": map[string]any{"namespace": team, "serviceaccount": map[string]string{"name": builder, "uid": uid}},
	}
}
