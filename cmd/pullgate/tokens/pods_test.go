package tokens

import (
	"context"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	authenticationv1 "k8s.io/api/authentication/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/resolver/provider"
)

// What is asked for is bound to nothing, and as short as can be.
func TestTokenRequest(t *testing.T) {
	a := newAPI()
	token, err := a.pods().Token(t.Context(), identity(), sts)
	if err != nil || token != "one."+sts+".1" {
		t.Fatalf("%q, %v", token, err)
	}
	seconds := int64(600)
	want := []authenticationv1.TokenRequest{{
		ObjectMeta: metav1.ObjectMeta{UID: "one"},
		Spec:       authenticationv1.TokenRequestSpec{Audiences: []string{sts}, ExpirationSeconds: &seconds},
	}}
	if diff := cmp.Diff(want, a.requests()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestIdentify(t *testing.T) {
	a := newAPI()
	p := a.pods()
	mended := map[string]string{"role": "right"}
	for n, step := range []struct {
		annotations map[string]string
		anew        bool
		want        map[string]string
		cached      bool
	}{
		{map[string]string{"role": "wrong"}, false, map[string]string{"role": "wrong"}, false},
		{mended, false, map[string]string{"role": "wrong"}, true},
		{mended, true, mended, false},
		{mended, false, mended, true},
	} {
		a.set("one", step.annotations)
		of := account()
		of.Anew = step.anew
		got, err := p.Identify(t.Context(), of)
		want := provider.Identity{Namespace: team, Name: builder, UID: "one", Annotations: step.want, Cached: step.cached}
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%d: %v, (-want +got):\n%s", n, err, diff)
		}
	}
	if a.gets != 2 {
		t.Errorf("%d reads, want 2", a.gets)
	}
	_, err := p.Identify(t.Context(), provider.Account{Namespace: team, Name: "nobody"})
	if want := `ServiceAccount "team/nobody" does not exist`; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

// Each ServiceAccount and audience has a token of its own.
func TestTokensAreKept(t *testing.T) {
	a := newAPI()
	p := a.pods()
	other := identity()
	other.Namespace = "other"
	a.accounts["other/"+builder] = a.accounts[team+"/"+builder]
	for n, step := range []struct {
		of       provider.Identity
		audience string
		want     string
	}{
		{identity(), sts, "one." + sts + ".1"},
		{identity(), sts, "one." + sts + ".1"},
		{identity(), "other.example.com", "one.other.example.com.2"},
		{other, sts, "one." + sts + ".3"},
		{other, sts, "one." + sts + ".3"},
		{identity(), sts, "one." + sts + ".1"},
	} {
		if got, err := p.Token(t.Context(), step.of, step.audience); err != nil || got != step.want {
			t.Errorf("%d: %q, %v, want %q", n, got, err, step.want)
		}
	}
}

// Who asks at once is answered at once, also if the first of them goes away.
func TestJoined(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := newAPI()
		a.hang = make(chan struct{})
		p := a.pods()
		first, leave := context.WithCancel(t.Context())
		gone := make(chan error, 1)
		go func() {
			_, err := p.Token(first, identity(), sts)
			gone <- err
		}()
		synctest.Wait()
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if got, err := p.Token(t.Context(), identity(), sts); err != nil || got != "one."+sts+".1" {
					t.Errorf("%q, %v", got, err)
				}
			})
		}
		synctest.Wait()
		leave()
		if err := <-gone; err == nil || !strings.Contains(err.Error(), "does not answer in time") {
			t.Errorf("the one that went away: %v", err)
		}
		close(a.hang)
		wg.Wait()
		if n := len(a.requests()); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

// Nobody waits longer for an API server that is silent than he can, or than is of use.
func TestSilentAPIServer(t *testing.T) {
	for name, tc := range map[string]struct{ patience, want time.Duration }{
		"little": {time.Second, time.Second},
		"much":   {time.Hour, requestTimeout},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := newAPI()
				a.hang = make(chan struct{})
				ctx, cancel := context.WithTimeout(t.Context(), tc.patience)
				defer cancel()
				start := time.Now()
				_, err := a.pods().Token(ctx, identity(), sts)
				defer time.Sleep(requestTimeout) // the request goes on
				if took := time.Since(start); took != tc.want {
					t.Errorf("after %s, want %s", took, tc.want)
				}
				if want := `no token of ServiceAccount "team/builder": the API server does not answer in time`; err == nil || err.Error() != want {
					t.Errorf("%v, want %s", err, want)
				}
			})
		})
	}
}

// A ServiceAccount that is made anew is another one.
func TestMadeAnew(t *testing.T) {
	a := newAPI()
	p := a.pods()
	old, err := p.Identify(t.Context(), account())
	if err != nil {
		t.Fatal(err)
	}
	a.set("two", nil)
	want := `ServiceAccount "team/builder" was made anew a moment ago: try again`
	if _, err := p.Token(t.Context(), old, sts); err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
	again, err := p.Identify(t.Context(), account())
	if err != nil || again.UID != "two" || again.Cached {
		t.Fatalf("%+v, %v", again, err)
	}
	if got, err := p.Token(t.Context(), again, sts); err != nil || got != "two."+sts+".2" {
		t.Errorf("%q, %v", got, err)
	}
}

// A token that is for something else than was asked for is handed to nobody.
func TestChangedRequest(t *testing.T) {
	for name, change := range map[string]func(*authenticationv1.TokenRequest){
		"no audience":       func(r *authenticationv1.TokenRequest) { r.Spec.Audiences = []string{"https://kubernetes.default.svc"} },
		"one audience more": func(r *authenticationv1.TokenRequest) { r.Spec.Audiences = append(r.Spec.Audiences, "other") },
	} {
		t.Run(name, func(t *testing.T) {
			a := newAPI()
			a.change = change
			got, err := a.pods().Token(t.Context(), identity(), sts)
			want := `no token of ServiceAccount "team/builder": the API server gives one for other audiences`
			if got != "" || err == nil || err.Error() != want {
				t.Errorf("%q, %v, want %s", got, err, want)
			}
		})
	}
}

// The API server is not even asked for a token that would be good for itself.
func TestRefusedAudience(t *testing.T) {
	a := newAPI()
	for _, audience := range []string{"", "https://kubernetes.default.svc"} {
		if got, err := a.pods().Token(t.Context(), identity(), audience); got != "" || err == nil {
			t.Errorf("%q: %q, %v", audience, got, err)
		}
	}
	if n := len(a.requests()); n != 0 {
		t.Errorf("%d requests", n)
	}
}
