package tokens

import (
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	authenticationv1 "k8s.io/api/authentication/v1"
)

// From 80 % of its life on a token is renewed, without anybody who waits for that.
func TestRenewal(t *testing.T) {
	for name, tc := range map[string]struct {
		life time.Duration // that the API server gives
		due  time.Duration
	}{
		"ten minutes":         {10 * time.Minute, 480 * time.Second},
		"five minutes":        {5 * time.Minute, 240 * time.Second},
		"more than asked for": {time.Hour, 480 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI()
				a.change = func(r *authenticationv1.TokenRequest) { *r.Spec.ExpirationSeconds = int64(tc.life / time.Second) }
				p := a.pods()
				get := func(want int) {
					t.Helper()
					got, err := p.Token(t.Context(), identity(), sts)
					if err != nil || got != fmt.Sprintf("one.%s.%d", sts, want) {
						t.Errorf("%q, %v, want number %d", got, err, want)
					}
					synctest.Wait()
				}
				get(1)
				time.Sleep(tc.due - time.Second)
				get(1)
				if n := len(a.requests()); n != 1 {
					t.Errorf("%d requests before it is due", n)
				}
				time.Sleep(2 * time.Second)
				get(1)
				get(2)
				if n := len(a.requests()); n != 2 {
					t.Errorf("%d requests, want 2", n)
				}
			})
		})
	}
}

// If the API server fails, the old one is used for as long as a plugin can use it.
func TestRenewalFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		p := a.pods()
		token := func() (string, error) {
			defer synctest.Wait()
			return p.Token(t.Context(), identity(), sts)
		}
		if _, err := token(); err != nil {
			t.Fatal(err)
		}
		a.setFail(errors.New("dial tcp 10.0.0.1:443: connection refused"))
		start := time.Now()
		for time.Since(start) < 569*time.Second {
			if got, err := token(); err != nil || got != "one."+sts+".1" {
				t.Fatalf("after %s: %q, %v", time.Since(start), got, err)
			}
			time.Sleep(time.Second)
		}
		// At 480, 490 … 560 seconds.
		if n := len(a.requests()) - 1; n != 9 {
			t.Errorf("%d tries, want 9", n)
		}
		time.Sleep(2 * time.Second)
		_, err := token()
		want := `no token of ServiceAccount "team/builder": the API server cannot be reached, or its answer cannot be read`
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
		a.setFail(nil)
		if _, err := token(); err != nil {
			t.Error(err)
		}
	})
}

// When the renewal finds out that the ServiceAccount is gone, its token is not used
// any more.
func TestGone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		p := a.pods()
		token := func() error {
			defer synctest.Wait()
			_, err := p.Token(t.Context(), identity(), sts)
			return err
		}
		if err := token(); err != nil {
			t.Fatal(err)
		}
		delete(a.accounts, team+"/"+builder)
		time.Sleep(8*time.Minute + time.Second)
		if err := token(); err != nil { // the renewal
			t.Fatal(err)
		}
		if err := token(); err == nil || err.Error() != `ServiceAccount "team/builder" does not exist` {
			t.Errorf("%v", err)
		}
	})
}
