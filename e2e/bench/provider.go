package bench

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Provider is what credentials of a credential provider cost beside those of a pull
// Secret: of one pullgate, in turns.
type Provider struct {
	// Secret and Provider are warm Pods, as in Creation.
	Secret   Way `json:"secret"`
	Provider Way `json:"provider"`
	// Rate is the provider's throughput held against the Secret's of the same round.
	Rate Mean `json:"rateToSecret"`
	// First are first checks, of images that nobody has asked for.
	First []FirstCheck `json:"firstChecks"`
	// Runs is how often the plugin was run for all of it, and IdleRSS the memory
	// before, in MiB.
	Runs    int     `json:"runs"`
	IdleRSS float64 `json:"idleRSS_MiB"`
}

// Way is how Pods were created with credentials of one origin.
type Way struct {
	PodsPerSecond Spread `json:"podsPerSecond"`
	P50           Spread `json:"p50_ms"`
	P99           Spread `json:"p99_ms"`
	CPU           Spread `json:"webhookCPU_us"`
}

// FirstCheck are first checks at a registry so far away, in ms, one at a time.
type FirstCheck struct {
	RegistryLatency int         `json:"registryLatency_ms"`
	Secret          Percentiles `json:"secret_ms"`
	Provider        Percentiles `json:"provider_ms"`
}

// Ratio is how much longer one takes with a provider's credential.
func (f FirstCheck) Ratio() float64 { return f.Provider.P50 / f.Secret.P50 }

// providedHost is the same registry, for which only the credential provider has a
// credential.
const providedHost = "provided.example.com"

// provided is an image there.
func provided(image string) string { return providedHost + strings.TrimPrefix(image, host) }

// credentialProvider writes a provider, and returns the flags for it and the file with
// its runs.
func (b *Bench) credentialProvider() (args []string, log string, err error) {
	const name = "bench-provider"
	dir := filepath.Join(b.dir, "providers")
	config, plugins := filepath.Join(dir, "config.json"), filepath.Join(dir, "bin")
	log = filepath.Join(dir, "runs")
	if err := os.MkdirAll(plugins, 0o750); err != nil {
		return nil, "", err
	}
	script := fakeprovider.Script{
		Log:    log,
		Stdout: fakeprovider.Answer("Registry", "6h", map[string]fakeprovider.Login{providedHost: {Username: user, Password: password}}),
	}
	content := fakeprovider.Config(fakeprovider.Provider{
		Name: name, MatchImages: []string{providedHost}, Env: []string{fakeprovider.Variable + "=" + script.String()},
	})
	if err := os.WriteFile(config, []byte(content), 0o600); err != nil {
		return nil, "", err
	}
	if err := fakeprovider.Install(plugins, b.options.Binaries[build.FakeProvider], name); err != nil {
		return nil, "", err
	}
	return []string{"--image-credential-provider-config", config, "--image-credential-provider-bin-dir", plugins}, log, nil
}

// provider measures everything of a provider, by a pullgate that has one.
func (b *Bench) provider(ctx context.Context) (p Provider, err error) {
	args, log, err := b.credentialProvider()
	if err != nil {
		return p, err
	}
	if err := b.startPullgate(ctx, pullgate.Options{Args: args}); err != nil {
		return p, err
	}
	if err := b.sleep(ctx, 10*time.Second); err != nil {
		return p, err
	}
	if p.IdleRSS, err = b.rss(); err != nil {
		return p, err
	}
	if err := b.providerCreation(ctx, &p); err != nil {
		return p, err
	}
	for _, c := range []struct{ latency, times int }{{0, 600}, {20, 300}, {100, 60}} {
		if b.options.Short {
			c.times = 5
		}
		f, err := b.providerFirst(ctx, c.latency, c.times)
		if err != nil {
			return p, fmt.Errorf("first checks with a provider: %w", err)
		}
		p.First = append(p.First, f)
	}
	runs, err := fakeprovider.Runs(log)
	p.Runs = len(runs)
	return p, err
}

// providerCreation creates Pods in turns as creation does: with a pull Secret each,
// and with none, whose image a provider's credential opens.
func (b *Bench) providerCreation(ctx context.Context, p *Provider) error {
	rounds, turns, pods := 24, 16, 100
	if b.options.Short {
		rounds, turns = 2, 1
	}
	ways := []func(int) *corev1.Pod{func(i int) *corev1.Pod { return b.warmPod(warm, i) }, b.providedPod}
	results := make([][]round, len(ways))
	for n := range rounds + 1 { // as in creation, the first is not counted
		b.tell("Pods with a provider's credentials, round %d of %d", n, rounds)
		of := make([]round, len(ways))
		for range turns {
			for _, w := range rand.Perm(len(ways)) { //nolint:gosec // no secret
				r, err := b.turnOf(ctx, warm, pods, ways[w])
				if err != nil {
					return fmt.Errorf("with a provider: %w", err)
				}
				of[w].add(r)
			}
		}
		if err := b.deletePods(ctx, warm); err != nil {
			return err
		}
		for w := range of {
			if n > 0 {
				results[w] = append(results[w], of[w])
			}
		}
	}
	p.Secret, p.Provider = way(results[0]), way(results[1])
	var rates []float64
	for n, r := range results[1] {
		rates = append(rates, r.rate()/results[0][n].rate())
	}
	p.Rate = mean(rates)
	return nil
}

// providedPod is a warm Pod without a pull Secret.
func (b *Bench) providedPod(i int) *corev1.Pod {
	p := b.warmPod(warm, i)
	p.Spec.ImagePullSecrets = nil
	p.Spec.Containers[0].Image = provided(p.Spec.Containers[0].Image)
	return p
}

func way(rounds []round) Way {
	return Way{
		PodsPerSecond: spread(mapped(rounds, round.rate)),
		P50:           spread(mapped(rounds, func(r round) float64 { return r.p(0.5) })),
		P99:           spread(mapped(rounds, func(r round) float64 { return r.p(0.99) })),
		CPU:           spread(mapped(rounds, func(r round) float64 { return r.each(r.cpu) })),
	}
}

// providerFirst asks about images that nobody has asked for, with one and the other
// in turns.
func (b *Bench) providerFirst(ctx context.Context, latency, times int) (FirstCheck, error) {
	b.tell("first checks with a provider at a registry with %d ms, %d of each", latency, times)
	b.site.front.SetDelay(time.Duration(latency) * time.Millisecond)
	defer b.site.front.SetDelay(0)
	f := FirstCheck{RegistryLatency: latency}
	repo, namespace := repository(0), b.namespaces[warm][0]
	took := make([][]float64, 2)
	for n := range times + 3 {
		images := b.site.fresh(repo, 2)
		without := podOf(namespace, provided(images[1]))
		without.Spec.ImagePullSecrets = nil
		pods := []*corev1.Pod{podOf(namespace, images[0]), without}
		for _, w := range rand.Perm(len(pods)) { //nolint:gosec // no secret
			d, err := b.reviewer.ask(ctx, pods[w])
			if err != nil {
				return f, err
			}
			if n >= 3 { // after those that made the connections
				took[w] = append(took[w], ms(d))
			}
		}
	}
	f.Secret, f.Provider = percentiles(took[0]), percentiles(took[1])
	return f, nil
}
