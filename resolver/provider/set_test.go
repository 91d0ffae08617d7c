package provider

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
)

// TestMatch: which images a provider is asked about (P09 to P12).
func TestMatch(t *testing.T) {
	for _, tc := range []struct {
		pattern, repository string
		want                bool
	}{
		{"r.io", "s.io/a", false},
		{"r.io", "r.io/a", true},
		{"*.io", "x.k8s.io/a", false},
		{"*.k8s.io", "x.k8s.io/a", true},
		{"r.io:5000", "r.io/a", false},
		{"r.io", "r.io:5000/a", false},
		{"r.io:5000", "r.io:5000/a", true},
		{"r.io", "r.io:443/a", false},
		{"p.io/team", "p.io/teams/x", true},
		{"p.io/team", "p.io/tea", false},
		{"p.io/team/*", "p.io/team/x", false},
		{"R.io", "r.io/a", false},
		{"index.docker.io", "docker.io/library/nginx", false},
		{"docker.io", "docker.io/library/nginx", true},
		{"https://r.io", "r.io/a", false},
		{"", "r.io/a", false},
	} {
		runner := always(says("Image", ""))
		s := setOf(runner, named("plugin", tc.pattern))
		if got := s.Covers(tc.repository); got != tc.want {
			t.Errorf("%q covers %s: %t, want %t", tc.pattern, tc.repository, got, tc.want)
		}
		asked := s.Ask(t.Context(), question(tc.repository))
		asked.Wait(t.Context()).want(t, tc.pattern)
		if ran := runner.runs() == 1; ran != tc.want || asked.Covered() != tc.want {
			t.Errorf("%q, %s: run %t, covered %t, want %t", tc.pattern, tc.repository, ran, asked.Covered(), tc.want)
		}
	}
}

// TestNoProviders: nil is a set of none.
func TestNoProviders(t *testing.T) {
	var s *Set
	asked := s.Ask(t.Context(), question("r.io/a"))
	asked.Wait(t.Context()).want(t, "none")
	credentials, known := s.Known("r.io/a", NoTokens)
	if asked.Covered() || s.Covers("r.io/a") || s.States() != nil || credentials != nil || !known {
		t.Error("none are more than none")
	}
}

// TestOrder: the answers of all providers are one list, longer keys first, and equal
// ones in the order of the configuration; who fails is passed over (P26 to P29).
func TestOrder(t *testing.T) {
	for name, tc := range map[string]struct {
		answers    []Output // an empty one fails
		repository string
		want       []string
	}{
		"one key, in the order of the file": {[]Output{says("Image", "", "r.io", "a", "1"), says("Image", "", "r.io", "b", "2")}, "r.io/app", []string{"a:1", "b:2"}},
		"the second has the longer key":     {[]Output{says("Image", "", "r.io", "a", "1"), says("Image", "", "r.io/app", "b", "2")}, "r.io/app", []string{"b:2", "a:1"}},
		"one fails, one has nothing":        {[]Output{{}, says("Image", ""), says("Image", "", "r.io", "c", "3")}, "r.io/app", []string{"c:3", "failed: p0"}},
		"keys that do not match":            {[]Output{says("Image", "", "s.io", "a", "1", "r.io/other", "b", "2", "r.io:443", "c", "3")}, "r.io/app", nil},
		"a key that does not parse":         {[]Output{says("Image", "", "r.io:abc", "a", "1", "r.io", "b", "2")}, "r.io/app", []string{"b:2"}},
		"keys as in Secrets":                {[]Output{says("Image", "", "https://r.io/v1/", "a", "1")}, "r.io/app", []string{"a:1"}},
		"one password under two keys":       {[]Output{says("Image", "", "r.io", "_token", "t", "*.io", "_token", "t")}, "r.io/app", []string{"_token:t", "_token:t"}},
		"an empty user counts (P16)":        {[]Output{says("Image", "", "r.io", "", "")}, "r.io/app", []string{":"}},
		"Docker Hub":                        {[]Output{says("Image", "", "https://index.docker.io/v1/", "a", "1")}, "docker.io/library/nginx", []string{"a:1"}},
		"Docker Hub by its own name":        {[]Output{says("Image", "", "https://index.docker.io/v1/", "a", "1"), says("Image", "", "docker.io", "b", "2")}, "docker.io/library/nginx", []string{"b:2"}},
	} {
		t.Run(name, func(t *testing.T) {
			var providers []Provider
			for n := range tc.answers {
				providers = append(providers, named(fmt.Sprintf("p%d", n), "*.io"))
			}
			s := setOf(&scripted{do: func(_ context.Context, _ int, c Command) (Output, error) {
				n := slices.IndexFunc(providers, func(p Provider) bool { return p.Binary == c.Path })
				if tc.answers[n].Stdout == nil {
					return Output{}, errScripted
				}
				return tc.answers[n], nil
			}}, providers...)
			ask(t, s, tc.repository).want(t, name, tc.want...)
			ask(t, s, tc.repository).want(t, "from the cache", tc.want...)
		})
	}
}

// TestAskedAtOnce: providers are run beside each other, and not in turn.
func TestAskedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setOf(slowly(time.Second, says("Image", "", "r.io", "u", "p")), named("a", "r.io"), named("b", "r.io"), named("c", "r.io"))
		if waited := took(func() { ask(t, s, "r.io/a") }); waited != time.Second {
			t.Errorf("waited %s for three runs of a second", waited)
		}
	})
}

