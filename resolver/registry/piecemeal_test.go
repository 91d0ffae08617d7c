package registry

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/containerd/containerd/v2/core/remotes/docker"
	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/resolver/registry/hostsfile"
	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// hostsTOMLs are files of which containerd makes endpoints. pair.pem and ca.crt
// lie beside them.
var hostsTOMLs = []string{
	"# nothing\n",
	"server = \"https://r.test\"\n",
	"server = \"r.test:5000/p\"\n[host.\"https://b.test\"]\n[host.\"https://a.test/x\"]\noverride_path = true\n",
	"server = \"http://r.test\"\nskip_verify = true\n",
	"server = \"http://r.test:80\"\nskip_verify = true\n",
	"server = \"http://r.test\"\n[host.\"http://m.test:5000\"]\nca = \"ca.crt\"\n",
	"skip_verify = true\n",
	"ca = [\"ca.crt\"]\nclient = [[\"pair.pem\", \"pair.pem\"], \"pair.pem\"]\n",
	"ca = []\n[host.\"https://m.test\"]\nclient = []\n",
	"[host.\"https://m.test\"]\ncapabilities = [\"pull\"]\nclient = \"pair.pem\"\n[host.\"https://m.test\".header]\nX-Key = [\"a\", \"b\"]\n",
	"[host.\"https://m.test\"]\ndial_timeout = \"1s\"\n[host.\"https://n.test\"]\n[host.\"https://n.test\".header]\nX-Key = \"a\"\n",
	"[host.\"https://m.test\"]\n[host.\"https://n.test\"]\n[host.\"https://m.test\".header]\nX-Key = \"a\"\n",
	"[host.\"\"]\n[host.\"https://m.test\"]\n[host.\"\".header]\n",
	"capabilities = [\"pull\"]\n[host]\n[host.\"https://[::1]:1/v2/\"]\n[host.\"https://m.test\".rewrite]\na = \"b\"\n",
	"host = 1\n", "[[host.a]]\n", "server = 1\n", "ca = \"ca.crt\"\nca = \"ca.crt\"\n", "capabilities = [\"fly\"]\n",
}

