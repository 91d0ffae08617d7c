package cluster

import (
	"context"
	"strconv"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

func (c *Cluster) startControllerManager(ctx context.Context, port int) error {
	return c.launchClient(ctx, build.KubeControllerManager, port,
		"--use-service-account-credentials",
		"--service-account-private-key-file="+c.pki.path(serviceAccountKey),
		// It goes into every namespace, and from there into the Pods.
		"--root-ca-file="+c.pki.path(caCert),
	)
}

func (c *Cluster) startScheduler(ctx context.Context, port int) error {
	return c.launchClient(ctx, build.KubeScheduler, port)
}

// launchClient starts a part of the control plane that is a client of the API
// server, as the user system:NAME, whose rights every cluster has from the start.
func (c *Cluster) launchClient(ctx context.Context, name string, port int, args ...string) error {
	kubeconfig, err := c.ClientKubeconfig("system:" + name)
	if err != nil {
		return err
	}
	client, err := c.adminHTTP()
	if err != nil {
		return err
	}
	args = append(args,
		"--kubeconfig="+kubeconfig,
		// The API server says who may ask it for more than its health.
		"--authentication-kubeconfig="+kubeconfig,
		"--authorization-kubeconfig="+kubeconfig,
		"--bind-address=127.0.0.1",
		"--secure-port="+strconv.Itoa(port),
		"--tls-cert-file="+c.pki.path(serverCert),
		"--tls-private-key-file="+c.pki.path(serverKey),
		// There is one of each, and a lease would take seconds to be had.
		"--leader-elect=false",
	)
	return c.launch(ctx, name, args, func(ctx context.Context) error {
		return process.Healthy(ctx, client, "https://"+process.Loopback(port)+"/healthz")
	})
}
