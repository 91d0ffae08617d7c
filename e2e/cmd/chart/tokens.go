package main

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// tokenRequest asks for a token of a ServiceAccount of the namespace default.
type tokenRequest struct {
	what    string
	account string
	spec    authenticationv1.TokenRequestSpec
	given   bool
}

// tokenRequests are what the values tokens-values.yaml allow, and what they do not.
func tokenRequests() []tokenRequest {
	spec := func(seconds int64, audiences ...string) authenticationv1.TokenRequestSpec {
		return authenticationv1.TokenRequestSpec{Audiences: audiences, ExpirationSeconds: &seconds}
	}
	bound := spec(600, "sts.amazonaws.com")
	bound.BoundObjectRef = &authenticationv1.BoundObjectReference{Kind: "Secret", APIVersion: "v1", Name: "secret"}
	return []tokenRequest{
		{what: "one of the audiences", account: "builder", spec: spec(600, "sts.amazonaws.com"), given: true},
		{what: "the other audience, the other account", account: "default", spec: spec(600, "registry.example.com"), given: true},
		{what: "an account that is not listed", account: "other", spec: spec(600, "sts.amazonaws.com")},
		{what: "another audience", account: "builder", spec: spec(600, "vault")},
		{what: "two audiences", account: "builder", spec: spec(600, "sts.amazonaws.com", "registry.example.com")},
		{what: "no audience, which is the API server's", account: "builder", spec: spec(600)},
		{what: "an hour", account: "builder", spec: spec(3600, "sts.amazonaws.com")},
		{what: "as long as the API server gives", account: "builder", spec: authenticationv1.TokenRequestSpec{Audiences: []string{"sts.amazonaws.com"}}},
		{what: "bound to a Secret", account: "builder", spec: bound},
	}
}

// checkTokens installs what the chart makes for tokens of Pods' ServiceAccounts, and
// asks for tokens as pullgate.
func (c *checker) checkTokens(ctx context.Context) error {
	chart := filepath.Join(c.root, "deploy", "chart", "pullgate")
	rendered, err := c.command(ctx, "", c.helm, "template", "pullgate", chart, "--namespace", namespace,
		"--values", filepath.Join(chart, "ci", "tokens-values.yaml"), "--show-only", "templates/tokens.yaml")
	if err != nil {
		return err
	}
	if _, stderr, err := c.cluster.Kubectl(ctx, rendered, "apply", "-f", "-"); err != nil {
		return fmt.Errorf("%w: %s", err, stderr)
	}
	admin := c.cluster.Client()
	for _, name := range []string{"builder", "default", "other"} {
		account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{Name: name}}
		if _, err := admin.CoreV1().ServiceAccounts(metav1.NamespaceDefault).Create(ctx, account, metav1.CreateOptions{}); err != nil {
			return err
		}
	}
	secret := &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "secret"}}
	if _, err := admin.CoreV1().Secrets(metav1.NamespaceDefault).Create(ctx, secret, metav1.CreateOptions{}); err != nil {
		return err
	}
	config := rest.CopyConfig(c.cluster.RESTConfig())
	config.Impersonate = rest.ImpersonationConfig{
		UserName: "system:serviceaccount:" + namespace + ":pullgate",
		Groups:   []string{"system:serviceaccounts", "system:serviceaccounts:" + namespace, "system:authenticated"},
	}
	pullgate, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	requests := tokenRequests()
	if err := inForce(ctx, pullgate, requests); err != nil {
		return err
	}
	for _, r := range requests {
		switch err := r.ask(ctx, pullgate); {
		case err != nil && r.given:
			return fmt.Errorf("tokens: %s of %s: %w", r.what, r.account, err)
		case err == nil && !r.given:
			return fmt.Errorf("tokens: %s of %s is given to pullgate", r.what, r.account)
		case err != nil && !apierrors.IsForbidden(err):
			return fmt.Errorf("tokens: %s of %s is refused, but not as forbidden: %w", r.what, r.account, err)
		}
		if err := r.ask(ctx, admin); err != nil {
			return fmt.Errorf("tokens: the policy holds for others than pullgate: %s of %s: %w", r.what, r.account, err)
		}
	}
	fmt.Printf("tokens: %d requests as pullgate, each answered as it must be\n", len(requests))
	return nil
}

// ask asks for the token.
func (r tokenRequest) ask(ctx context.Context, client kubernetes.Interface) error {
	_, err := client.CoreV1().ServiceAccounts(metav1.NamespaceDefault).
		CreateToken(ctx, r.account, &authenticationv1.TokenRequest{Spec: r.spec}, metav1.CreateOptions{})
	return err
}

// inForce waits until Roles and policy are: the API server hears of both a moment
// later. The last request is one that the policy alone forbids.
func inForce(ctx context.Context, client kubernetes.Interface, requests []tokenRequest) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	var last error
	for {
		wanted, unwanted := requests[0].ask(ctx, client), requests[len(requests)-1].ask(ctx, client)
		switch {
		case wanted == nil && unwanted != nil:
			return nil
		case ctx.Err() != nil:
			return errors.Join(errors.New("tokens: Roles and policy do not come into force"), last)
		case wanted != nil:
			last = fmt.Errorf("%s: %w", requests[0].what, wanted)
		default:
			last = fmt.Errorf("%s: given", requests[len(requests)-1].what)
		}
		select {
		case <-ctx.Done():
		case <-time.After(200 * time.Millisecond):
		}
	}
}
