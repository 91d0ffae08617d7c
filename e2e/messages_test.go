package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// message is a cause, and what kubectl prints for it to whoever creates the Pod.
type message struct {
	image   string
	secrets []string
	pod     func(*corev1.Pod)
	denied  string // after the webhook's name
	warned  string // after "Warning: "
}

// messages are one for each cause that the design names. The Secrets are those
// of messageSecrets.
func messages(digest string) map[string]message {
	of := func(host, repository string) string { return host + "/messages/" + repository }
	const field = "(spec.containers[0].image)"
	denied := func(image, says string) string {
		return fmt.Sprintf("image %q %s cannot be pulled: %s", image, field, says)
	}
	warned := func(image, says string) string {
		return fmt.Sprintf("image %q %s not verified: %s", image, field, says)
	}
	app, private := of(openHost, "app"), of(privateHost, "app:v1")
	nobody := `neither the Pod nor its ServiceAccount "default" names imagePullSecrets`
	needs := "it needs credentials, or does not exist: "
	name, renew := "; name a pull Secret for private.example.com", "renew the login, or let it pull from the repository"
	return map[string]message{
		"tag":            {image: app + ":v1.2.4", denied: denied(app+":v1.2.4", `tag "v1.2.4" does not exist; did you mean "v1.2.3"?`)},
		"tag, none near": {image: app + ":nightly", denied: denied(app+":nightly", `tag "nightly" does not exist; push it, or correct the tag`)},
		"tag that was meant": {image: app + ":1.2.3", denied: denied(app+":1.2.3",
			`tag "1.2.3" does not exist; did you mean "v1.2.3"?`)},
		"no tag":     {image: app, denied: denied(app, `tag "latest" does not exist, and the image names no other; name one that exists`)},
		"digest":     {image: app + "@" + absentDigest, denied: denied(app+"@"+absentDigest, "its digest does not exist in the repository; push it, or correct the digest")},
		"repository": {image: of(openHost, "ap:v1"), denied: denied(of(openHost, "ap:v1"), `repository "messages/ap" does not exist on registry.example.com; correct the name, or push to it`)},
		"reference":  {image: "docker://" + app, denied: denied("docker://"+app, `not a valid image reference: a reference has no scheme: leave out what stands before and with "://"`)},
		"variable":   {image: app + ":${TAG}", denied: denied(app+":${TAG}", "not a valid image reference: a template variable in it was not replaced")},
		"upper case": {image: of(openHost, "App:v1"), denied: denied(of(openHost, "App:v1"), "not a valid image reference: the repository name must be lower-case")},

		"no Secret":      {image: private, denied: denied(private, needs+nobody+name)},
		"missing Secret": {image: private, secrets: []string{"nowhere"}, denied: denied(private, needs+`Secret "nowhere" not found in namespace "{namespace}"`+name)},
		"other registry": {image: private, secrets: []string{"other"}, denied: denied(private, needs+`Secret "other" covers only other.example.com`+name)},
		"wrong type":     {image: private, secrets: []string{"opaque"}, denied: denied(private, needs+`Secret "opaque" is of type Opaque, not kubernetes.io/dockerconfigjson, so a node ignores it`+name)},
		"refused":        {image: private, secrets: []string{"stale"}, denied: denied(private, `private.example.com refuses the credentials of Secret "stale"; `+renew)},
		"malformed":      {image: app + ":v1.2.3", secrets: []string{"broken"}, denied: denied(app+":v1.2.3", `a node makes no attempt with a malformed pull Secret: Secret "broken", key ".dockerconfigjson": in the entry of "other.example.com": an "auth" value is not base64 (at its byte 4); make it anew`)},
		"several Secrets": {image: private, secrets: []string{"other", "nowhere", "stale"}, denied: denied(private,
			`private.example.com refuses the credentials of Secret "stale"; Secret "nowhere" not found in namespace "{namespace}"; Secret "other" covers only other.example.com; `+renew)},
		"supplied by the ServiceAccount": {image: private, pod: func(p *corev1.Pod) { p.Spec.ServiceAccountName = "puller" }, denied: denied(private,
			`private.example.com refuses the credentials of Secret "stale"; supplied by ServiceAccount "puller"; `+renew)},
		"not supplied by the ServiceAccount": {image: private, secrets: []string{"other"}, pod: func(p *corev1.Pod) { p.Spec.ServiceAccountName = "puller" }, denied: denied(private,
			needs+`Secret "other" covers only other.example.com; ServiceAccount "puller" has "stale", for Pods that name none`+name)},

		"platform": {image: app + "@" + digest, pod: func(p *corev1.Pod) { p.Spec.NodeSelector = map[string]string{messagesNode: ""} }, denied: denied(app+"@"+digest,
			"no manifest for the platform of the nodes, linux/amd64: it is for linux/arm64, windows/amd64; push one for it too, or choose other nodes")},
		"what is no image": {image: of(oddHost, "json:v1"), denied: denied(of(oddHost, "json:v1"), `its media type "application/json" is none that a node can use: push an image in its place`)},

		"rate limit": {image: of(oddHost, "limited:v1"), warned: warned(of(oddHost, "limited:v1"), "registry odd.example.com limits the rate of requests")},
		"rate limit with an end": {image: of(limitedHost, "app:v1"), warned: warned(of(limitedHost, "app:v1"),
			"registry limited.example.com limits the rate of requests until {time}")},
		"error":    {image: of(oddHost, "failing:v1"), warned: warned(of(oddHost, "failing:v1"), "registry odd.example.com is not available: it answers 502 Bad Gateway")},
		"web page": {image: of(oddHost, "html:v1"), warned: warned(of(oddHost, "html:v1"), `registry odd.example.com is not available: it serves a page of type "text/html"`)},
		"down":     {image: of(downHost, "app:v1"), warned: warned(of(downHost, "app:v1"), "registry down.example.com cannot be reached")},
		"DNS":      {image: of("no-such.invalid", "app:v1"), warned: warned(of("no-such.invalid", "app:v1"), "registry no-such.invalid cannot be reached")},
		"TLS":      {image: of(untrustedHost, "app:v1"), warned: warned(of(untrustedHost, "app:v1"), "the TLS certificate of untrusted.example.com is not trusted here")},
		"loopback": {image: of("localhost:5000", "app:v1"), warned: warned(of("localhost:5000", "app:v1"), "registry localhost:5000 is the node's own loopback")},
		"metadata": {image: of("169.254.169.254", "app:v1"), warned: warned(of("169.254.169.254", "app:v1"), "registry 169.254.169.254 is at an address that pullgate may not ask")},
	}
}

