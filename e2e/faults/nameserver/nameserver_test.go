package nameserver

import (
	"context"
	"errors"
	"net"
	"testing"
	"time"
)

func TestServer(t *testing.T) {
	s, err := Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	resolver := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, network, s.Address())
	}}
	lookup := func(patience time.Duration) ([]string, error) {
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		return resolver.LookupHost(ctx, "registry.faults.test.")
	}
	if got, err := lookup(time.Minute); err != nil || len(got) != 1 || got[0] != "127.0.0.1" {
		t.Errorf("answering: %v, %v", got, err)
	}
	for mode, isRight := range map[Mode]func(*net.DNSError) bool{
		Silent:    func(err *net.DNSError) bool { return err.IsTimeout },
		Unknowing: func(err *net.DNSError) bool { return err.IsNotFound },
	} {
		s.Set(mode)
		patience := time.Minute
		if mode == Silent {
			patience = 500 * time.Millisecond
		}
		_, err := lookup(patience)
		var dns *net.DNSError
		if !errors.As(err, &dns) || !isRight(dns) {
			t.Errorf("mode %d: %v", mode, err)
		}
	}
	s.Set(Answering)
	if _, err := lookup(time.Minute); err != nil {
		t.Errorf("answering again: %v", err)
	}
}
