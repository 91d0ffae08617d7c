package resolver

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pullgate/pullgate/resolver/reference"
)

func TestContentMode(t *testing.T) {
	c := ContentConfig{Default: ContentBackground, OffFor: []string{"docker.io", "*.off.test"}, BackgroundFor: []string{"r.test/team"}, WaitFor: []string{"r.test", "docker.io"}}
	for image, want := range map[string]ContentMode{
		"nginx":         ContentOff,
		"a.off.test/x":  ContentOff,
		"r.test/team/x": ContentBackground,
		"r.test/x":      ContentWait,
		"other.test/x":  ContentBackground,
	} {
		ref, err := reference.Parse(image)
		if err != nil {
			t.Fatal(err)
		}
		if got := c.of(ref); got != want {
			t.Errorf("%s: %s, want %s", image, got, want)
		}
	}
	waiting := c.Waiting()
	for image, want := range map[string]ContentMode{"nginx": ContentOff, "r.test/team/x": ContentWait, "other.test/x": ContentWait} {
		ref, err := reference.Parse(image)
		if err != nil {
			t.Fatal(err)
		}
		if got := waiting.of(ref); got != want {
			t.Errorf("waiting, %s: %s, want %s", image, got, want)
		}
	}
	for text, want := range map[string]ContentMode{`"off"`: ContentOff, "false": ContentOff, `"wait"`: ContentWait} {
		var m ContentMode
		if err := json.Unmarshal([]byte(text), &m); err != nil || m != want {
			t.Errorf("%s: %q, %v", text, m, err)
		}
	}
}

// incomplete serves a plain image whose config is gone, or whose content comes.
func incomplete(lost *atomic.Bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !strings.Contains(r.URL.Path, "/blobs/"):
			manifest(w, r)
		case lost.Load():
			status(w, http.StatusNotFound, "BLOB_UNKNOWN")
		default:
			w.Header().Set("Content-Length", "2")
			if r.Method == http.MethodGet {
				w.Write([]byte("{}"))
			}
		}
	}
}

// TestContentModes: when the content of a plain image is read, and what is kept of
// it.
func TestContentModes(t *testing.T) {
	for mode, want := range map[ContentMode][]Reason{
		ContentOff:        {Pullable, Pullable, Pullable},
		ContentBackground: {Pullable, ImageIncomplete, Pullable},
		ContentWait:       {ImageIncomplete, ImageIncomplete, Pullable},
	} {
		runInBubble(t, string(mode), func(t *testing.T) {
			var lost atomic.Bool
			lost.Store(true)
			var asked atomic.Int64
			registry := incomplete(&lost)
			config := patient()
			config.Registries.Content = ContentConfig{Default: mode}
			r := resolverFor(t, config, map[string]http.Handler{"registry.test": http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
				asked.Add(1)
				registry(w, req)
			})})
			expect := func(when string, want Reason) {
				t.Helper()
				if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != want {
					t.Errorf("%s: %s %q, want %s", when, v.Reason, v.Message, want)
				}
				synctest.Wait()
			}
			expect("at first", want[0])
			expect("then", want[1])
			lost.Store(false)
			time.Sleep(2 * config.Cache.NotFound.Duration)
			expect("once it is mended", want[2])
			before := asked.Load()
			for range 10 {
				expect("from then on", Pullable)
			}
			if n := asked.Load() - before; n > 0 {
				t.Errorf("%d requests for an image that is known", n)
			}
		})
	}
}

// TestContentThatCannotBeRead is let through, is not kept, and is not asked for all
// the time.
func TestContentThatCannotBeRead(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		var blobs atomic.Int64
		config := patient()
		config.Registries.Content = ContentConfig{Default: ContentBackground}
		r := resolverFor(t, config, map[string]http.Handler{"registry.test": http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			if strings.Contains(req.URL.Path, "/blobs/") {
				blobs.Add(1)
				status(w, http.StatusBadGateway, "")
				return
			}
			manifest(w, req)
		})})
		for range 20 {
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || v.Message != "" {
				t.Fatalf("%s %q", v.Reason, v.Message)
			}
			synctest.Wait()
		}
		first := blobs.Load()
		if first == 0 || first > 10 {
			t.Errorf("%d requests for blobs", first)
		}
		time.Sleep(2 * retryUnread)
		check(t.Context(), r, "registry.test/app:v1")
		synctest.Wait()
		if blobs.Load() == first {
			t.Error("it was not asked for again")
		}
	})
}
