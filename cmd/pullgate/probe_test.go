package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/pullgate/pullgate/resolver/registry/registrytest"
)

// What counts is that it was the webhook that answered.
func TestProbe(t *testing.T) {
	const denial = `admission webhook "pods.pullgate.dev" denied the request: image "pullgate probe" cannot be pulled`
	for name, tc := range map[string]struct {
		status  int
		message string // of a refusal
		warning string
		answer  string
		err     string
	}{
		"denied":             {status: 403, message: denial, answer: "denied, as it should be: " + denial},
		"warned":             {status: 201, warning: `image "pullgate probe" cannot be pulled`, answer: `warned about, as it should be: image "pullgate probe" cannot be pulled`},
		"let through":        {status: 201, err: `namespace team-a: a Pod with the image "pullgate probe" is let through without a warning`},
		"another's warning":  {status: 201, warning: "spec.x is deprecated", err: "is let through without a warning"},
		"denied by another":  {status: 403, message: `violates PodSecurity "restricted"`, err: `namespace team-a: violates PodSecurity`},
		"webhook not called": {status: 500, message: `failed calling webhook "pods.pullgate.dev": connection refused`, err: "connection refused"},
	} {
		t.Run(name, inBubble(func(t *testing.T) {
			asked := 0
			var network registrytest.Network
			network.Serve(t, "api.test", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				if strings.HasPrefix(r.URL.Path, "/api") && r.Method == http.MethodGet {
					discover(w, r)
					return
				}
				if r.URL.Path != "/api/v1/namespaces/team-a/pods" || r.URL.Query().Get("dryRun") != "All" {
					t.Errorf("%s %s", r.Method, r.URL)
				}
				asked++
				if tc.warning != "" {
					w.Header().Set("Warning", fmt.Sprintf("299 - %q", tc.warning))
				}
				w.WriteHeader(tc.status)
				if tc.status == http.StatusCreated {
					_ = json.NewEncoder(w).Encode(probePod("team-a"))
					return
				}
				reason := metav1.StatusReasonForbidden
				if tc.status == http.StatusInternalServerError {
					reason = metav1.StatusReasonInternalError
				}
				_ = json.NewEncoder(w).Encode(metav1.Status{
					TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"},
					Status:   metav1.StatusFailure, Code: int32(tc.status), Reason: reason, Message: tc.message,
				})
			}))
			ctx, cancel := context.WithTimeout(t.Context(), probeRetry+1)
			defer cancel()
			answer, err := probe(ctx, &rest.Config{Host: "http://api.test", Dial: network.Dial}, "team-a")
			if again := asked > 1; asked == 0 || again != (tc.err != "") {
				t.Errorf("%d tries", asked)
			}
			if answer != tc.answer {
				t.Errorf("answer %q, want %q", answer, tc.answer)
			}
			if (err != nil) != (tc.err != "") || err != nil && !strings.Contains(err.Error(), tc.err) {
				t.Errorf("error %v, want %q in it", err, tc.err)
			}
		}))
	}
}

// inBubble makes a test that goes by a clock of its own.
func inBubble(f func(*testing.T)) func(*testing.T) {
	return func(t *testing.T) { synctest.Test(t, f) }
}

// discover answers what a client asks before it knows the path of Pods.
func discover(w http.ResponseWriter, r *http.Request) {
	var answer any
	switch r.URL.Path {
	case "/api/v1":
		answer = metav1.APIResourceList{
			TypeMeta: metav1.TypeMeta{Kind: "APIResourceList"}, GroupVersion: "v1",
			APIResources: []metav1.APIResource{{Name: "pods", Namespaced: true, Kind: "Pod", Verbs: metav1.Verbs{"create"}}},
		}
	case "/api":
		answer = metav1.APIVersions{TypeMeta: metav1.TypeMeta{Kind: "APIVersions"}, Versions: []string{"v1"}}
	default:
		answer = metav1.APIGroupList{TypeMeta: metav1.TypeMeta{Kind: "APIGroupList", APIVersion: "v1"}}
	}
	_ = json.NewEncoder(w).Encode(answer)
}