// messagesNode labels the one Node that there is.
const messagesNode = "messages.example.com/node"

// testMessages: each cause has words of its own, in one line, as kubectl prints
// them.
func testMessages(t *testing.T, s *suite) {
	push(t, s.open, "messages/app", "v1.2.3")
	push(t, s.private, "messages/app", "v1")
	digest, err := s.open.PushIndex(t.Context(), "messages/app", "foreign", "linux/arm64", "windows/amd64")
	if err != nil {
		t.Fatal(err)
	}
	s.node(t, messagesNode)
	ns := s.namespace(t, nil)
	s.messageSecrets(t, ns)
	for name, m := range messages(digest) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := withSecrets(pod(m.image), m.secrets...)
			if m.pod != nil {
				m.pod(p)
			}
			p.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
			p.GenerateName, p.Name = "", "web"
			manifest, err := json.Marshal(p)
			if err != nil {
				t.Fatal(err)
			}
			stdout, stderr, err := s.cluster.Kubectl(t.Context(), string(manifest), "create", "-n", ns, "-f", "-", "--dry-run=server")
			want := fmt.Sprintf("Error from server (Forbidden): error when creating \"STDIN\": admission webhook \"pods.pullgate.dev\" denied the request: %s\n", m.denied)
			if m.denied == "" {
				want = fmt.Sprintf("Warning: %s\n", m.warned)
			}
			want = strings.ReplaceAll(want, "{namespace}", ns)
			if got := untilTime.ReplaceAllString(stderr, "until {time}"); got != want {
				t.Errorf("kubectl prints\n%q\nwant\n%q", stderr, want)
			}
			if created := stdout != ""; created != (m.denied == "") {
				t.Errorf("created %t, %v", created, err)
			}
		})
	}
}

// untilTime is what differs from run to run.
var untilTime = regexp.MustCompile(`until ([01]\d|2[0-3]):[0-5]\d:[0-5]\d UTC\b`)

// messageSecrets makes a pull Secret for each thing that can be wrong with one.
func (s *suite) messageSecrets(t *testing.T, ns string) {
	t.Helper()
	s.pullSecret(t, ns, "other", "other.example.com", user, password)
	s.pullSecret(t, ns, "stale", privateHost, user, "of-last-year")
	s.rawSecret(t, ns, "broken", `{"auths":{"other.example.com":{"auth":"abcd%%%"}}}`)
	api := s.cluster.Client().CoreV1()
	_, err := api.Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "opaque"},
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: []byte(`{}`)},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = api.ServiceAccounts(ns).Create(t.Context(), &corev1.ServiceAccount{
		ObjectMeta:       metav1.ObjectMeta{Name: "puller"},
		ImagePullSecrets: []corev1.LocalObjectReference{{Name: "stale"}},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}

// node makes a Node of linux/amd64 with a label. No kubelet is behind it.
func (s *suite) node(t *testing.T, label string) {
	t.Helper()
	api := s.cluster.Client().CoreV1().Nodes()
	n, err := api.Create(t.Context(), &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: "messages", Labels: map[string]string{label: ""}}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	s.patchNodeStatus(t, n.Name, corev1.NodeStatus{NodeInfo: corev1.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64"}})
	ns := s.namespace(t, nil)
	eventually(t, "pullgate knows the node", func(context.Context) error {
		p := pod(openHost + "/messages/app:foreign")
		p.Spec.NodeSelector = map[string]string{label: ""}
		if o := s.create(t, ns, p); o.denial == nil {
			return fmt.Errorf("let through: %v", o.warnings)
		}
		return nil
	})
}

// patchNodeStatus changes a Node, as the controllers do at the same time.
func (s *suite) patchNodeStatus(t *testing.T, name string, status corev1.NodeStatus) {
	t.Helper()
	patch, err := json.Marshal(map[string]any{"status": status})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.cluster.Client().CoreV1().Nodes().Patch(t.Context(), name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status"); err != nil {
		t.Fatal(err)
	}
}

// untrustedRegistry speaks TLS, with a certificate that nobody knows.
func untrustedRegistry(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewTLSServer(http.NotFoundHandler())
	t.Cleanup(server.Close)
	return server.URL
}

// limitedRegistry says when to come back. It has a host of its own, since pullgate
// then leaves all of the registry alone.
func limitedRegistry(t *testing.T) (url string) {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "600")
		w.WriteHeader(http.StatusTooManyRequests)
	}))
	t.Cleanup(server.Close)
	return server.URL
}