// TestWith: after a change of the configuration providers that are as they were keep
// what they have answered, and their failures; all others begin anew.
func TestWith(t *testing.T) {
	runner := &scripted{do: func(_ context.Context, n int, c Command) (Output, error) {
		if c.Path == "/plugins/broken" {
			return Output{}, errScripted
		}
		return says("Registry", "", "r.io", c.Path, fmt.Sprint(n)), nil
	}}
	kept, changed, broken, gone := named("kept", "r.io"), named("changed", "r.io"), named("broken", "r.io"), named("gone", "r.io")
	first := setOf(runner, gone, kept, changed, broken)
	was := ask(t, first, "r.io/a")
	if runner.wantRuns(t, "at first", 4); len(was.Credentials) != 3 {
		t.Fatalf("%+v", was)
	}
	password := map[string]string{}
	for _, c := range was.Credentials {
		password[c.Provider()] = c.Password
	}
	changed.Args = []string{"-v"}
	moved := kept
	moved.File = "another.yaml"
	second := first.With(&Config{Providers: []Provider{changed, moved, broken, named("new", "r.io")}})
	now := ask(t, second, "r.io/a")
	runner.wantRuns(t, "after the change", 6)
	var order []string
	for _, c := range now.Credentials {
		order = append(order, c.Provider())
		if same := c.Password == password[c.Provider()]; same != (c.Provider() == "kept") {
			t.Errorf("%s: %s, was %s", c.Provider(), c.Password, password[c.Provider()])
		}
	}
	if !slices.Equal(order, []string{"changed", "kept", "new"}) {
		t.Errorf("in the order %q", order)
	}
	ask(t, first, "r.io/a") // whoever holds it still may
	runner.wantRuns(t, "the one before", 6)
	for n, c := range now.Credentials {
		if c.Provider() == "changed" && slices.ContainsFunc(was.Credentials, func(old keyring.Credential) bool { return old.ID() == c.ID() }) {
			t.Errorf("%d: answers to a changed provider's credential are taken for those to the old one", n)
		}
	}
}

// TestKnown: what is known without a wait is what Ask comes to, for as long as nothing
// is to be done.
func TestKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := slowly(time.Second, says("Registry", "100m", "r.io", "u", "p"))
		s := setOf(runner, named("a", "r.io"), named("b", "*.io"))
		want := func(when, repository string, known bool, credentials int) {
			t.Helper()
			got, ok := s.Known(repository, NoTokens)
			if ok != known || len(got) != credentials {
				t.Errorf("%s, %s: known %t with %d, want %t with %d", when, repository, ok, len(got), known, credentials)
			}
		}
		want("at first", "r.io/a", false, 0)
		want("at first", "elsewhere.com/a", true, 0)
		runner.wantRuns(t, "nothing is begun", 0)
		ask(t, s, "r.io/a")
		want("asked", "r.io/a", true, 2)
		want("asked", "r.io/b", true, 2)
		want("asked", "s.io/a", false, 0)
		time.Sleep(80 * time.Minute)
		want("at four fifths", "r.io/a", true, 2)
		time.Sleep(time.Nanosecond)
		want("to be renewed", "r.io/a", false, 0)
		ask(t, s, "r.io/a")
		want("being renewed", "r.io/a", false, 0)
		time.Sleep(2 * time.Second)
		want("renewed", "r.io/a", true, 2)
		next := s.With(&Config{Providers: []Provider{named("a", "r.io")}})
		if got, ok := next.Known("r.io/a", NoTokens); !ok || len(got) != 1 {
			t.Errorf("after a change: %t, %d", ok, len(got))
		}
	})
}

// TestKnownWithTokens: what depends on the Pod is not known, and what is withheld is
// nothing.
func TestKnownWithTokens(t *testing.T) {
	s := tokenSet(always(says("Registry", "", "r.io", "u", "p")), PodTokens, &cluster{annotations: annotated}, withTokens("with", nil), named("without", "r.io"))
	s.Ask(t.Context(), question("r.io/a").of(PodTokens, "team", "one")).Wait(t.Context()).want(t, "asked", "u:p", "u:p")
	for mode, want := range map[TokenMode]bool{PodTokens: false, NoTokens: true, OwnTokens: true} {
		for range 2 {
			if c, known := s.Known("r.io/a", mode); known != want || known && len(c) != 1 {
				t.Errorf("%s: known %t with %d, want %t", mode, known, len(c), want)
			}
		}
	}
}

// TestStates: who is left alone, and how old the oldest answer is.
func TestStates(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runner := &scripted{do: func(_ context.Context, _ int, c Command) (Output, error) {
			if c.Path == "/plugins/broken" {
				return Output{}, errScripted
			}
			return says("Registry", "1h", "r.io", "u", "p"), nil
		}}
		seen := &counted{}
		s := New(&Config{Providers: []Provider{named("good", "*.io"), named("broken", "*.io")}}, Options{Runner: runner, Observer: seen})
		want := func(when string, want ...State) {
			t.Helper()
			if got := s.States(); !slices.Equal(got, want) {
				t.Errorf("%s: %+v, want %+v", when, got, want)
			}
		}
		want("at first", State{Provider: "good"}, State{Provider: "broken"})
		began := time.Now()
		ask(t, s, "r.io/a")
		want("asked", State{Provider: "good", Oldest: began}, State{Provider: "broken", BacksOff: true})
		time.Sleep(40 * time.Minute)
		want("left alone no longer", State{Provider: "good", Oldest: began}, State{Provider: "broken"})
		ask(t, s, "s.io/a")
		time.Sleep(20 * time.Minute)
		want("the first is over", State{Provider: "good", Oldest: began.Add(40 * time.Minute)}, State{Provider: "broken"})
		time.Sleep(time.Hour)
		want("all are over", State{Provider: "good"}, State{Provider: "broken"})
		if seen.ok["good"] != 2 || seen.fail["broken"] != 2 || seen.ok["broken"]+seen.fail["good"] != 0 {
			t.Errorf("counted %v, %v", seen.ok, seen.fail)
		}
	})
}
