package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
)

// startTimeout is how long a server may take until it is ready: seconds on an
// idle machine, and a busy one must not fail a test.
const startTimeout = 10 * time.Minute

// Options says what to start.
type Options struct {
	// Binaries are the programs of build.ControlPlane, and those that the
	// switches below start.
	Binaries build.Paths
	// ControllerManager starts kube-controller-manager too: a Deployment gets
	// its ReplicaSet and Pods.
	ControllerManager bool
	// Scheduler starts kube-scheduler too: where there are nodes, Pods get one.
	Scheduler bool
	// ServicesToPods has the API server call a webhook's Service at the addresses
	// of its Pods, where there is no kube-proxy. A Service with an external name
	// can't be called then.
	ServicesToPods bool
	// AuditPolicy is a YAML audit.k8s.io Policy; without it nothing is
	// audited. The events go to the file AuditLog.
	AuditPolicy string
	// Tracing has the API server trace every request, and so send the trace's
	// context to webhooks. The spans themselves go nowhere.
	Tracing bool
	// APIServerEnv is added to the environment of kube-apiserver.
	APIServerEnv []string
}

// Cluster is a running control plane.
type Cluster struct {
	dir       string
	binaries  build.Paths
	env       map[string][]string // by program
	pki       *pki
	server    string
	config    *rest.Config
	client    kubernetes.Interface
	apiServer launcher
	stop      sync.Once

	mu        sync.Mutex
	processes []*process.Process
	stopped   bool
}

// launcher is what it takes to start one of the processes, again too.
type launcher struct {
	name  string
	args  []string
	probe func(context.Context) error
}

// Start starts a control plane and waits until it is ready. It ends with Stop,
// or when ctx does; a start that fails leaves nothing behind either.
func Start(ctx context.Context, o Options) (*Cluster, error) {
	for _, name := range o.programs() {
		if o.Binaries[name] == "" {
			return nil, fmt.Errorf("start the cluster: no %s binary given", name)
		}
	}
	dir, err := os.MkdirTemp("", "pullgate-cluster-")
	if err != nil {
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	c := &Cluster{dir: dir, binaries: o.Binaries, env: map[string][]string{build.KubeAPIServer: o.APIServerEnv}}
	starting, cancel := context.WithTimeout(ctx, startTimeout)
	defer cancel()
	if err := c.start(starting, o); err != nil {
		c.Stop()
		return nil, fmt.Errorf("start the cluster: %w", err)
	}
	context.AfterFunc(ctx, c.Stop)
	return c, nil
}

func (o Options) programs() []string {
	names := build.ControlPlane()
	if o.ControllerManager {
		names = append(names, build.KubeControllerManager)
	}
	if o.Scheduler {
		names = append(names, build.KubeScheduler)
	}
	return names
}

func (c *Cluster) start(ctx context.Context, o Options) error {
	ports, err := process.FreePorts(5)
	if err != nil {
		return err
	}
	if c.pki, err = newPKI(c.dir); err != nil {
		return err
	}
	if err := c.startEtcd(ctx, ports[0], ports[1]); err != nil {
		return err
	}
	c.server = "https://" + process.Loopback(ports[2])
	if err := c.connect(); err != nil {
		return err
	}
	if err := c.startAPIServer(ctx, ports[0], ports[2], o); err != nil {
		return err
	}
	if o.ControllerManager {
		if err := c.startControllerManager(ctx, ports[3]); err != nil {
			return err
		}
	}
	if o.Scheduler {
		return c.startScheduler(ctx, ports[4])
	}
	return nil
}

// connect makes the administrator's kubeconfig and client.
func (c *Cluster) connect() error {
	config, err := c.writeKubeconfig(c.Kubeconfig(), c.pki.admin)
	if err != nil {
		return err
	}
	// Tests in parallel share the client; the client's own limits would make
	// them wait for each other.
	config.QPS, config.Burst = -1, 0
	// Warnings are the business of the tests that look for them.
	config.WarningHandler = rest.NoWarnings{}
	c.config = config
	c.client, err = kubernetes.NewForConfig(config)
	return err
}

// Stop ends the processes, last started first, and removes their files. It may
// be called more than once, and returns when everything is gone.
func (c *Cluster) Stop() {
	c.stop.Do(func() {
		c.mu.Lock()
		c.stopped = true
		c.mu.Unlock()
		processes := c.started()
		for i := len(processes) - 1; i >= 0; i-- {
			processes[i].Stop()
		}
		_ = os.RemoveAll(c.dir)
	})
}

// launch starts one of the cluster's processes and waits until probe succeeds.
func (c *Cluster) launch(ctx context.Context, name string, args []string, probe func(context.Context) error) error {
	if err := ctx.Err(); err != nil {
		return errors.Join(err, context.Cause(ctx))
	}
	p, err := c.startProcess(name, args)
	if err != nil {
		return err
	}
	return p.WaitReady(ctx, probe)
}

// startProcess starts nothing that Stop, which may be under way, would not see.
func (c *Cluster) startProcess(name string, args []string) (*process.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, errors.New("the cluster has been stopped")
	}
	p, err := process.Start(process.Options{Name: name, Path: c.binaries[name], Args: args, Dir: c.dir, Env: c.env[name]})
	if err == nil {
		c.processes = append(c.processes, p)
	}
	return p, err
}

// started are all processes so far, those that have ended too.
func (c *Cluster) started() []*process.Process {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.processes)
}

// APIServer is the API server's process, the last if it was started again.
func (c *Cluster) APIServer() *process.Process {
	all := c.started()
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].Name() == build.KubeAPIServer {
			return all[i]
		}
	}
	return nil
}

// Kubeconfig is the path of the administrator's kubeconfig.
func (c *Cluster) Kubeconfig() string { return filepath.Join(c.dir, "admin.kubeconfig") }

// AuditLog is the path of the API server's audit log: one JSON Event a line.
func (c *Cluster) AuditLog() string { return filepath.Join(c.dir, "audit.log") }

// Dir is a folder that goes when the cluster stops.
func (c *Cluster) Dir() string { return c.dir }

// Server is the host and port that the API server listens on.
func (c *Cluster) Server() string { return strings.TrimPrefix(c.server, "https://") }

// Client is the administrator's client.
func (c *Cluster) Client() kubernetes.Interface { return c.client }

// RESTConfig is a copy of the administrator's configuration, to make a client
// with other settings from.
func (c *Cluster) RESTConfig() *rest.Config { return rest.CopyConfig(c.config) }
