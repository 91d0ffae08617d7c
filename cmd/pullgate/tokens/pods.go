package tokens

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/pullgate/pullgate/resolver/bounded"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

const (
	// life is how long a token holds: the least that an API server gives.
	life = 10 * time.Minute
	// renewAt is the part of its life, in percent, after which a token is renewed, as a
	// kubelet does.
	renewAt = 80
	// leastLeft is what a plugin needs of a token's life.
	leastLeft = 30 * time.Second
	// retryEvery is the time between two tries to renew a token that is still good.
	retryEvery = 10 * time.Second
	// requestTimeout ends a request that several wait for.
	requestTimeout = 5 * time.Second
	// maxTokens is how many are kept. One has a kilobyte.
	maxTokens = 4096
)

// Pods has tokens of the ServiceAccounts of Pods, as kubelets have, but bound to no
// Pod. It is safe for concurrent use.
type Pods struct {
	accounts *webhook.ServiceAccounts
	client   client.SubResourceClientConstructor
	api      APIServer
	kept     *bounded.Cache[*token]
	flights  *singleflight.Group
}

// token is one that is kept.
type token struct {
	value    string
	due, end time.Time // from when on it is renewed, and is not used

	mu   sync.Mutex
	next time.Time // no try to renew it before
}

// NewPods makes Pods that asks an API server.
func NewPods(accounts *webhook.ServiceAccounts, c client.SubResourceClientConstructor, api APIServer) *Pods {
	return &Pods{accounts: accounts, client: c, api: api, kept: bounded.New[*token](maxTokens), flights: &singleflight.Group{}}
}

// Identify reads the Pod's ServiceAccount.
func (p *Pods) Identify(ctx context.Context, of provider.Account) (provider.Identity, error) {
	return identify(ctx, p.accounts, of.Namespace, of.Name, of.Anew)
}

// identify reads a ServiceAccount.
func identify(ctx context.Context, accounts *webhook.ServiceAccounts, namespace, name string, anew bool) (provider.Identity, error) {
	account, cached, err := accounts.Get(ctx, namespace, name, anew)
	if err != nil {
		return provider.Identity{}, unread(err, namespace, name)
	}
	return provider.Identity{Namespace: namespace, Name: name, UID: account.UID, Annotations: account.Annotations, Cached: cached}, nil
}

// Token is a token for an audience, which holds for a while.
func (p *Pods) Token(ctx context.Context, of provider.Identity, audience string) (string, error) {
	if err := p.api.refuse(audience); err != nil {
		return "", err
	}
	key := strings.Join([]string{of.Namespace, of.Name, of.UID, audience}, "\x00")
	if t, ok := p.kept.Get(key); ok && time.Until(t.end) > 0 {
		if t.claim() {
			p.request(ctx, key, of, audience) // nobody waits for it
		}
		return t.value, nil
	}
	select {
	case r := <-p.request(ctx, key, of, audience):
		if r.Err != nil {
			return "", r.Err
		}
		return r.Val.(*token).value, nil
	case <-ctx.Done():
		return "", refused(ctx.Err(), of.Namespace, of.Name, audience)
	}
}

// claim reports whether it is for the caller to renew a token.
func (t *token) claim() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if time.Until(t.due) > 0 || time.Until(t.next) > 0 {
		return false
	}
	t.next = time.Now().Add(retryEvery)
	return true
}

// request asks for a token, together with whoever else wants it now, also when the
// first of them goes away.
func (p *Pods) request(ctx context.Context, key string, of provider.Identity, audience string) <-chan singleflight.Result {
	return p.flights.DoChan(key, func() (any, error) {
		ctx, stop := context.WithTimeout(context.WithoutCancel(ctx), requestTimeout)
		defer stop()
		t, err := p.create(ctx, of, audience)
		switch {
		case err == nil:
			p.kept.Set(key, t, time.Until(t.end))
			return t, nil
		case apierrors.IsNotFound(err), apierrors.IsConflict(err):
			// Of another of this name there may be one.
			p.kept.Delete(key)
			p.accounts.Forget(of.Namespace, of.Name)
		}
		return nil, refused(err, of.Namespace, of.Name, audience)
	})
}

// create makes the request. The API server gives a token only if the ServiceAccount is
// the one that was read.
func (p *Pods) create(ctx context.Context, of provider.Identity, audience string) (*token, error) {
	start := time.Now() // the token is no older, whatever the API server's clock says
	seconds := int64(life / time.Second)
	request := &authenticationv1.TokenRequest{
		ObjectMeta: metav1.ObjectMeta{UID: types.UID(of.UID)},
		Spec:       authenticationv1.TokenRequestSpec{Audiences: []string{audience}, ExpirationSeconds: &seconds},
	}
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Namespace: of.Namespace, Name: of.Name}}
	if err := p.client.SubResource("token").Create(ctx, account, request); err != nil {
		return nil, err
	}
	got := life
	if s := request.Spec.ExpirationSeconds; s != nil {
		got = min(got, time.Duration(*s)*time.Second)
	}
	if !slices.Equal(request.Spec.Audiences, []string{audience}) || request.Status.Token == "" {
		return nil, errOther
	}
	return &token{value: request.Status.Token, due: start.Add(got * renewAt / 100), end: start.Add(got - leastLeft)}, nil
}

// errOther is for an API server, or something before it, that changes requests.
var errOther = errors.New("gives one for other audiences")
