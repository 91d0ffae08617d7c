package pullgate

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
)

// Options says how to run the server.
type Options struct {
	// Binary is the program build.Pullgate.
	Binary string
	// CertsD is the folder given as registries.configDir.
	CertsD string
	// Port is where it serves admission, as given to Install; any if zero.
	Port int
	// TLSCertDir is a folder with certificates from outside, in place of those
	// that pullgate makes.
	TLSCertDir string
	// Config is added to the configuration file: top-level YAML.
	Config string
	// WarmUp has it look up the images of Pods that run. Without, a registry hears
	// of nothing but Pods that are created.
	WarmUp bool
	// LogLevel is "info" if empty.
	LogLevel string
	// ShutdownDelay is how long it goes on after SIGTERM.
	ShutdownDelay time.Duration
	// APIServer is the URL by which it asks the API server, where that is not the
	// cluster's own.
	APIServer string
	// Args are added to its own.
	Args []string
	// Env is added to the process's environment.
	Env []string
}

// Server is a running `pullgate webhook`.
type Server struct {
	config  string
	options Options
	process *process.Process
	port    int
	health  string
	metrics string
}

// Start starts the server, for a cluster that it is installed in, and waits until
// it calls itself ready.
func Start(ctx context.Context, c *cluster.Cluster, o Options) (*Server, error) {
	s, err := start(ctx, c, o)
	if err != nil {
		return nil, fmt.Errorf("start pullgate: %w", err)
	}
	context.AfterFunc(ctx, func() { s.Stop() })
	return s, nil
}

func start(ctx context.Context, c *cluster.Cluster, o Options) (*Server, error) {
	ports, err := process.FreePorts(3)
	if err != nil {
		return nil, err
	}
	if o.Port != 0 {
		ports[0] = o.Port
	}
	// Within the cluster's folder, so that the log is there until the end.
	dir, err := os.MkdirTemp(c.Dir(), "pullgate-")
	if err != nil {
		return nil, err
	}
	config := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(config, configuration(o, o.Config), 0o600); err != nil {
		return nil, err
	}
	kubeconfig, err := c.ServiceAccountKubeconfig(ctx, Namespace, ServiceAccount)
	if err != nil {
		return nil, err
	}
	if o.APIServer != "" {
		if err := redirect(kubeconfig, o.APIServer); err != nil {
			return nil, err
		}
	}
	s := &Server{
		config: config, options: o,
		port: ports[0], health: process.Loopback(ports[1]), metrics: process.Loopback(ports[2]),
	}
	s.process, err = process.Start(process.Options{
		Name: "pullgate",
		Path: o.Binary,
		Dir:  dir,
		Env:  o.Env,
		Args: append([]string{
			"webhook",
			"--kubeconfig", kubeconfig,
			"--config", config,
			"--bind-address", "127.0.0.1",
			"--port", strconv.Itoa(s.port),
			"--health-bind-address", s.health,
			"--metrics-bind-address", s.metrics,
			"--namespace", Namespace,
			"--service-name", Service,
			"--shutdown-delay", o.ShutdownDelay.String(),
			"--log-format", "json",
			"--log-level", cmp.Or(o.LogLevel, "info"),
		}, slices.Concat(certificateArgs(o), o.Args)...),
		Grace: 2 * time.Minute,
	})
	if err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := s.process.WaitReady(ready, s.Ready); err != nil {
		s.Stop()
		return nil, err
	}
	return s, nil
}

// redirect has a kubeconfig lead elsewhere.
func redirect(kubeconfig, server string) error {
	c, err := clientcmd.LoadFromFile(kubeconfig)
	if err != nil {
		return err
	}
	for _, cluster := range c.Clusters {
		cluster.Server = server
	}
	return clientcmd.WriteToFile(*c, kubeconfig)
}

func certificateArgs(o Options) []string {
	if o.TLSCertDir != "" {
		return []string{"--tls-cert-dir", o.TLSCertDir}
	}
	return []string{"--secret-name", Secret, "--webhook-configuration-name", WebhookConfiguration}
}

func configuration(o Options, more string) []byte {
	return fmt.Appendf(nil, `apiVersion: pullgate.dev/v1alpha1
kind: Configuration
cache: {warmUp: %t}
registries:
  configDir: %q
%s`, o.WarmUp, o.CertsD, more)
}

// Configure rewrites the configuration file, with top-level YAML from line 6 on
// in place of Options.Config. The server notices a moment later. The file is replaced,
// as a kubelet does it: however late the rest is written, nobody reads a part.
func (s *Server) Configure(config string) error {
	if err := os.WriteFile(s.config+".new", configuration(s.options, config), 0o600); err != nil {
		return err
	}
	return os.Rename(s.config+".new", s.config)
}

// Ready succeeds when the server's /readyz does.
func (s *Server) Ready(ctx context.Context) error { return get(ctx, "http://"+s.health+"/readyz") }

// Healthy succeeds when the server's /healthz does.
func (s *Server) Healthy(ctx context.Context) error { return get(ctx, "http://"+s.health+"/healthz") }

func get(ctx context.Context, url string) error {
	return process.Healthy(ctx, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}, url)
}

// WaitCalled waits until the API server calls the webhook, which it does a moment
// after the configuration is there: until a Pod with an image name that is none,
// which costs no registry a request, is denied. The namespace is one with the
// ServiceAccount default.
func (s *Server) WaitCalled(ctx context.Context, c *cluster.Cluster, namespace string) error {
	pod := &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "probe-"},
		Spec:       corev1.PodSpec{Containers: []corev1.Container{{Name: "probe", Image: "No Image"}}},
	}
	dryRun := metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	defer cancel()
	err := s.process.WaitReady(ctx, func(ctx context.Context) error {
		_, err := c.Client().CoreV1().Pods(namespace).Create(ctx, pod, dryRun)
		switch {
		case err == nil:
			return fmt.Errorf("a Pod with the image %q is not denied", pod.Spec.Containers[0].Image)
		case apierrors.IsForbidden(err) && strings.Contains(err.Error(), Webhook):
			return nil
		default:
			return err
		}
	})
	if err != nil {
		return fmt.Errorf("the API server does not call the webhook: %w", err)
	}
	return nil
}

// Stop sends SIGTERM, waits and returns the exit code.
func (s *Server) Stop() int { return s.process.Stop() }

// Signal sends a signal to the process, such as SIGKILL or SIGSTOP.
func (s *Server) Signal(sig os.Signal) error { return s.process.Signal(sig) }

// Pid is the id of the process.
func (s *Server) Pid() int { return s.process.Pid() }

// ConfigFile is the configuration file that the server was started with.
func (s *Server) ConfigFile() string { return s.config }

// Exited is closed when the process has ended.
func (s *Server) Exited() <-chan struct{} { return s.process.Done() }

// Address is where the server serves admission.
func (s *Server) Address() string { return process.Loopback(s.port) }

// MetricsURL is where the server serves its metrics.
func (s *Server) MetricsURL() string { return "http://" + s.metrics + "/metrics" }

// Log is the end of the server's log.
func (s *Server) Log() string { return process.Tail(s.process.Log(), 16<<10) }

// LogFile is the server's log.
func (s *Server) LogFile() string { return s.process.Log() }
