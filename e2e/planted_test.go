package e2e

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/collector"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// plantedSecrets are pull Secrets with something to hide, by name. The API server
// refuses those that are not JSON; FuzzSecret has them.
func plantedSecrets() map[string]string {
	auths := func(key, entry string) string { return fmt.Sprintf(`{"auths":{%q:%s}}`, key, entry) }
	credential := func(password string) string {
		return fmt.Sprintf(`{"auth":%q}`, base64.StdEncoding.EncodeToString([]byte("ci:"+password)))
	}
	return map[string]string{
		"good":       `{"auths":{"` + plantedHost + `":` + credential(goodPassword) + `,"` + keyedHost + `":` + credential(goodPassword) + `}}`,
		"refused":    auths(plantedHost, credential(refusedPassword)),
		"key":        auths("https://ci:"+keyPassword+"@elsewhere.example.com/v1/", credential(goodPassword)),
		"not-base64": auths(plantedHost, `{"auth":"`+brokenPassword+`!"}`),
		"no-colon":   auths(plantedHost, `{"auth":"`+base64.StdEncoding.EncodeToString([]byte(brokenPassword))+`"}`),
		"a-list":     auths(plantedHost, `["`+brokenPassword+`"]`),
		"a-string":   auths(plantedHost, `"`+brokenPassword+`"`),
		"as-user":    auths(plantedHost, `{"username":{"`+brokenPassword+`":1}}`),
	}
}

// plantedWays are the ways in which plantedRegistry answers.
func plantedWays() []string {
	return []string{"good", "refused", "denied", "body", "missing", "failing", "phrase", "header", "status", "type", "unasked", "signed", "away",
		"token-good", "token-lost", "token-fails", "token-refuses", "token-phrase", "token-html", "token-signed", "token-moved"}
}

// testPlanted drives every path that a secret takes, with a replica that logs all
// that it can, and searches for it in everything that came out.
func testPlanted(t *testing.T, s *suite) {
	ns := s.namespace(t, map[string]string{"pullgate.dev/enforce": "strict"})
	for name, content := range plantedSecrets() {
		s.rawSecret(t, ns, name, content)
	}
	_, err := s.cluster.Client().CoreV1().Secrets(ns).Create(t.Context(), &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: "another-type"}, StringData: map[string]string{corev1.DockerConfigJsonKey: ignoredPassword},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	traces, err := collector.Start(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	// Of its own, so that nothing that is tried here makes the suite's leave
	// registries alone.
	replica, err := pullgate.Start(t.Context(), s.cluster, pullgate.Options{
		Binary: s.binaries[build.Pullgate], CertsD: s.certsD, LogLevel: "debug", Config: "limits: {backOff: 0s, lookupTimeout: 2m}\n", Env: traces.Env(),
	})
	if err != nil {
		t.Fatal(err)
	}
	defer replica.Stop()
	client, err := s.webhookClient(t, replica)
	if err != nil {
		t.Fatal(err)
	}

	came := map[string]string{} // out
	n := 0
	names := append(slices.Sorted(maps.Keys(plantedSecrets())), "another-type", "absent")
	for _, secret := range names {
		ways := plantedWays()
		if !slices.Contains([]string{"good", "refused", "key", "another-type", "absent"}, secret) {
			ways = ways[:1] // a malformed one is as far as it goes
		}
		for _, host := range []string{plantedHost, keyedHost} {
			for _, way := range ways {
				p := withSecrets(pod(fmt.Sprintf("%s/%s/app:v1", host, way)), secret)
				n++
				a, err := client.send(t, "", "", plantedReview(t, ns, p))
				if err != nil {
					t.Fatal(err)
				}
				came["the answers of the replica"] += string(a.body) + "\n"
				if host == plantedHost && slices.Contains([]string{"good", "denied", "missing", "token-good", "token-lost"}, way) {
					o := s.create(t, ns, p)
					came["the answers of the API server"] += fmt.Sprintf("%+v %q\n", o.denial, o.warnings)
				}
			}
		}
	}
	t.Logf("%d reviews", n)
	came["pullgate check"] = s.checkPlanted(t, ns, names)
	s.wantNothingPlanted(t, came, replica, traces)
	wantPlanted(t, s)
	if err := replica.Healthy(t.Context()); err != nil {
		t.Error(err)
	}
}

// wantNothingPlanted searches in what came out, and in all that a replica and the
// suite's pullgate write.
func (s *suite) wantNothingPlanted(t *testing.T, came map[string]string, replica *pullgate.Server, traces *collector.Collector) {
	t.Helper()
	for what, read := range map[string]func() (string, error){
		"the traces":                  func() (string, error) { return traces.Received(), nil },
		"the log of the replica":      func() (string, error) { return readFile(replica.LogFile()) },
		"the log of pullgate":         func() (string, error) { return readFile(s.server.LogFile()) },
		"the audit log":               func() (string, error) { return readFile(s.cluster.AuditLog()) },
		"the metrics of the replica":  func() (string, error) { return readURL(replica.MetricsURL()) },
		"the metrics of pullgate":     func() (string, error) { return readURL(s.server.MetricsURL()) },
		"events, Pods and namespaces": func() (string, error) { return s.kubectl(t, "get", "events,pods,namespaces", "-A", "-o", "json") },
	} {
		text, err := read()
		if err != nil {
			t.Fatal(err)
		}
		came[what] = text
	}
	for what, text := range came {
		if len(text) < 100 {
			t.Errorf("%s is all there is in %s", text, what)
		}
		for _, found := range allPlants().found(text) {
			t.Errorf("%s: %s", what, found)
		}
	}
}

// wantPlanted proves that the search had something to find: that the registry was
// sent what it sent back, and that the search finds it there.
func wantPlanted(t *testing.T, s *suite) {
	t.Helper()
	received := s.planted.received()
	for _, name := range []string{"good password", "refused password", "header of hosts.toml", "token", "signed query"} {
		if len((plants{name: allPlants()[name]}).found(received)) == 0 {
			t.Errorf("the registry was never sent the %s", name)
		}
	}
	var held strings.Builder
	for _, content := range plantedSecrets() {
		held.WriteString(content)
	}
	for _, name := range []string{"good password", "refused password", "password in a broken Secret", "password in a key"} {
		if len((plants{name: allPlants()[name]}).found(held.String())) == 0 {
			t.Errorf("no Secret holds the %s", name)
		}
	}
}

// plantedReview is what the API server would send.
func plantedReview(t *testing.T, namespace string, p *corev1.Pod) string {
	t.Helper()
	object, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf(`{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","request":{"uid":"7","operation":"CREATE",`+
		`"kind":{"version":"v1","kind":"Pod"},"resource":{"version":"v1","resource":"pods"},"namespace":%q,"object":%s}}`, namespace, object)
}

func readFile(name string) (string, error) {
	b, err := os.ReadFile(name)
	return string(b), err
}

func readURL(url string) (string, error) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 2 * time.Minute}
	resp, err := client.Get(url)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	return string(b), err
}
