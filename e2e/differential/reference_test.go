package differential

import (
	"math/rand/v2"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	defaults "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/util/parsers"

	"github.com/pullgate/pullgate/resolver/reference"
)

// FuzzReference parses a string, and one made out of a seed, as the kubelet
// does.
func FuzzReference(f *testing.F) {
	for seed := range uint64(5000) {
		f.Add("nginx", seed)
	}
	for _, s := range []string{
		"", "nginx:1", "Foo/bar:1", "my_reg.io/foo", "my_reg:5000/x", "[::1]:5000/a", "::1/foo", "reg.io//foo", "docker://nginx",
		"localhost", "foo:5000", "a@sha256:" + strings.Repeat("a", 64), "a:b@sha512:" + strings.Repeat("b", 128),
		"a@sha384:" + strings.Repeat("c", 96), strings.Repeat("a", 64), strings.Repeat("a", 248), "reg.io:99999/foo", "nginx:-1", "rég.io/foo",
	} {
		f.Add(s, uint64(0))
	}
	f.Fuzz(func(t *testing.T, s string, seed uint64) {
		g := generator{rand.New(rand.NewPCG(seed, 1))}
		for _, image := range []string{s, g.reference(), g.reference() + s} {
			compareReference(t, image)
		}
	})
}

func compareReference(t *testing.T, image string) {
	t.Helper()
	if len(image) > reference.MaxLength {
		return // refused unread, see reference.MaxLength
	}
	// What the API server makes of a container without a policy.
	c := corev1.Container{Image: image}
	defaults.SetDefaults_Container(&c)
	if got := reference.PullPolicy(image); got != c.ImagePullPolicy {
		t.Fatalf("%q: policy %s, the API server has %s", image, got, c.ImagePullPolicy)
	}
	name, tag, digest, err := parsers.ParseImageName(image)
	ours, oursErr := reference.Parse(image)
	if (err != nil) != (oursErr != nil) {
		t.Fatalf("%q: pullgate %v, kubelet %v", image, oursErr, err)
	}
	if err != nil {
		return
	}
	if digest != "" {
		tag = "" // as containerd drops it
	}
	if ours.Name() != name || ours.Tag != tag || ours.Digest.String() != digest {
		t.Fatalf("%q: pullgate %+v, kubelet %q %q %q", image, ours, name, tag, digest)
	}
}

// reference makes a string that is nearly, and often really, a reference.
func (g generator) reference() string {
	var b strings.Builder
	b.WriteString(g.pick("", "", "r.io/", "r.io:5000/", "localhost/", "Foo/", "[::1]:5000/", "my_reg.io/", "10.0.0.5/", "docker.io/",
		"index.docker.io/", "DOCKER.IO/", "http://", ":5000/", "reg.io:/", "-r.io/", "r..io/", "例え.jp/", "./", "/"))
	for range 1 + g.IntN(3) {
		b.WriteString(g.pick("a", "app", "a-b", "a--b", "a_b", "a__b", "a___b", "a.b", "a..b", "A", "é", "-a", "a-", "1", strings.Repeat("f", 64), strings.Repeat("n", 120), ""))
		b.WriteString(g.pick("", "", "/", "/", "//"))
	}
	b.WriteString(g.pick("", "", ":v1", ":latest", ":", ":-1", ":.1", ":V1_2.3", ":a:b", ":"+strings.Repeat("t", 128), ":"+strings.Repeat("t", 129)))
	b.WriteString(g.pick("", "", "", "@sha256:"+strings.Repeat("a", 64), "@sha256:"+strings.Repeat("A", 64), "@sha256:abc",
		"@sha512:"+strings.Repeat("b", 128), "@sha384:"+strings.Repeat("c", 96), "@md5:"+strings.Repeat("d", 32), "@", "@b", " ", "\n", "%"))
	return b.String()
}
