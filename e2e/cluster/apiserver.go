package cluster

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// serviceRange is where Services get their addresses from, and ServiceAddress the
// one that the Service "kubernetes" gets.
const (
	serviceRange   = "10.0.0.0/24"
	ServiceAddress = "10.0.0.1"
)

func (c *Cluster) startAPIServer(ctx context.Context, etcdPort, port int, o Options) error {
	args := []string{
		"--etcd-servers=http://" + process.Loopback(etcdPort),
		"--bind-address=127.0.0.1",
		"--secure-port=" + strconv.Itoa(port),
		// Without an address to advertise, the server looks for a network
		// interface that is not loopback, and a machine need not have one.
		"--advertise-address=127.0.0.1",
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=" + serviceRange,
		"--tls-cert-file=" + c.pki.path(serverCert),
		"--tls-private-key-file=" + c.pki.path(serverKey),
		"--client-ca-file=" + c.pki.path(caCert),
		"--authorization-mode=Node,RBAC",
		"--kubelet-client-certificate=" + c.pki.path(serverCert),
		"--kubelet-client-key=" + c.pki.path(serverKey),
		"--kubelet-preferred-address-types=InternalIP",
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-signing-key-file=" + c.pki.path(serviceAccountKey),
		"--service-account-key-file=" + c.pki.path(serviceAccountKey),
		"--allow-privileged=true",
	}
	if o.ServicesToPods {
		args = append(args, "--enable-aggregator-routing")
	}
	if o.Tracing {
		tracing := filepath.Join(c.dir, "tracing.yaml")
		if err := os.WriteFile(tracing, []byte(tracingConfiguration), 0o600); err != nil {
			return err
		}
		args = append(args, "--tracing-config-file="+tracing)
	}
	if o.AuditPolicy != "" {
		policy := filepath.Join(c.dir, "audit-policy.yaml")
		if err := os.WriteFile(policy, []byte(o.AuditPolicy), 0o600); err != nil {
			return err
		}
		args = append(args, "--audit-policy-file="+policy, "--audit-log-path="+c.AuditLog(), "--audit-log-mode=blocking")
	}
	client, err := c.adminHTTP()
	if err != nil {
		return err
	}
	c.apiServer = launcher{build.KubeAPIServer, args, func(ctx context.Context) error {
		if err := process.Healthy(ctx, client, c.server+"/readyz"); err != nil {
			return err
		}
		// Made by the server itself, shortly after it is ready.
		return process.Healthy(ctx, client, c.server+"/api/v1/namespaces/default")
	}}
	return c.launch(ctx, c.apiServer.name, c.apiServer.args, c.apiServer.probe)
}

// tracingConfiguration names a collector that is not there: nothing listens on the
// discard port.
const tracingConfiguration = `apiVersion: apiserver.config.k8s.io/v1
kind: TracingConfiguration
endpoint: 127.0.0.1:9
samplingRatePerMillion: 1000000
`

// RestartAPIServer ends kube-apiserver as an upgrade does, with SIGTERM, and starts
// it again at the same address and on the same etcd. It returns when it is ready.
func (c *Cluster) RestartAPIServer(ctx context.Context) error {
	for _, p := range c.started() {
		if p.Name() == build.KubeAPIServer {
			p.Stop()
		}
	}
	ctx, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.launch(ctx, c.apiServer.name, c.apiServer.args, c.apiServer.probe); err != nil {
		return fmt.Errorf("restart the API server: %w", err)
	}
	return nil
}

// adminHTTP is a plain HTTP client with the administrator's certificate.
func (c *Cluster) adminHTTP() (*http.Client, error) {
	pair, err := tls.X509KeyPair(c.pki.admin.certificate, c.pki.admin.key)
	if err != nil {
		return nil, fmt.Errorf("the administrator's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(c.pki.ca) {
		return nil, errors.New("the cluster's CA is no PEM certificate")
	}
	return direct(&tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: roots}), nil
}

// direct is an HTTP client that goes through no proxy.
func direct(config *tls.Config) *http.Client {
	return &http.Client{Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}
