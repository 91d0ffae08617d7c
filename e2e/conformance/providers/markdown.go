package providers

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// markdown is docs/credential-providers.md. It holds nothing that changes from run to
// run while the outcome does not.
const markdown = `# Conformance with a kubelet's credential providers

<!-- Written by ` + "`make conformance`" + `; do not edit. -->

What nodes bring to a pull by themselves: the credentials of their credential provider plugins, and of a config.json. Each case is
one CredentialProviderConfig that is held against two sides. The kubelet is Kubernetes %[1]s's own code (` + "`credentialprovider/plugin`" + `,
` + "`credentialprovider/secrets`" + `, its image manager and pull records) with a real containerd %[2]s; pullgate is what ` + "`pullgate webhook`" + `
is made of. Each has a process of its own, with the same configuration, the same plugins as real processes (AWS's own where a row
says ECR) and the same registries.

* **kubelet** and **pullgate**: what each does. The tries of a row show it: they compare the credentials in their order, the plugins
  that are run, what these read and find in their environment, and verdicts with pulls.
* **agree**: both do as the row says, and neither is there a *false denial* (definite for pullgate, and pulled by the node) nor a
  *false admit*. *On purpose* is where pullgate does something else, for the reason below the table.

| cases | agree | of them different on purpose | false denials | false admits | comparisons |
|---|---|---|---|---|---|
| %[3]d | %[4]d | %[5]d | %[6]d | %[7]d | %[8]d |

The other cases, about pulls with Secrets and what registries answer, are in [conformance.md](conformance.md).

## The cases

| case | setup | kubelet | pullgate | agree |
|---|---|---|---|---|
%[9]s

## Different on purpose

%[10]s

## Not measured as it stands

%[11]s
`

// WriteMarkdown writes docs/credential-providers.md.
func (r Report) WriteMarkdown(path, kubernetes, containerd string) error {
	var rows, differ, notes []string
	for _, row := range r.Rows {
		rows = append(rows, row.markdown())
		if row.Differs != "" {
			differ = append(differ, fmt.Sprintf("* %s: %s.", row.ID, row.Differs))
		}
		for _, n := range row.Notes {
			notes = append(notes, fmt.Sprintf("* %s: %s.", row.ID, n))
		}
		for _, c := range row.Complaints {
			notes = append(notes, fmt.Sprintf("* **%s: %s**", row.ID, c))
		}
	}
	text := fmt.Sprintf(markdown, kubernetes, containerd, r.Cases, r.Agree, r.OnPurpose, r.FalseDenials, r.FalseAdmits, r.Compared,
		strings.Join(rows, "\n"), strings.Join(differ, "\n"), strings.Join(notes, "\n"))
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

func (r Row) markdown() string {
	agree := r.verdict()
	if agree == "NO" {
		agree = "**NO**"
	}
	cells := []string{r.ID, r.Setup, r.Kubelet, r.Pullgate, agree}
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}
