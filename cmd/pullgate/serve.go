package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/client-go/rest"
	toolscache "k8s.io/client-go/tools/cache"
	"k8s.io/client-go/tools/clientcmd"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/healthz"
	"sigs.k8s.io/controller-runtime/pkg/manager"
	"sigs.k8s.io/controller-runtime/pkg/metrics"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
	ctrlwebhook "sigs.k8s.io/controller-runtime/pkg/webhook"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/webhook"
)

// admissionPath is the one path that admission requests come to.
const admissionPath = "/validate"

// serve wires everything and runs until ctx is done.
func serve(ctx context.Context, o webhookOptions, c config.Configuration) error {
	restConfig, err := loadKubeconfig(o.kubeconfig)
	if err != nil {
		return err
	}
	scheme, err := newScheme()
	if err != nil {
		return err
	}
	certificates, err := newCertificates(o, restConfig, scheme)
	if err != nil {
		return err
	}
	server := ctrlwebhook.NewServer(ctrlwebhook.Options{
		Host: o.bindAddress,
		Port: o.port,
		TLSOpts: []func(*tls.Config){func(c *tls.Config) {
			c.MinVersion = tls.VersionTLS12
			c.GetCertificate = certificates.GetCertificate
		}},
	})
	mgr, err := ctrl.NewManager(restConfig, ctrl.Options{
		Scheme:                 scheme,
		MapperProvider:         func(*rest.Config, *http.Client) (meta.RESTMapper, error) { return newMapper(), nil },
		WebhookServer:          server,
		Metrics:                metricsserver.Options{BindAddress: o.metricsAddress},
		HealthProbeBindAddress: o.healthAddress,
		Cache: cache.Options{
			ByObject: map[client.Object]cache.ByObject{
				&corev1.Node{}:              {Transform: webhook.SlimNode},
				webhook.NamespaceMetadata(): {Transform: webhook.SlimNamespace},
			},
		},
	})
	if err != nil {
		return fmt.Errorf("set up: %w", err)
	}
	if err := mgr.Add(certificates); err != nil {
		return fmt.Errorf("set up certificates: %w", err)
	}
	namespaces := &webhook.Namespaces{Live: mgr.GetAPIReader()}
	namespacesListed, err := watch(ctx, mgr, webhook.NamespaceMetadata(), namespaces)
	if err != nil {
		return fmt.Errorf("watch namespaces: %w", err)
	}
	nodes := &webhook.Nodes{}
	nodesListed, err := watch(ctx, mgr, &corev1.Node{}, nodes)
	if err != nil {
		return fmt.Errorf("watch nodes: %w", err)
	}
	told := ctx
	ctx, draining := drained(told, o.shutdownDelay)
	accounts := webhook.NewServiceAccounts(mgr.GetAPIReader())
	own, err := addNodeCredentials(mgr, o.nodeCredentials, accounts, metrics.Registry)
	if err != nil {
		return err
	}
	defer own.Close()
	own.warn(c)
	handler, err := newHandler(mgr, namespaces, nodes, accounts, own.NodeCredentials(), c, metrics.Registry)
	if err != nil {
		return err
	}
	if c.Cache.WarmUp {
		if err := mgr.Add(handler.warmUp(mgr.GetAPIReader())); err != nil {
			return fmt.Errorf("set up the warm-up: %w", err)
		}
	}
	if err := mgr.Add(pacer()); err != nil {
		return fmt.Errorf("set up the garbage collector: %w", err)
	}
	err = reloadConfig(mgr, o.configFile, c, func(c config.Configuration) error {
		if err := handler.apply(c); err != nil {
			return err
		}
		own.warn(c)
		return nil
	})
	if err != nil {
		return err
	}
	// Asking the manager for the server is what makes it start the server.
	serving, err := traced(ctx, mgr, leaving(told, webhook.NewHandler(handler)))
	if err != nil {
		return err
	}
	mgr.GetWebhookServer().Register(admissionPath, serving)

	err = addChecks(mgr, metrics.Registry, map[string]healthz.Checker{
		"certificates": certificates.Ready,
		"namespaces":   namespacesListed,
		"nodes":        nodesListed,
		"server":       server.StartedChecker(),
		"draining":     draining,
	})
	if err != nil {
		return fmt.Errorf("set up health checks: %w", err)
	}
	if err := observeProcess(metrics.Registry, certificates); err != nil {
		return fmt.Errorf("set up metrics: %w", err)
	}
	return mgr.Start(ctx)
}

// loadKubeconfig finds the API server. Client-side rate limits are off: how
// fast Pods may be created is the API server's to say, not ours.
func loadKubeconfig(path string) (*rest.Config, error) {
	var (
		c   *rest.Config
		err error
	)
	if path == "" {
		if c, err = rest.InClusterConfig(); err != nil {
			return nil, fmt.Errorf("no --kubeconfig given, and not in a cluster: %w", err)
		}
	} else if c, err = clientcmd.BuildConfigFromFlags("", path); err != nil {
		return nil, fmt.Errorf("--kubeconfig: %w", err)
	}
	c.QPS = -1
	c.UserAgent = userAgent()
	return c, nil
}

func userAgent() string { return "pullgate/" + buildVersion().Version }

// reloadConfig re-reads the configuration file, if there is one.
func reloadConfig(mgr manager.Manager, file string, inForce config.Configuration, apply func(config.Configuration) error) error {
	if file == "" {
		return nil
	}
	reloader, err := config.NewReloader(config.ReloaderOptions{
		Path: file, InForce: inForce, Apply: apply, Registerer: metrics.Registry, Log: ctrl.Log,
	})
	if err != nil {
		return fmt.Errorf("set up the configuration: %w", err)
	}
	return mgr.Add(reloader)
}

// watch starts an informer, and returns a check for its having heard of all objects,
// and having told the handler of them.
func watch(ctx context.Context, mgr manager.Manager, obj client.Object, handler toolscache.ResourceEventHandler) (healthz.Checker, error) {
	informer, err := mgr.GetCache().GetInformer(ctx, obj, cache.BlockUntilSynced(false))
	if err != nil {
		return nil, err
	}
	registration, err := informer.AddEventHandler(handler)
	if err != nil {
		return nil, err
	}
	return func(*http.Request) error {
		if !registration.HasSynced() {
			return errors.New("not listed yet")
		}
		return nil
	}, nil
}
