package e2e

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// updateGolden is the environment variable with which the golden files are
// written anew, to be read before they are committed.
const updateGolden = "UPDATE_GOLDEN"

// testGolden holds every kind, field, operation and level against golden files:
// the object, and what becomes of it. Nothing of it is stored but the objects
// that updates start from.
func testGolden(t *testing.T, s *suite) {
	push(t, s.open, "golden/app", "v1.2.3")
	namespaces := s.goldenNamespaces(t)
	for _, k := range goldenKinds() {
		t.Run(k.kind, func(t *testing.T) {
			t.Parallel()
			object := k.object(t)
			content, err := yaml.Marshal(object.Object)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, k.kind+".yaml", string(content))
			golden(t, k.kind+".txt", s.goldenTable(t, k, object, namespaces))
		})
	}
}

// golden compares a text with a golden file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", "golden", name)
	if os.Getenv(updateGolden) != "" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatalf("%v: run the test with %s=1", err, updateGolden)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got), if it is right run the test with %s=1:\n%s", file, updateGolden, diff)
	}
}

// goldenNamespace is a namespace with a level for each mode.
type goldenNamespace struct{ name, enforce, warn, audit string }

// goldenNamespaces make every pair of levels of two modes stand together: no
// mode knows of more than one other.
func (s *suite) goldenNamespaces(t *testing.T) (list []goldenNamespace) {
	t.Helper()
	levels := []string{"off", "definite", "strict"}
	for e, enforce := range levels {
		for w, warn := range levels {
			ns := goldenNamespace{enforce: enforce, warn: warn, audit: levels[(e+w)%3]}
			ns.name = s.namespace(t, map[string]string{
				"pullgate.dev/enforce": ns.enforce, "pullgate.dev/warn": ns.warn, "pullgate.dev/audit": ns.audit,
			})
			list = append(list, ns)
		}
	}
	return list
}

// goldenVerdicts are an image for each class that levels tell apart.
func goldenVerdicts() []string {
	return []string{openHost + "/golden/app:v1.2.4", downHost + "/golden/app:v1.2.3"}
}

// goldenTable tries one kind, and tells what became of it.
func (s *suite) goldenTable(t *testing.T, k goldenKind, object *unstructured.Unstructured, namespaces []goldenNamespace) string {
	t.Helper()
	stored := make([]*unstructured.Unstructured, len(namespaces))
	var group errgroup.Group
	for n, ns := range namespaces {
		group.Go(func() (err error) {
			stored[n], err = s.dynamic.Resource(k.resource).Namespace(ns.name).Create(t.Context(), object, metav1.CreateOptions{})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatalf("what updates start from: %v", err)
	}
	var b strings.Builder
	for _, f := range goldenFields(k.kind) {
		for _, operation := range []string{"CREATE", "UPDATE"} {
			if f.debugger && operation == "CREATE" {
				continue // the API has no such request
			}
			for _, image := range goldenVerdicts() {
				fmt.Fprintf(&b, "## %s %s %s\n", operation, k.name(f), image)
				s.goldenRows(t, &b, k, f, operation, image, object, namespaces, stored)
			}
		}
	}
	return b.String()
}

// goldenRows is one row a namespace, and the words below, each once.
func (s *suite) goldenRows(t *testing.T, b *strings.Builder, k goldenKind, f goldenField, operation, image string,
	object *unstructured.Unstructured, namespaces []goldenNamespace, stored []*unstructured.Unstructured) {
	t.Helper()
	answers := make([]goldenAnswer, len(namespaces))
	var group errgroup.Group
	for n, ns := range namespaces {
		group.Go(func() (err error) {
			answers[n], err = s.audited(t.Context(), func(ctx context.Context) error {
				client := s.dynamic.Resource(k.resource).Namespace(ns.name)
				if operation == "CREATE" {
					created := k.set(t, object, f, image)
					created.SetName("new")
					_, err := client.Create(ctx, created, metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
					return err
				}
				var subresources []string
				if f.debugger {
					subresources = []string{"ephemeralcontainers"}
				}
				updated := k.set(t, stored[n], f, image)
				updated.SetResourceVersion("") // the controllers are at work
				_, err := client.Update(ctx, updated, metav1.UpdateOptions{DryRun: []string{metav1.DryRunAll}}, subresources...)
				return err
			})
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	var said []string
	for n, ns := range namespaces {
		row, words := answers[n].tell()
		fmt.Fprintf(b, "enforce=%-8s warn=%-8s audit=%-8s  %s\n", ns.enforce, ns.warn, ns.audit, row)
		for _, w := range words {
			if !slices.Contains(said, w) {
				said = append(said, w)
			}
		}
	}
	slices.Sort(said)
	fmt.Fprintf(b, "%s\n\n", strings.Join(said, "\n"))
}

// tell says in a few words what became of a request, and which words it brought.
func (a goldenAnswer) tell() (row string, words []string) {
	row = "allowed"
	switch _, denied := pullgate.Denial(a.denial); {
	case denied:
		row, words = "denied", []string{"denial: " + a.denial}
	case a.denial != "":
		// Not pullgate's: the API server says what the kind does not allow.
		row, words = "invalid", []string{"API server: " + firstSentence(a.denial)}
	}
	for _, w := range a.warnings {
		row += ", warned"
		words = append(words, "warning: "+w)
	}
	for _, key := range []string{"violations", "error", "exempt"} {
		if v := a.annotations[key]; v != "" {
			row += ", audited"
			words = append(words, "audit:   "+key+"="+v)
		}
	}
	return row, words
}

// firstSentence leaves out the object that the API server prints behind it.
func firstSentence(message string) string {
	for _, end := range []string{": field is immutable", " is immutable", "pod updates may not change fields"} {
		if at := strings.Index(message, end); at >= 0 {
			what := message[:at]
			if open := strings.Index(what, "Invalid value"); open >= 0 {
				what = what[:open]
			}
			return strings.TrimSpace(what) + " …" + end
		}
	}
	return message
}
