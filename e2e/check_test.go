package e2e

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/pullgate/pullgate/e2e/registry"
)

// What is done when check says of a folder of 200 manifests, with 300 images,
// what the webhook says of the same objects.
func testCheckFolder(t *testing.T, s *suite) {
	s.pushFolderImages(t)
	ns := s.warnOnlyNamespace(t)
	s.pullSecret(t, ns, "in-cluster", privateHost, user, password)
	var objects []folderObject
	for n := range folderFiles {
		objects = append(objects, folderObjectOf(n))
	}
	dir := writeFolder(t, objects)
	// These are in the manifests only, until check has been run.
	own := `apiVersion: v1
kind: Secret
metadata: {name: in-manifests}
type: kubernetes.io/dockerconfigjson
stringData: {.dockerconfigjson: '{"auths":{"` + privateHost + `":{"auth":"` + base64.StdEncoding.EncodeToString([]byte(user+":"+password)) + `"}}}'}
---
apiVersion: v1
kind: ServiceAccount
metadata: {name: in-manifests}
imagePullSecrets: [{name: in-manifests}]
`
	writeIn(t, dir, "credentials.yaml", own)
	writeIn(t, dir, "broken.yaml", own+"---\na: [\n")
	writeIn(t, dir, "team-1/values.yaml", "replicas: 3\n")
	if err := os.Symlink("nowhere", filepath.Join(dir, "lost.yaml")); err != nil {
		t.Fatal(err)
	}
	c := s.check(t, "-n", ns, "-R", "-f", dir, "-o", "json")
	c.wantCode(t, 3)
	r := c.report(t)
	if r.Summary.Images != folderImages || len(r.Items) != folderImages || r.Summary.OtherObjects != 2*folderFiles/5 {
		t.Errorf("summary %+v, want %d images, and %d other objects", r.Summary, folderImages, 2*folderFiles/5)
	}
	for _, want := range []string{"broken.yaml:12: broken YAML: ", "team-1/values.yaml:1: is no Kubernetes object: ", "lost.yaml: no such file"} {
		if !strings.Contains(c.stderr, "error: "+dir+"/"+want) {
			t.Errorf("no %q in\n%s", want, c.stderr)
		}
	}
	if len(r.Errors) != 3 {
		t.Errorf("errors %+v, want 3", r.Errors)
	}

	if _, stderr, err := s.cluster.Kubectl(t.Context(), own, "apply", "-n", ns, "-f", "-"); err != nil {
		t.Fatalf("%v: %s", err, stderr)
	}
	counts := map[string]int{}
	for _, o := range objects {
		items := itemsOf(r, ns, o.kind, o.name)
		sameAsWebhook(t, o.kind+"/"+o.name, items, s.webhookWarnings(t, ns, o))
		for _, i := range items {
			counts[i.Reason]++
			if i.Fields[0].Line == 0 {
				t.Errorf("%s has no line: %+v", o.name, i)
			}
		}
	}
	t.Logf("verdicts: %v", counts)
	for _, reason := range []string{
		"Pullable", "ImageNotFound", "RepositoryNotFound", "Unauthorized", "InvalidImageName", "Unreachable",
	} {
		if counts[reason] == 0 {
			t.Errorf("no image is %s, and the comparison says nothing of it", reason)
		}
	}
}

// webhookWarnings creates an object without keeping it.
func (s *suite) webhookWarnings(t *testing.T, namespace string, o folderObject) []string {
	t.Helper()
	r := &recorder{}
	config := s.cluster.RESTConfig()
	config.WarningHandler = r
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	_, err = client.Resource(o.resource).Namespace(namespace).Create(t.Context(), &unstructured.Unstructured{Object: o.object},
		metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		t.Fatalf("%s: %v", o.name, err)
	}
	return r.warnings
}

// busyRegistry has the even tags of any repository, and counts what is under way. It
// answers nobody before there are as many as it is to have at once.
type busyRegistry struct {
	limit int
	full  chan struct{}

	mu        sync.Mutex
	now, most int
}

func (b *busyRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	b.mu.Lock()
	b.now++
	if b.most = max(b.most, b.now); b.now == b.limit {
		select {
		case <-b.full:
		default:
			close(b.full)
		}
	}
	b.mu.Unlock()
	select {
	case <-b.full:
	case <-time.After(2 * time.Minute): // the test fails by what was counted
	}
	time.Sleep(5 * time.Millisecond) // for one too many to come
	b.mu.Lock()
	b.now--
	b.mu.Unlock()
	w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
	body, mediaType := emptyImage, "application/vnd.oci.image.manifest.v1+json"
	switch {
	case strings.Contains(req.URL.Path, "/blobs/"):
		body, mediaType = "{}", "application/octet-stream"
	case !strings.HasSuffix(req.URL.Path, "-even") && !strings.Contains(req.URL.Path, "sha256:"):
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", mediaType)
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	w.Header().Set("Docker-Content-Digest", fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body))))
	if req.Method == http.MethodGet {
		_, _ = io.WriteString(w, body)
	}
}

// emptyImage has no layers, and an empty config.
const emptyImage = `{"schemaVersion":2,"config":{"mediaType":"application/vnd.oci.image.config.v1+json",` +
	`"digest":"sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a","size":2},"layers":[]}`

// A thousand images at once, and never more at the registry than its limit.
func testCheckThousand(t *testing.T, s *suite) {
	const limit = 10
	busy := &busyRegistry{limit: limit, full: make(chan struct{})}
	server := httptest.NewServer(busy)
	defer server.Close()
	certsD := t.TempDir()
	if err := registry.MapHost(certsD, "busy.example.com", server.URL, ""); err != nil {
		t.Fatal(err)
	}
	var args []string
	for n := range 1000 {
		suffix := "-even"
		if n%2 == 1 {
			suffix = "-odd"
		}
		args = append(args, fmt.Sprintf("busy.example.com/acme/app:%d%s", n, suffix))
	}
	c := s.runCheck(t, checkRun{certsD: certsD, config: fmt.Sprintf("limits: {lookupsPerRegistry: %d, lookupTimeout: 10m}\n", limit)}, append(args, "-o", "json")...)
	c.wantCode(t, 1)
	r := c.report(t)
	if r.Summary.Pullable != 500 || r.Summary.Definite != 500 {
		t.Errorf("summary %+v", r.Summary)
	}
	for _, i := range r.Items {
		if even := strings.HasSuffix(i.Image, "-even"); even != (i.Reason == "Pullable") || !even && i.Reason != "ImageNotFound" {
			t.Errorf("%s: %s", i.Image, i.Reason)
		}
	}
	if busy.most != limit {
		t.Errorf("%d requests at once, want %d", busy.most, limit)
	}
}
