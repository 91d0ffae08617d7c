package faults

import (
	"context"

	"github.com/pullgate/pullgate/e2e/faults/proxy"
)

// registryFaults hit three registries and the token server at once; a fourth goes
// on as ever.
func registryFaults() (list []Fault) {
	for _, f := range []struct {
		name  string
		mode  proxy.Mode
		short bool
	}{
		{"registry black hole", proxy.BlackHole, true},
		{"registry 5 s slower", proxy.Slow, true},
		{"registry 5xx", proxy.Unavailable, true},
		{"registry 429", proxy.RateLimited, false},
		{"registry 429 with Retry-After", proxy.Pausing, false},
		{"registry certificate swapped", proxy.WrongCertificate, false},
		{"registry garbage", proxy.Garbage, false},
		{"registry sign-in page", proxy.SignIn, false},
		{"registry truncated", proxy.Truncated, false},
		{"registry down", proxy.Down, false},
	} {
		list = append(list, Fault{Name: f.name, Short: f.short, On: func(_ context.Context, b *Bench, _ *tally) (*broken, error) {
			return breakProxies(f.mode, b.sites.faulty()...)
		}})
	}
	return append(list, Fault{Name: "token server down", On: func(_ context.Context, b *Bench, _ *tally) (*broken, error) {
		return breakProxies(proxy.Down, b.sites.realm)
	}})
}

func breakProxies(m proxy.Mode, proxies ...*proxy.Proxy) (*broken, error) {
	set := func(m proxy.Mode) error {
		for _, p := range proxies {
			if err := p.Set(m); err != nil {
				return err
			}
		}
		return nil
	}
	return &broken{off: func(context.Context) error { return set(proxy.Healthy) }}, set(m)
}
