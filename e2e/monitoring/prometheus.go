package monitoring

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/process"
)

// scrapeEvery is short, so that a rate can be told after seconds. It is how long a scrape
// may take, too, and on a busy machine that of the API server takes more than one.
const scrapeEvery = "4s"

// prometheus is a Prometheus server that runs.
type prometheus struct {
	address string
	process *process.Process
}

// scrapeJob is what a Prometheus configuration says of a job.
type scrapeJob map[string]any

// startPrometheus starts the machine's prometheus in a folder, with the alerts.
func startPrometheus(ctx context.Context, dir, alerts string, jobs ...scrapeJob) (*prometheus, error) {
	binary, err := exec.LookPath("prometheus")
	if err != nil {
		return nil, fmt.Errorf("start Prometheus (apt-get install prometheus has it): %w", err)
	}
	ports, err := process.FreePorts(1)
	if err != nil {
		return nil, err
	}
	config, err := yaml.Marshal(map[string]any{
		"global":         map[string]any{"scrape_interval": scrapeEvery, "evaluation_interval": scrapeEvery},
		"rule_files":     []string{alerts},
		"scrape_configs": jobs,
	})
	if err != nil {
		return nil, fmt.Errorf("start Prometheus: %w", err)
	}
	file := filepath.Join(dir, "prometheus.yml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return nil, fmt.Errorf("start Prometheus: %w", err)
	}
	p := &prometheus{address: process.Loopback(ports[0])}
	p.process, err = process.Start(process.Options{
		Name: "prometheus", Path: binary, Dir: dir,
		Args: []string{"--config.file", file, "--storage.tsdb.path", filepath.Join(dir, "tsdb"), "--web.listen-address", p.address},
	})
	if err != nil {
		return nil, err
	}
	ready, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	err = p.process.WaitReady(ready, func(ctx context.Context) error {
		return process.Healthy(ctx, direct(), "http://"+p.address+"/-/ready")
	})
	if err != nil {
		p.stop()
		return nil, err
	}
	return p, nil
}

func (p *prometheus) stop() { p.process.Stop() }

// direct is a client that goes through no proxy.
func direct() *http.Client { return &http.Client{Transport: &http.Transport{DisableKeepAlives: true}} }

// get asks the server's API, and decodes the data of its answer.
func (p *prometheus) get(ctx context.Context, path string, query url.Values, data any) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+"/api/v1/"+path+"?"+query.Encode(), nil)
	if err != nil {
		return err
	}
	resp, err := direct().Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	answer := struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   any    `json:"data"`
	}{Data: data}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if answer.Status != "success" {
		return fmt.Errorf("%s: %s", path, answer.Error)
	}
	return nil
}

// sample is one series of a query's result.
type sample struct {
	Metric map[string]string `json:"metric"`
	Value  [2]any            `json:"value"`
}

// query evaluates an expression now.
func (p *prometheus) query(ctx context.Context, expr string) ([]sample, error) {
	var data struct {
		Result json.RawMessage `json:"result"`
	}
	if err := p.get(ctx, "query", url.Values{"query": {expr}}, &data); err != nil {
		return nil, err
	}
	var samples []sample
	err := json.Unmarshal(data.Result, &samples)
	return samples, err
}

// rule is what the server knows of a rule.
type rule struct {
	Name      string `json:"name"`
	Health    string `json:"health"`
	LastError string `json:"lastError"`
}

func (p *prometheus) rules(ctx context.Context) (rules []rule, err error) {
	var data struct {
		Groups []struct {
			Rules []rule `json:"rules"`
		} `json:"groups"`
	}
	err = p.get(ctx, "rules", nil, &data)
	for _, g := range data.Groups {
		rules = append(rules, g.Rules...)
	}
	return rules, err
}
