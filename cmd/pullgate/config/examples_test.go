package config

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// example is a configuration within another file: to the end of the Markdown
// block, or of the ConfigMap.
var example = regexp.MustCompile(`(?ms)^( *)apiVersion: pullgate\.dev/v1alpha1\n.*?(\x60{3}|^---)`)

// What users copy is accepted.
func TestExamples(t *testing.T) {
	for _, file := range []string{"README.md", "docs/configuration.md", "deploy/install.yaml"} {
		t.Run(file, func(t *testing.T) {
			data, err := os.ReadFile("../../../" + file)
			if err != nil {
				t.Fatal(err)
			}
			found := example.FindAllStringSubmatch(string(data), -1)
			if len(found) == 0 {
				t.Fatal("no example")
			}
			for _, m := range found {
				content := strings.TrimSuffix(m[0], m[2])
				content = strings.ReplaceAll("\n"+content, "\n"+m[1], "\n")
				content = strings.ReplaceAll(content, "/etc/containerd/certs.d", t.TempDir())
				if _, err := Parse(file, []byte(content)); err != nil {
					t.Errorf("%v:\n%s", err, content)
				}
			}
		})
	}
}
