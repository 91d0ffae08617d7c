package faults

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
	"github.com/pullgate/pullgate/e2e/registry"
)

// left is how long what a plugin leaves behind would stay.
const left = fakeprovider.Duration(5 * time.Minute)

// providerFaults hit one of the replicas' credential providers. Its credentials are
// forgotten soon, and those of another one are kept.
func providerFaults() []Fault {
	answer := well(briefProvider).Stdout
	return []Fault{
		{Name: "credential provider hangs", Blames: true, Short: true, Recovered: provided, On: does(fakeprovider.Script{Sleep: left, Stdout: answer})},
		{Name: "credential provider floods its output", Blames: true, Short: true, Recovered: provided, On: does(fakeprovider.Script{Padding: 64 << 20, Stdout: answer})},
		{Name: "credential provider leaves children behind", Short: true, Recovered: provided, On: leavesChildren},
		{Name: "credential provider replaced", Recovered: provided, On: replaced},
		{Name: "credential provider answers nonsense", Blames: true, Recovered: provided, On: nonsense},
		{Name: "credential provider disappears", Blames: true, Short: true, Recovered: provided, On: disappears},
		{Name: fmt.Sprint(together, " Pods at once, cold credential provider"), Short: true, Recovered: provided, On: crowd},
	}
}

// provided succeeds when no replica leaves a provider alone, and all have the
// configuration that there is.
func provided(ctx context.Context, b *Bench) error {
	for _, r := range b.present() {
		content, err := metrics(ctx, r.MetricsURL())
		if err != nil {
			return err
		}
		if n, err := sum(content, "pullgate_credential_provider_backing_off{"); err != nil || n > 0 {
			return errors.Join(err, fmt.Errorf("a replica leaves %d credential providers alone", n))
		}
		if n, err := sum(content, "pullgate_credential_provider_config_last_reload_successful "); err != nil || n == 0 {
			return errors.Join(err, errors.New("a replica refuses the configuration of the credential providers"))
		}
	}
	return nil
}

// does has the plugin do something else.
func does(s fakeprovider.Script) func(context.Context, *Bench, *tally) (*broken, error) {
	return func(_ context.Context, b *Bench, _ *tally) (*broken, error) {
		return &broken{off: b.plugins.mend}, b.plugins.tell(briefProvider, s)
	}
}

// mend has the plugin do well again, and waits for the runs of which it does not know
// yet.
func (p *plugins) mend(ctx context.Context) error {
	if err := p.tell(briefProvider, well(briefProvider)); err != nil {
		return err
	}
	before, err := p.all()
	if err != nil {
		return err
	}
	return eventually(ctx, recovery, 50*time.Millisecond, func(context.Context) error {
		now, err := p.all()
		if err != nil {
			return err
		}
		for _, pid := range now {
			if slices.Contains(before, pid) {
				return fmt.Errorf("plugin %d still runs as it did while it was broken", pid)
			}
		}
		return nil
	})
}

// leavesChildren has each run leave two processes behind: one that holds the standard
// output open, and one that only stays.
func leavesChildren(ctx context.Context, b *Bench, t *tally) (*broken, error) {
	s := well(briefProvider)
	s.Child, s.Quiet, s.Log = left, left, b.log("children")
	fault, err := does(s)(ctx, b, t)
	if err != nil {
		return nil, err
	}
	_, err = fakeprovider.Wait(ctx, s.Log, 1)
	return fault, err
}

// log is a new file for the runs of a plugin.
func (b *Bench) log(what string) string {
	return filepath.Join(b.plugins.dir, fmt.Sprintf("%s-%d.log", what, time.Now().UnixNano()))
}

// replaced replaces the plugin again and again while it runs, and its configuration:
// by another version, by one that is refused, and by the first one.
func replaced(ctx context.Context, b *Bench, _ *tally) (*broken, error) {
	p, slow := b.plugins, well(briefProvider)
	slow.Sleep, slow.Log = fakeprovider.Duration(300*time.Millisecond), b.log("replaced") // there is a run under way all the time
	if err := p.tell(briefProvider, slow); err != nil {
		return nil, err
	}
	replacing, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() { ended <- p.keepReplacing(replacing) }()
	fault := &broken{off: func(ctx context.Context) error {
		stop()
		err := errors.Join(<-ended, p.configure("0"))
		if err == nil {
			err = ranAs(ctx, slow.Log, "0")
		}
		return errors.Join(err, p.mend(ctx))
	}}
	err := p.configure("1")
	if err == nil {
		err = ranAs(ctx, slow.Log, "1")
	}
	if err != nil {
		stop()
		return nil, err
	}
	return fault, replaceFile(p.configFile(), "kind: CredentialProviderConfig\nproviders: [\n")
}

