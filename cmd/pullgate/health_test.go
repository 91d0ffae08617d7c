package main

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-logr/logr/funcr"
)

func TestExplained(t *testing.T) {
	const (
		unlisted = "not listed yet"
		down     = "draining"
	)
	type probe struct {
		at     time.Duration // since the start
		reason string        // empty when the check passes
	}
	for name, test := range map[string]struct {
		probes []probe
		want   []string // the reasons in the log
	}{
		"ready at once":                   {[]probe{{0, ""}, {2 * time.Second, ""}}, nil},
		"a start takes a moment":          {[]probe{{0, unlisted}, {2 * time.Second, ""}}, nil},
		"a start that does not end":       {[]probe{{0, unlisted}, {9 * time.Second, unlisted}, {10 * time.Second, unlisted}, {12 * time.Second, unlisted}}, []string{unlisted}},
		"fails for another reason":        {[]probe{{10 * time.Second, unlisted}, {12 * time.Second, down}}, []string{unlisted, down}},
		"was ready, soon after the start": {[]probe{{0, unlisted}, {2 * time.Second, ""}, {4 * time.Second, down}, {6 * time.Second, down}}, []string{down}},
		"fails again":                     {[]probe{{0, ""}, {20 * time.Second, down}, {22 * time.Second, ""}, {24 * time.Second, down}}, []string{down, down}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var logged []string
				log := funcr.New(func(_, args string) { logged = append(logged, args) }, funcr.Options{})
				begun := time.Now()
				var fails error
				check := explained(log, "nodes", func(*http.Request) error { return fails })
				for _, p := range test.probes {
					time.Sleep(time.Until(begun.Add(p.at)))
					fails = nil
					if p.reason != "" {
						fails = errors.New(p.reason)
					}
					if err := check(nil); !errors.Is(err, fails) {
						t.Errorf("after %s the check says %v, want %v", p.at, err, fails)
					}
				}
				same := func(line, reason string) bool {
					return strings.Contains(line, `"check"="nodes"`) && strings.Contains(line, `"reason"="`+reason+`"`)
				}
				if !slices.EqualFunc(logged, test.want, same) {
					t.Errorf("the log has %q, want %q", logged, test.want)
				}
			})
		})
	}
}
