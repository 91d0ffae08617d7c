package cluster

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// NewNamespace makes a namespace with a new name, and in it the ServiceAccount
// "default", without which the API server refuses every Pod: the controller that
// would make it need not run here, and where it does, nobody has to wait for it.
func (c *Cluster) NewNamespace(ctx context.Context, labels map[string]string) (string, error) {
	ns, err := c.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "e2e-", Labels: labels},
	}, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("make a namespace: %w", err)
	}
	if err := c.NewServiceAccount(ctx, ns.Name, "default"); err != nil {
		return "", err
	}
	return ns.Name, nil
}

// NewServiceAccount makes a ServiceAccount, unless a controller was faster.
func (c *Cluster) NewServiceAccount(ctx context.Context, namespace, name string) error {
	_, err := c.client.CoreV1().ServiceAccounts(namespace).Create(ctx, &corev1.ServiceAccount{
		ObjectMeta: metav1.ObjectMeta{Name: name},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("make ServiceAccount %s/%s: %w", namespace, name, err)
	}
	return nil
}
