package cluster

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// credential is what a kubeconfig identifies its user by.
type credential struct {
	certificate, key []byte
	token            string
}

// writeKubeconfig writes a kubeconfig, with all it needs inside, and returns
// the client configuration that it means.
func (c *Cluster) writeKubeconfig(path string, who credential) (*rest.Config, error) {
	const name = "pullgate-e2e"
	kubeconfig := clientcmdapi.Config{
		Clusters: map[string]*clientcmdapi.Cluster{
			name: {Server: c.server, CertificateAuthorityData: c.pki.ca},
		},
		AuthInfos: map[string]*clientcmdapi.AuthInfo{
			name: {ClientCertificateData: who.certificate, ClientKeyData: who.key, Token: who.token},
		},
		Contexts:       map[string]*clientcmdapi.Context{name: {Cluster: name, AuthInfo: name}},
		CurrentContext: name,
	}
	// Put in place whole: servers that start at once have one file, and one may read it
	// while another is given it anew.
	part := path + "." + rand.Text()
	if err := errors.Join(clientcmd.WriteToFile(kubeconfig, part), os.Rename(part, path)); err != nil {
		return nil, fmt.Errorf("write the kubeconfig: %w", err)
	}
	return clientcmd.NewDefaultClientConfig(kubeconfig, nil).ClientConfig()
}

// ClientKubeconfig writes a kubeconfig with a certificate of its own for a user
// in groups, such as a node's kubelet, and returns its path.
func (c *Cluster) ClientKubeconfig(user string, groups ...string) (string, error) {
	who, err := c.pki.client(user, groups...)
	if err != nil {
		return "", err
	}
	path := filepath.Join(c.dir, strings.ReplaceAll(user, ":", ".")+".kubeconfig")
	_, err = c.writeKubeconfig(path, who)
	return path, err
}

// ServiceAccountKubeconfig writes a kubeconfig for a ServiceAccount, to run a
// process with that ServiceAccount's rights and no others, and returns its path.
func (c *Cluster) ServiceAccountKubeconfig(ctx context.Context, namespace, name string) (string, error) {
	lifetime := int64(24 * 60 * 60)
	request := &authenticationv1.TokenRequest{
		Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: &lifetime},
	}
	token, err := c.client.CoreV1().ServiceAccounts(namespace).CreateToken(ctx, name, request, metav1.CreateOptions{})
	if err != nil {
		return "", fmt.Errorf("request a token for ServiceAccount %s/%s: %w", namespace, name, err)
	}
	path := filepath.Join(c.dir, namespace+"."+name+".kubeconfig")
	if _, err := c.writeKubeconfig(path, credential{token: token.Status.Token}); err != nil {
		return "", err
	}
	return path, nil
}