// FuzzPiecemeal holds the endpoints that are made here, where a file is missing,
// against those that containerd makes where none is.
func FuzzPiecemeal(f *testing.F) {
	for _, content := range hostsTOMLs {
		for _, host := range []string{"registry.test", "docker.io", "localhost", "localhost:80", "127.0.0.1:5000", "localhost:443"} {
			f.Add([]byte(content), host)
		}
	}
	pair := certificate(f)
	root := f.TempDir()
	f.Fuzz(func(t *testing.T, content []byte, host string) {
		if strings.ContainsAny(host, "/\\") || strings.Contains(host, "..") || strings.Contains(string(content), "/dev") {
			return // no host; and a file that never ends
		}
		dir := filepath.Join(root, "_default")
		if err := os.RemoveAll(dir); err != nil {
			t.Fatal(err)
		}
		registrytest.Map(t, root, "_default", string(content))
		for _, name := range []string{"ca.crt", "pair.pem"} {
			if err := os.WriteFile(filepath.Join(dir, name), pair, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		c := newChains(Options{ConfigDir: root})
		want, err := c.read(host, dir, "")
		file, passedOver := hostsfile.Read(dir)
		if err != nil || passedOver != nil || file == nil || len(want.unusable) > 0 {
			return // there are none of containerd's
		}
		got := &chain{strict: map[*http.Client]http.RoundTripper{}}
		got.endpoints, err = c.piecemeal(host, file, got)
		if err != nil || len(got.unusable) > 0 {
			t.Fatalf("containerd makes endpoints, this does not: %v %v", err, got.unusable)
		}
		if file.WithoutServer {
			got.endpoints = got.endpoints[:len(got.endpoints)-1]
		}
		if diff := cmp.Diff(summary(want), summary(got)); diff != "" {
			t.Errorf("%s, host %q (-containerd +here):\n%s", content, host, diff)
		}
	})
}

// described is what is to be alike of an endpoint.
type described struct {
	Scheme, Host, Path string
	Capabilities       docker.HostCapabilities
	Header             http.Header
	// SharesWith is the first endpoint that has the same authorizer.
	SharesWith  int
	FallsBack   bool
	SkipsVerify bool
	OwnRoots    bool
	Clients     int
}

func summary(ch *chain) (list []described) {
	first := map[docker.Authorizer]int{}
	for i, e := range ch.endpoints {
		if _, ok := first[e.Authorizer]; !ok {
			first[e.Authorizer] = i
		}
		d := described{
			Scheme: e.Scheme, Host: e.Host, Path: e.Path, Capabilities: e.Capabilities, Header: e.Header,
			SharesWith: first[e.Authorizer], FallsBack: e.Client.Transport != ch.strict[e.Client],
		}
		config := ch.strict[e.Client].(traced).RoundTripper.(capped).RoundTripper.(*http.Transport).TLSClientConfig
		d.SkipsVerify, d.OwnRoots, d.Clients = config.InsecureSkipVerify, config.RootCAs != nil, len(config.Certificates)
		list = append(list, d)
	}
	return list
}

// certificate makes one with its key.
func certificate(tb testing.TB) []byte {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		tb.Fatal(err)
	}
	var b bytes.Buffer
	for kind, data := range map[string][]byte{"CERTIFICATE": der, "PRIVATE KEY": private} {
		if err := pem.Encode(&b, &pem.Block{Type: kind, Bytes: data}); err != nil {
			tb.Fatal(err)
		}
	}
	if _, err := tls.X509KeyPair(b.Bytes(), b.Bytes()); err != nil {
		tb.Fatal(err)
	}
	return b.Bytes()
}

// A file that cannot be read spoils the endpoint that needs it, and no other; one
// that can be read and is no good spoils all, as on a node.
func TestUnusable(t *testing.T) {
	for name, tc := range map[string]struct {
		toml string
		want []int // the unusable ones
		err  bool
	}{
		"a CA":                 {toml: "server = \"https://r.test\"\n[host.\"https://a.test\"]\nca = \"/nowhere/ca.crt\"\n[host.\"https://b.test\"]\nca = \"ca.crt\"\n", want: []int{0}},
		"a key":                {toml: "server = \"https://r.test\"\n[host.\"https://a.test\"]\n[host.\"https://b.test\"]\nclient = [[\"pair.pem\", \"gone.key\"]]\n", want: []int{1}},
		"a certificate":        {toml: "server = \"https://r.test\"\nclient = \"gone.pem\"\n", want: []int{0}},
		"the registry's own":   {toml: "ca = \"gone.crt\"\n[host.\"https://a.test\"]\n", want: []int{1}},
		"all":                  {toml: "ca = \"gone.crt\"\n[host.\"https://a.test\"]\nca = \"gone.crt\"\n", want: []int{0, 1}},
		"a folder":             {toml: "ca = \".\"\n", want: []int{0}},
		"none":                 {toml: "ca = \"ca.crt\"\n"},
		"no certificate":       {toml: "ca = \"hosts.toml\"\n[host.\"https://a.test\"]\n", err: true},
		"no pair":              {toml: "client = \"hosts.toml\"\n", err: true},
		"missing, and no pair": {toml: "client = \"hosts.toml\"\n[host.\"https://a.test\"]\nca = \"gone.crt\"\n", err: true},
	} {
		t.Run(name, func(t *testing.T) {
			root := t.TempDir()
			registrytest.Map(t, root, "registry.test", tc.toml)
			dir := filepath.Join(root, "registry.test")
			for _, name := range []string{"ca.crt", "pair.pem"} {
				if err := os.WriteFile(filepath.Join(dir, name), certificate(t), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			ch, err := newChains(Options{ConfigDir: root}).get("registry.test")
			if tc.err != (err != nil) {
				t.Fatalf("error %v", err)
			}
			if err != nil {
				return
			}
			var got []int
			for i, e := range ch.endpoints {
				if u := ch.unusable[i]; u != nil {
					got = append(got, i)
					if want := e.Scheme + "://" + e.Host; u.Endpoint != want || !errors.Is(u, u.Err) {
						t.Errorf("%v, want one about %s", u, want)
					}
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("unusable (-want +got):\n%s", diff)
			}
		})
	}
}

// What could not be read is asked for again, and makes another chain of the same
// folder.
func TestUnusableIsMended(t *testing.T) {
	root, elsewhere := t.TempDir(), filepath.Join(t.TempDir(), "ca.crt")
	registrytest.Map(t, root, "registry.test", "ca = \""+elsewhere+"\"\n")
	c := newChains(Options{ConfigDir: root})
	get := func() *chain {
		t.Helper()
		c.fresh.Delete("registry.test") // as if time had passed
		ch, err := c.get("registry.test")
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	before := get()
	if len(before.unusable) != 1 || get() != before {
		t.Fatalf("unusable %v, or read anew", before.unusable)
	}
	if err := os.WriteFile(elsewhere, certificate(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if after := get(); len(after.unusable) != 0 || after.id == before.id {
		t.Errorf("unusable %v, id %q, was %q", after.unusable, after.id, before.id)
	}
}
