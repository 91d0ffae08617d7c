package monitoring

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/collector"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
	"github.com/pullgate/pullgate/e2e/registry"
)

// The host names of the registries, in certs.d only.
const (
	limitedHost = "limited.example.com" // says how much of its rate limit is left
	flakyHost   = "flaky.example.com"   // is stopped
)

// scene is all that runs. What is started ends with the context.
type scene struct {
	dir       string
	binaries  build.Paths
	cluster   *cluster.Cluster
	open      *registry.Registry
	flaky     *registry.Registry
	namespace string
	port      int
	replicas  []*pullgate.Server
	server    *prometheus
	traces    *collector.Collector
}

// newScene starts everything but pullgate, which is only installed.
func newScene(ctx context.Context, dir, root string) (*scene, error) {
	s := &scene{dir: dir}
	var err error
	if s.binaries, err = build.Ensure(ctx, os.Stderr, build.Basic()...); err != nil {
		return nil, err
	}
	if err := s.startRegistries(ctx); err != nil {
		return nil, err
	}
	if s.traces, err = collector.Start(ctx); err != nil {
		return nil, err
	}
	if s.cluster, err = cluster.Start(ctx, cluster.Options{Binaries: s.binaries, Tracing: true}); err != nil {
		return nil, err
	}
	if s.namespace, err = s.cluster.NewNamespace(ctx, nil); err != nil {
		return nil, err
	}
	if s.port, err = pullgate.Install(ctx, s.cluster); err != nil {
		return nil, err
	}
	if err := s.target(); err != nil {
		return nil, err
	}
	apiServer, err := s.apiServerJob()
	if err != nil {
		return nil, err
	}
	s.server, err = startPrometheus(ctx, dir, filepath.Join(root, alertsFile), apiServer, scrapeJob{
		"job_name": "pullgate", "file_sd_configs": []any{map[string]any{"files": []string{s.targetsFile()}, "refresh_interval": "1s"}},
	})
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, s.server.stop)
	// It takes some seconds to begin, and what it does not see happen has no rate.
	return s, eventually(ctx, func() error {
		up, err := s.server.query(ctx, `up{job="apiserver"} == 1`)
		if err == nil && len(up) == 0 {
			err = errors.New("prometheus does not scrape the API server")
		}
		return err
	})
}

func (s *scene) startRegistries(ctx context.Context) (err error) {
	for _, r := range []**registry.Registry{&s.open, &s.flaky} {
		if *r, err = registry.Start(ctx, registry.Options{Binary: s.binaries[build.Registry]}); err != nil {
			return err
		}
	}
	limited, err := limit(ctx, s.open.URL())
	if err != nil {
		return err
	}
	if err := registry.MapHost(s.certsD(), limitedHost, limited, ""); err != nil {
		return err
	}
	return registry.MapHost(s.certsD(), flakyHost, s.flaky.URL(), "")
}

// limit puts before a registry what adds the headers of one with a rate limit,
// such as Docker Hub's, and returns its URL.
func limit(ctx context.Context, target string) (string, error) {
	to, err := url.Parse(target)
	if err != nil {
		return "", err
	}
	listener, err := process.Listen()
	if err != nil {
		return "", fmt.Errorf("start the limited registry: %w", err)
	}
	server := &http.Server{ReadHeaderTimeout: time.Minute, Handler: &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(to) },
		ModifyResponse: func(r *http.Response) error {
			r.Header.Set("RateLimit-Limit", "100;w=21600")
			r.Header.Set("RateLimit-Remaining", "5;w=21600")
			return nil
		},
	}}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return "http://" + listener.Addr().String(), nil
}

func (s *scene) certsD() string      { return filepath.Join(s.dir, "certs.d") }
func (s *scene) targetsFile() string { return filepath.Join(s.dir, "targets.json") }

// target tells Prometheus of the replicas there are, with the namespace that it
// would know of in a cluster.
func (s *scene) target() error {
	targets := []string{}
	for _, r := range s.replicas {
		targets = append(targets, strings.TrimSuffix(strings.TrimPrefix(r.MetricsURL(), "http://"), "/metrics"))
	}
	content, err := json.Marshal([]any{map[string]any{"targets": targets, "labels": map[string]string{"namespace": pullgate.Namespace}}})
	if err != nil {
		return err
	}
	// Renamed into place: Prometheus may be reading it.
	next := s.targetsFile() + ".next"
	if err := os.WriteFile(next, content, 0o600); err != nil {
		return err
	}
	return os.Rename(next, s.targetsFile())
}

// apiServerJob scrapes the API server, as an administrator.
func (s *scene) apiServerJob() (scrapeJob, error) {
	config := s.cluster.RESTConfig()
	files := map[string][]byte{"ca.crt": config.CAData, "tls.crt": config.CertData, "tls.key": config.KeyData}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(s.dir, name), content, 0o600); err != nil {
			return nil, fmt.Errorf("scrape the API server: %w", err)
		}
	}
	return scrapeJob{
		"job_name": "apiserver", "scheme": "https",
		"tls_config":     map[string]string{"ca_file": "ca.crt", "cert_file": "tls.crt", "key_file": "tls.key"},
		"static_configs": []any{map[string]any{"targets": []string{strings.TrimPrefix(config.Host, "https://")}}},
	}, nil
}

// startReplicas starts two replicas. The API server calls the first.
func (s *scene) startReplicas(ctx context.Context) error {
	providers, err := s.writeProviders()
	if err != nil {
		return err
	}
	for n := range 2 {
		o := pullgate.Options{
			Binary: s.binaries[build.Pullgate], CertsD: s.certsD(), Config: "limits: {backOff: 1h, lookupTimeout: 2m}\n", Env: s.traces.Env(), Args: providers,
		}
		if n == 0 {
			o.Port = s.port
		}
		r, err := pullgate.Start(ctx, s.cluster, o)
		if err != nil {
			return err
		}
		s.replicas = append(s.replicas, r)
	}
	if err := s.target(); err != nil {
		return err
	}
	// What is counted before the first scrape has no rate.
	err = eventually(ctx, func() error {
		up, err := s.server.query(ctx, `up{job="pullgate"} == 1`)
		if err == nil && len(up) != len(s.replicas) {
			err = fmt.Errorf("prometheus scrapes %d replicas", len(up))
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.replicas[0].WaitCalled(ctx, s.cluster, s.namespace)
}

// stopReplicas stops them, and leaves Prometheus to find out.
func (s *scene) stopReplicas() {
	for _, r := range s.replicas {
		r.Stop()
	}
}
