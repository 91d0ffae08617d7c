package resolver

import (
	"net/http"
	"testing"
	"time"

	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/reference"
)

// TestFlightThatEnded: who has looked into the cache just before a look-up ended has its
// answer as well, and no look-up of its own, unless that answer is of another password.
func TestFlightThatEnded(t *testing.T) {
	ref, err := reference.Parse(other + "/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	first, second := keyring.Credential{Username: "u", Password: "p0"}, keyring.Credential{Username: "u", Password: "p1"}
	for name, tc := range map[string]struct {
		known outcome
		with  keyring.Credential
		seen  bool // it was there when the cache was looked at
		want  int64
	}{
		"it was found":              {outcome{reason: Pullable}, first, false, 0},
		"with another password":     {outcome{reason: Pullable}, second, false, 0},
		"and it will not do":        {outcome{reason: Pullable}, first, true, 1},
		"it was refused":            {outcome{reason: Unauthorized}, first, false, 0},
		"another was refused":       {outcome{reason: Unauthorized}, second, false, 1},
		"it is not there":           {outcome{reason: ImageNotFound}, second, false, 0},
		"it was found too long ago": {outcome{reason: Pullable, at: time.Now().Add(-time.Hour)}, first, false, 1},
	} {
		r, seen := resolverOf(t, proof.Own, http.HandlerFunc(open), nil), &lookups{}
		r.observer = seen
		if tc.known.at.IsZero() {
			tc.known.at = time.Now()
		}
		r.remember("key", ref, r.login(first), tc.known)
		var old *known
		if tc.seen {
			old, _ = r.cache.Get("key")
		}
		<-r.fly(t.Context(), "key", ref, r.login(tc.with), old)
		if n := seen.n.Load(); n != tc.want {
			t.Errorf("%s: %d look-ups, want %d", name, n, tc.want)
		}
	}
}
