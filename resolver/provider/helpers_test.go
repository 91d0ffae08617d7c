package provider

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubeletv1 "k8s.io/kubelet/config/v1"
	credentialv1 "k8s.io/kubelet/pkg/apis/credentialprovider/v1"

	"github.com/pullgate/pullgate/resolver/keyring"
)

const apiV1 = "credentialprovider.kubelet.k8s.io/v1"

// timeout is that of a run in these tests. Nothing is that slow unless it is told to.
const timeout = 30 * time.Second

// scripted is a Runner that answers as it is told, and notes what it was asked.
type scripted struct {
	// do answers the n-th run, from 0 on.
	do func(ctx context.Context, n int, c Command) (Output, error)

	mu            sync.Mutex
	ran           []Command
	running, most int
}

// Run answers.
func (s *scripted) Run(ctx context.Context, c Command) (Output, error) {
	s.mu.Lock()
	n := len(s.ran)
	s.ran = append(s.ran, c)
	s.running++
	s.most = max(s.most, s.running)
	s.mu.Unlock()
	defer func() {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.running--
	}()
	return s.do(ctx, n, c)
}

func (s *scripted) runs() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.ran)
}

// wantRuns requires how many runs there have been until now.
func (s *scripted) wantRuns(t *testing.T, when string, want int) {
	t.Helper()
	if got := s.runs(); got != want {
		t.Errorf("%s: %d runs, want %d", when, got, want)
	}
}

// always answers each run alike.
func always(out Output) *scripted {
	return &scripted{do: func(context.Context, int, Command) (Output, error) { return out, nil }}
}

// slowly is always, after a while: who waits no time has it from the cache.
func slowly(took time.Duration, out Output) *scripted {
	return &scripted{do: func(context.Context, int, Command) (Output, error) {
		time.Sleep(took)
		return out, nil
	}}
}

// request is what a plugin got to read.
func request(t *testing.T, c Command) (r credentialv1.CredentialProviderRequest) {
	t.Helper()
	if err := json.Unmarshal(c.Stdin, &r); err != nil {
		t.Fatalf("%s: %v", c.Stdin, err)
	}
	return r
}

// says is an answer for a kind of cache key and a duration, "" for none, with a user
// and a password by registry key: three strings for each.
func says(kind, duration string, auth ...string) Output {
	answer := map[string]any{"kind": "CredentialProviderResponse", "apiVersion": apiV1, "cacheKeyType": kind}
	if duration != "" {
		answer["cacheDuration"] = duration
	}
	entries := map[string]any{}
	for i := 0; i+2 < len(auth); i += 3 {
		entries[auth[i]] = map[string]string{"username": auth[i+1], "password": auth[i+2]}
	}
	answer["auth"] = entries
	data, err := json.Marshal(answer)
	if err != nil {
		panic(err)
	}
	return Output{Stdout: data}
}

var errScripted = errors.New("it ends with exit status 1")

// named is a provider for patterns.
func named(name string, patterns ...string) Provider {
	return Provider{Binary: "/plugins/" + name, CredentialProvider: kubeletv1.CredentialProvider{
		Name: name, APIVersion: apiV1, MatchImages: patterns, DefaultCacheDuration: &metav1.Duration{Duration: time.Hour},
	}}
}

func setOf(runner Runner, providers ...Provider) *Set {
	return New(&Config{Providers: providers}, Options{Runner: runner})
}

// ask asks for a repository, and waits.
func ask(t *testing.T, s *Set, repository string) Answer {
	t.Helper()
	return s.Ask(t.Context(), question(repository)).Wait(t.Context())
}

func question(repository string) Question {
	return Question{Repository: repository, Tokens: NoTokens, Timeout: timeout}
}

// want requires what an answer has: user:password of the credentials, "failed: " and
// "withheld: " with the providers' names.
func (a Answer) want(t *testing.T, when string, want ...string) {
	t.Helper()
	var got []string
	for _, c := range a.Credentials {
		got = append(got, c.Username+":"+c.Password)
	}
	for _, f := range a.Failed {
		got = append(got, "failed: "+f.Provider)
	}
	for _, w := range a.Withheld {
		got = append(got, "withheld: "+w.Provider)
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q (%+v)", when, got, want, a.Failed)
	}
}

// wantWhy requires the one failure of an answer, and words of its reason.
func (a Answer) wantWhy(t *testing.T, when, words string) {
	t.Helper()
	if len(a.Failed) != 1 || !strings.Contains(a.Failed[0].Why, words) {
		t.Errorf("%s: %+v, want one failure with %q", when, a.Failed, words)
	}
}

// took is how long something takes by the clock of the bubble.
func took(f func()) time.Duration {
	began := time.Now()
	f()
	return time.Since(began)
}

// logged is a log that is kept.
type logged struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logged) logger() logr.Logger {
	return funcr.New(func(prefix, args string) {
		l.mu.Lock()
		defer l.mu.Unlock()
		fmt.Fprintln(&l.text, prefix, args)
	}, funcr.Options{})
}

// String is all that was logged.
func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// counted is an Observer that counts.
type counted struct {
	mu       sync.Mutex
	ok, fail map[string]int
	took     []time.Duration
}

// Ran counts.
func (c *counted) Ran(provider string, took time.Duration, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ok == nil {
		c.ok, c.fail = map[string]int{}, map[string]int{}
	}
	c.took = append(c.took, took)
	if err != nil {
		c.fail[provider]++
		return
	}
	c.ok[provider]++
}

// first is the credential of an answer that has one.
func (a Answer) first(t *testing.T) keyring.Credential {
	t.Helper()
	if len(a.Credentials) == 0 {
		t.Fatalf("no credentials: %+v", a)
	}
	return a.Credentials[0]
}
