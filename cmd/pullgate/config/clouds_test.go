package config

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/resolver/proof"
	"github.com/pullgate/pullgate/resolver/provider"
)

const cloudsPage = "../../../docs/cloud-registries.md"

// TestCloudsPage keeps the table of cloud registries as the code has it.
func TestCloudsPage(t *testing.T) {
	page, err := os.ReadFile(cloudsPage)
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## The registries that count as such by default\n")
	section, _, _ = strings.Cut(section, "\n## ")
	var patterns []string
	for line := range strings.Lines(section) {
		if cells := strings.Split(line, "|"); len(cells) == 4 {
			for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
				patterns = append(patterns, m[1])
			}
		}
	}
	if diff := cmp.Diff(proof.CloudRegistries(), patterns); diff != "" {
		t.Errorf("the table of %s is not what the code has (-code +table):\n%s", cloudsPage, diff)
	}
}

// TestCloudsValues keeps the values that the page shows as those that the chart is
// tried with, and their configuration as one with which a kubelet starts.
func TestCloudsValues(t *testing.T) {
	page, err := os.ReadFile(cloudsPage)
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```yaml\n(# ([a-z-]+)\\.yaml\n.*?)```").FindAllStringSubmatch(string(page), -1)
	if len(shown) < 4 {
		t.Fatalf("only %d files with values found", len(shown))
	}
	for _, m := range shown {
		file := filepath.Join("../../../deploy/chart/pullgate/ci", m[2]+"-values.yaml")
		tried, err := os.ReadFile(file)
		if err != nil {
			t.Error(err)
			continue
		}
		if diff := cmp.Diff(string(tried), m[1]); diff != "" {
			t.Errorf("%s is not what the page shows (-file +page):\n%s", file, diff)
		}
		if err := loads(t, tried); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
}

// loads reads the CredentialProviderConfig among a chart's values.
func loads(t *testing.T, values []byte) error {
	t.Helper()
	var v struct {
		CredentialProviders struct {
			Config map[string]any `json:"config"` // with whatever is in it
		} `json:"credentialProviders"`
	}
	if err := yaml.Unmarshal(values, &v); err != nil {
		return err
	}
	content, err := yaml.Marshal(v.CredentialProviders.Config)
	if err != nil {
		return err
	}
	dir := t.TempDir()
	for _, plugin := range []string{"ecr-credential-provider", "auth-provider-gcp", "acr-credential-provider"} {
		if err := os.WriteFile(filepath.Join(dir, plugin), nil, 0o700); err != nil {
			return err
		}
	}
	file := filepath.Join(dir, "config.yaml")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		return err
	}
	c, err := provider.Load(file, dir)
	if err != nil {
		return err
	}
	if warnings := c.Warnings(); len(warnings) > 0 {
		return fmt.Errorf("warnings: %q", warnings)
	}
	return nil
}
