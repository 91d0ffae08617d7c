package webhook

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// abuse is a Pod that somebody made to keep pullgate, its API server or a
// registry busy.
type abuse struct {
	images  []string
	secrets int
	secret  string
}

func (a abuse) pod() *corev1.Pod {
	pod := podOf(a.images...)
	pod.APIVersion, pod.Kind = "v1", "Pod"
	for n := range a.secrets {
		pod.Spec.ImagePullSecrets = append(pod.Spec.ImagePullSecrets, corev1.LocalObjectReference{Name: fmt.Sprint("secret-", n)})
	}
	return pod
}

func manyImages(n int, format string) (images []string) {
	for i := range n {
		images = append(images, fmt.Sprintf(format, i))
	}
	return images
}

// manyAuths is a Secret of n credentials, each under a key of its own.
func manyAuths(t *testing.T, n int, key string) string {
	t.Helper()
	auths := map[string]any{}
	for i := range n {
		auths[fmt.Sprintf(key, i)] = map[string]string{"username": "u", "password": fmt.Sprint("p", i)}
	}
	data, err := json.Marshal(map[string]any{"auths": auths})
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// TestAbuse: however large a Pod and its Secrets are, it is answered in few words, with
// little memory, few reads of the API and few requests to registries.
func TestAbuse(t *testing.T) {
	for name, tc := range map[string]struct {
		abuse
		allowed bool
	}{
		"1,500 containers, one image":     {abuse{images: slices.Repeat([]string{"r.test/good:v1"}, 1500)}, true},
		"1,500 images":                    {abuse{images: manyImages(1500, "r.test/good-%d:v1")}, true},
		"1,500 images that are not there": {abuse{images: manyImages(1500, "r.test/missing-%d:v1")}, false},
		"1,500 registries":                {abuse{images: manyImages(1500, "r%d.test/missing:v1")}, false},
		"1,500 images of no form":         {abuse{images: manyImages(1500, "No Image %d")}, false},
		"images of a megabyte in all":     {abuse{images: manyImages(250, "r.test/%d"+strings.Repeat("a", 4000))}, false},
		"images of a megabyte each":       {abuse{images: manyImages(2, "r.test/%d"+strings.Repeat("a", 1<<20))}, false},
		"5,000 Secrets":                   {abuse{images: []string{"r.test/private:v1"}, secrets: 5000, secret: "{}"}, true}, // not all were read
		"a Secret of a megabyte":          {abuse{images: manyImages(200, "r.test/good-%d:v1"), secrets: 1, secret: manyAuths(t, 16_000, "r%d.test")}, true},
		"a megabyte of globs":             {abuse{images: manyImages(200, "r.test/good-%d:v1"), secrets: 1, secret: manyAuths(t, 16_000, "*r*.t*e*s*t*%d")}, true},
		"16,000 credentials for an image": {abuse{images: []string{"r.test/private:v1"}, secrets: 1, secret: manyAuths(t, 16_000, "r.test/private?%d")}, true}, // nor all tried
		"64 Secrets of many keys":         {abuse{images: []string{"r.test/private:v1"}, secrets: 64, secret: manyAuths(t, 1000, "r%d.test")}, false},
	} {
		t.Run(name, inStillTime(func(t *testing.T) {
			h := newFuzzed(t)
			h.secret, h.level = []byte(tc.secret), "definite"
			r := h.send(t, reviewOf(t, tc.pod()))
			t.Logf("allocated %d MiB, read %d Secrets, sent %d requests", h.allocated>>20, h.gets.Load(), h.asked.Load())
			if r.Allowed != tc.allowed {
				t.Errorf("allowed %t, want %t: %v %q", r.Allowed, tc.allowed, r.Result, r.Warnings)
			}
			if n := h.gets.Load(); n > 2*64 {
				t.Errorf("%d reads of Secrets", n)
			}
			// An image costs at most a HEAD, a GET and a list of tags; a credential
			// five times a HEAD and a GET.
			if n := h.asked.Load(); n > 3*128 {
				t.Errorf("%d requests to registries", n)
			}
			if !r.Allowed && len(r.Result.Details.Causes) > maxCauses {
				t.Errorf("%d causes", len(r.Result.Details.Causes))
			}
		}))
	}
}
