package resolver_test

import (
	"os/exec"
	"strings"
	"testing"
)

// The resolver serves the webhook, the command line and whoever imports it, so
// it must not draw in either of the former.
func TestImports(t *testing.T) {
	out, err := exec.CommandContext(t.Context(), "go", "list", "-deps", "./...").Output()
	if err != nil {
		t.Fatal(err)
	}
	for dep := range strings.FieldsSeq(string(out)) {
		for _, banned := range []string{
			"sigs.k8s.io/controller-runtime",
			"k8s.io/client-go",
			"github.com/pullgate/pullgate/webhook",
			"github.com/pullgate/pullgate/cmd",
			"github.com/google/go-containerregistry/pkg/authn/k8schain",
			"github.com/google/go-containerregistry/pkg/authn/kubernetes",
		} {
			if strings.HasPrefix(dep, banned) {
				t.Errorf("the resolver imports %s", dep)
			}
		}
	}
}
