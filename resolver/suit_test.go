package resolver

import (
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/opencontainers/go-digest"

	"github.com/pullgate/pullgate/resolver/content"
)

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
	for mode, want := range map[content.Mode][]Reason{
		content.Off:        {Pullable, Pullable, Pullable},
		content.Background: {Pullable, ImageIncomplete, Pullable},
		content.Wait:       {ImageIncomplete, ImageIncomplete, Pullable},
	} {
		runInBubble(t, string(mode), func(t *testing.T) {
			var lost atomic.Bool
			lost.Store(true)
			var asked atomic.Int64
			registry := incomplete(&lost)
			config := patient()
			config.Registries.Content = content.Config{Default: mode}
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
		config.Registries.Content = content.Config{Default: content.Background}
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

// TestOneWayAloneIsRemembered: what only one way of pulling fails at is told each
// time, and not only when it is found (C124).
func TestOneWayAloneIsRemembered(t *testing.T) {
	odd := strings.Replace(manifestBody, `"application/vnd.oci.image.config.v1+json"`, `"application/x"`, 1)
	odd = strings.Replace(odd, `"layers":[]`, `"layers":[{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"`+otherDigest+`","size":2}]`, 1)
	inBubble(t, func(t *testing.T) {
		config := patient()
		config.Registries.Content = content.Config{Default: content.Wait}
		r := resolverFor(t, config, map[string]http.Handler{"registry.test": http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
			body, mediaType := odd, manifestType
			if strings.Contains(req.URL.Path, "/blobs/") {
				body, mediaType = "{}", "application/octet-stream"
			}
			w.Header().Set("Content-Type", mediaType)
			w.Header().Set("Docker-Content-Digest", digest.FromString(body).String())
			w.Header().Set("Content-Length", strconv.Itoa(len(body)))
			if req.Method == http.MethodGet {
				w.Write([]byte(body))
			}
		})})
		for range 3 {
			if v := check(t.Context(), r, "registry.test/app:v1"); v.Reason != Pullable || !strings.Contains(v.Message, "not every node can pull it") {
				t.Errorf("%s %q", v.Reason, v.Message)
			}
		}
	})
}
