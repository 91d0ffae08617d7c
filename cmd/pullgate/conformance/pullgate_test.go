package conformance

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	ocispec "github.com/opencontainers/image-spec/specs-go/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/cmd/pullgate/nodecredentials"
	"github.com/pullgate/pullgate/cmd/pullgate/tokens"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/webhook"
)

// pullgate is what `pullgate webhook` is made of, as far as credentials are concerned.
type pullgate struct {
	job      job
	api      *api
	source   *nodecredentials.Source
	resolver *resolver.Resolver
	// settle waits for what is under way in the background.
	settle func()

	mu    sync.Mutex
	ended []string
}

func newPullgate(j job, settle func()) *pullgate {
	return &pullgate{job: j, api: &api{accounts: j.Accounts}, settle: settle}
}

// Ran notes a run of a plugin.
func (p *pullgate) Ran(name string, _ time.Duration, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.ended = append(p.ended, name)
}

func (p *pullgate) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.ended)
}

// config is that of `pullgate webhook`.
func (p *pullgate) config() resolver.Config {
	c := resolver.DefaultConfig()
	c.Registries.ConfigDir, c.Registries.NodeCredentials, c.Registries.PullThrough = p.job.CertsD, p.job.NodeCredentials, p.job.PullThrough
	c.Registries.Content = content.Config{Default: content.Wait}
	c.CredentialProviders.Tokens = cmp.Or(p.job.Tokens, c.CredentialProviders.Tokens)
	c.CredentialProviders.Identity = cmp.Or(p.job.Identity, c.CredentialProviders.Identity)
	c.CredentialProviders.Timeout.Duration = cmp.Or(p.job.Limit, c.CredentialProviders.Timeout.Duration)
	// However busy the machine is.
	c.Limits.LookupTimeout, c.Limits.BackOff = metav1.Duration{Duration: time.Minute}, metav1.Duration{}
	return c
}

// start reads the configuration. That it is refused is a result.
func (p *pullgate) start(r *result) error {
	accounts := webhook.NewServiceAccounts(p.api)
	own, err := tokens.NewOwn(accounts, p.job.TokenDir, tokens.APIServer{})
	if err != nil {
		return err
	}
	p.source, err = nodecredentials.Load(nodecredentials.Flags{
		ProviderConfig: p.job.Config, ProviderBinDir: p.job.BinDir, NodeConfig: p.job.NodeConfig, TokenDir: p.job.TokenDir,
	}, provider.Options{Observer: p, Accounts: map[provider.TokenMode]provider.Accounts{
		provider.OwnTokens: own, provider.PodTokens: tokens.NewPods(accounts, p.api, tokens.APIServer{}),
	}}, func(warning string) { r.Warnings = append(r.Warnings, warning) })
	if err != nil {
		r.Refused = err.Error()
		return nil //nolint:nilerr // it is a result
	}
	for _, s := range p.source.NodeCredentials().Providers().States() {
		r.Registered = append(r.Registered, s.Provider)
	}
	p.resolver, err = resolver.New(p.config(), "pullgate/conformance", resolver.WithNodeCredentials(p.source.NodeCredentials()))
	return err
}

// run does the job.
func (p *pullgate) run(ctx context.Context) (r result, err error) {
	if err := p.start(&r); err != nil || r.Refused != "" {
		return r, err
	}
	defer p.source.Close()
	for n, s := range p.job.Steps {
		came, err := p.step(ctx, s)
		if err != nil {
			return r, fmt.Errorf("step %d: %w", n+1, err)
		}
		r.Steps = append(r.Steps, came)
	}
	return r, nil
}

func (p *pullgate) step(ctx context.Context, s step) (c came, err error) {
	time.Sleep(s.After)
	if s.Accounts != nil {
		p.api.set(s.Accounts)
	}
	for path, text := range s.Write {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			return c, err
		}
	}
	for _, path := range s.Remove {
		if err := os.Remove(path); err != nil {
			return c, err
		}
	}
	before := p.count()
	c.Credentials, c.Verdicts = make([][]credential, len(s.Images)), make([]verdict, len(s.Images))
	answers := make([]provider.Answer, len(s.Images))
	var wg sync.WaitGroup
	for n, image := range s.Images {
		wg.Go(func() {
			if s.Check {
				c.Verdicts[n] = p.check(ctx, s, image)
				return
			}
			answers[n] = p.look(ctx, s, image)
			c.Credentials[n] = credentials(answers[n].Credentials)
		})
	}
	wg.Wait()
	c.Early = p.count() - before
	if len(answers) > 0 {
		for _, f := range answers[0].Failed {
			c.Fails = append(c.Fails, f.Provider+": "+f.Why)
		}
		for _, w := range answers[0].Withheld {
			c.Withheld = append(c.Withheld, w.Provider+": "+w.Why)
		}
	}
	p.await(before + s.Runs)
	p.settle()
	p.mu.Lock()
	defer p.mu.Unlock()
	c.Runs = append([]string{}, p.ended[before:]...)
	return c, nil
}

// await waits for runs, for a while: that there are fewer is found out by who compares.
// In a bubble nobody has to.
func (p *pullgate) await(runs int) {
	for waited := 0; !p.job.Bubble && p.count() < runs && waited < 40_000; waited += 5 {
		time.Sleep(5 * time.Millisecond)
	}
}

func credentials(list []keyring.Credential) []credential {
	all := []credential{}
	for _, c := range list {
		all = append(all, credential{c.Username, c.Password})
	}
	return all
}

func (p *pullgate) account(s step) provider.Account {
	return provider.Account{Namespace: s.Namespace, Name: s.Account, Template: s.Template}
}

// look asks the credential providers alone.
func (p *pullgate) look(ctx context.Context, s step, repository string) provider.Answer {
	c := p.config().CredentialProviders
	return p.source.NodeCredentials().Providers().Ask(ctx, provider.Question{
		Repository: repository, Account: p.account(s), Tokens: c.Tokens, Timeout: c.Timeout.Duration,
	}).Wait(ctx)
}

// check asks for a verdict.
func (p *pullgate) check(ctx context.Context, s step, image string) verdict {
	ctx, stop := context.WithTimeout(ctx, cmp.Or(s.Deadline, time.Minute))
	defer stop()
	var named []resolver.NamedSecret
	for _, one := range s.Secrets {
		named = append(named, resolver.NamedSecret{Name: one.Name, Secret: keyring.Parse(&corev1.Secret{
			ObjectMeta: metav1.ObjectMeta{Name: one.Name}, Type: corev1.SecretTypeDockerConfigJson,
			Data: map[string][]byte{corev1.DockerConfigJsonKey: []byte(one.Data)},
		})})
	}
	v := p.resolver.Check(ctx, resolver.Image{Reference: image, PullPolicy: s.Policy}, resolver.Pod{
		Credentials: resolver.NewCredentials(s.Namespace, named), Account: p.account(s), Nodes: nodes{s.Present},
	})
	return verdict{v.Class, v.Reason, strings.TrimSpace(v.Message)}
}

// nodes are those that the Pod can land on.
type nodes struct{ list bool }

// Platforms are theirs.
func (nodes) Platforms() []ocispec.Platform {
	return []ocispec.Platform{{OS: "linux", Architecture: "amd64"}}
}

// List reports whether one lists an image.
func (n nodes) List(reference.Reference) bool { return n.list }