// keepReplacing puts another binary in place of the plugins, until ctx is done.
func (p *plugins) keepReplacing(ctx context.Context) error {
	for n := 1; ; n++ {
		for _, name := range []string{keptProvider, briefProvider} {
			if err := p.put(name, n%len(p.binaries)); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// ranAs waits until a plugin was run by a version of its configuration, from now on.
func ranAs(ctx context.Context, log, version string) error {
	before, err := fakeprovider.Runs(log)
	if err != nil {
		return err
	}
	return eventually(ctx, time.Minute, 50*time.Millisecond, func(context.Context) error {
		runs, err := fakeprovider.Runs(log)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(runs[len(before):], func(r fakeprovider.Run) bool { return slices.Contains(r.Env, versionVariable+version) }) {
			return fmt.Errorf("no run of the plugin by version %s of its configuration", version)
		}
		return nil
	})
}

// nonsense has the plugin answer one wrong thing after another.
func nonsense(ctx context.Context, b *Bench, t *tally) (*broken, error) {
	good := well(briefProvider).Stdout
	answers := []fakeprovider.Script{
		{Stdout: "<!DOCTYPE html><title>Sign in to the network</title>\n"},
		{Stdout: good + good},
		{Stdout: "I0101 00:00:00 asking for credentials\n" + good},
		{Stdout: good[:len(good)/2]},
		{Stdout: `{"kind":"CredentialProviderResponse","apiVersion":"credentialprovider.kubelet.k8s.io/v1","cacheKeyType":"Registry","auth":{"brief-*.example.com":7}}`},
		{Stdout: `{"kind":"Status","apiVersion":"v1","status":"Failure"}`},
		{Bytes: []byte{0xff, 0, 0xfe, '{', 0}},
		{Stdout: good, Exit: 1},
		{},
	}
	fault, err := does(answers[0])(ctx, b, t)
	if err != nil {
		return nil, err
	}
	telling, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	go func() {
		for n := 0; ; n++ {
			if err := b.plugins.tell(briefProvider, answers[n%len(answers)]); err != nil || sleep(telling, 20*time.Millisecond) != nil {
				ended <- err
				return
			}
		}
	}()
	mend := fault.off
	fault.off = func(ctx context.Context) error {
		stop()
		return errors.Join(<-ended, mend(ctx))
	}
	return fault, nil
}

// disappears takes the plugins away, that of the provider whose credentials are kept
// among them.
func disappears(_ context.Context, b *Bench, _ *tally) (*broken, error) {
	names := []string{keptProvider, briefProvider}
	var errs []error
	for _, name := range names {
		errs = append(errs, os.Remove(b.plugins.path(name)))
	}
	return &broken{off: func(context.Context) error {
		var errs []error
		for _, name := range names {
			errs = append(errs, b.plugins.put(name, 0))
		}
		return errors.Join(errs...)
	}}, errors.Join(errs...)
}

// together is how many Pods of one image are created at once.
const together = 500

// crowd creates many Pods at once with an image of a registry that nobody has asked
// for, and whose credentials only a plugin has. Each replica is to run the plugin once
// at most, and to look the image up once.
func crowd(ctx context.Context, b *Bench, t *tally) (*broken, error) {
	s := well(coldProvider)
	s.Sleep, s.Log = fakeprovider.Duration(300*time.Millisecond), b.log("crowd") // until all are there
	host := fmt.Sprintf("cold-%d.example.com", time.Now().UnixNano())
	if err := registry.MapHost(b.sites.certsD(), host, "https://"+b.sites.proxies[keptHost].Address(), b.sites.caFile()); err != nil {
		return nil, err
	}
	if err := b.plugins.tell(coldProvider, s); err != nil {
		return nil, err
	}
	b.sites.coldLookUps.Store(0)
	var wg sync.WaitGroup
	one := specimen{name: "of a crowd", namespace: b.teams.both, pullable: true}
	for range together {
		wg.Go(func() { b.load.ask(context.WithoutCancel(ctx), one, host+"/acme/private:"+coldTag, t) })
	}
	wg.Wait()
	runs, err := fakeprovider.Runs(s.Log)
	if err != nil {
		return nil, err
	}
	by := map[int]int{} // runs, by who ran it
	for _, r := range runs {
		by[r.Parent]++
	}
	return &broken{seen: func() (misses []string) {
		if len(runs) == 0 || len(runs) > len(by) || len(by) > replicaCount {
			misses = append(misses, fmt.Sprintf("the plugin was run %d times by %d replicas", len(runs), len(by)))
		}
		if n := int(b.sites.coldLookUps.Load()); n != len(by) {
			misses = append(misses, fmt.Sprintf("the image was looked up %d times by %d replicas", n, len(by)))
		}
		return misses
	}}, nil
}
