package documents

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pullgate/pullgate/e2e/build"
)

func TestIn(t *testing.T) {
	const page = "# Page\n" + // 1
		"Run `kubectl get pods\n-A`, or `code`, or `pullgate check`.\n" + // 2, 3
		"```sh\n" + // 4
		"helm install \\\n  --set a=b   # a comment\n" + // 5, 6
		"\n" + // 7
		"echo '#1'\n" + // 8
		"```\n" + // 9
		"```console\n$ kubectl run\nError: `kubectl no`\nmore\n```\n" + // 10 to 14
		"```yaml\nkubectl: no\n```\n" + // 15 to 17
		"```\nkubectl no\n```\n" + // 18 to 20
		"Then `docker ps`.\n" // 21
	want := []Command{
		{Text: "helm install --set a=b", At: "page.md:5"},
		{Text: "echo '#1'", At: "page.md:8"},
		{Text: "kubectl run", Printed: "Error: `kubectl no`\nmore\n", At: "page.md:11"},
		{Text: "kubectl get pods -A", At: "page.md:2", Inline: true},
		{Text: "pullgate check", At: "page.md:3", Inline: true},
		{Text: "docker ps", At: "page.md:21", Inline: true},
	}
	if diff := cmp.Diff(want, In("page.md", page)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestRead(t *testing.T) {
	root, err := build.Root(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	files, err := Files(root)
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, file := range files {
		commands, err := Read(root, file)
		if err != nil {
			t.Fatal(err)
		}
		found += len(commands)
	}
	if len(files) < 20 || found < 40 {
		t.Errorf("%d commands in %d files", found, len(files))
	}
	if _, err := Read(root, "docs/none.md"); err == nil {
		t.Error("a file that is not there was read")
	}
}
