package conformance

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// markdown is docs/conformance.md, with what was measured between its parts. It
// holds nothing that changes from run to run while the outcome does not.
const markdown = `# Conformance with a node

<!-- Written by ` + "`make conformance`" + `; do not edit. -->

Each case is a Pod that is held against two sides. The node is the kubelet's own code (its image manager, pull records and
keyring, Kubernetes %[1]s) with a real containerd %[2]s on %[3]s, as they are out of the box. pullgate is the built binary
behind a real API server %[1]s. Both ask the same registry, which is scripted to do what a row says, and each sees its answers
from the first on. Docker Hub and other hosts are mapped to it by one certs.d folder that both sides read.

* **node**: what the node did: pulled, or the kubelet's reason.
* **pullgate**: ALLOW let the Pod through, WARN did so with a warning, DENY rejected it.
* **agree**: the answer is one that the case allows, and neither of these:
  a *false denial*, rejected by pullgate and pulled by the node; a *false admit*, let through without a warning and not pulled.

| | cases | agree | false denials | false admits | unverified |
|---|---|---|---|---|---|
%[4]s

An unverified answer is a WARN: pullgate can't know, and says so.

## The cases

| case | setup | node | pullgate | agree |
|---|---|---|---|---|
%[5]s
%[6]s
## Known gaps

pullgate asks for a manifest and, where it is an index, for its body. It fetches nothing else, so it lets through what a node
then fails at:

* **C83**: a config or a layer that the registry does not serve.
* **C84**: a config that is no JSON, or has another number of layers than the manifest.
* **C86**: the body of a plain manifest that is not the announced one, or is missing. To fetch it would count against Docker
  Hub's rate limit, which the HEAD request does not.

## Random runs

Registries drawn at random (the statuses of HEAD and GET in sequence, headers, challenges, token servers, redirects, bodies,
media types, indexes, mirrors) with pull Secrets drawn at random, through both sides. What only the known gaps
decide is not drawn. %[7]s
`

// WriteMarkdown writes docs/conformance.md.
func (r Report) WriteMarkdown(path string, v Versions) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	if err := os.WriteFile(path, []byte(r.markdown(v)), 0o600); err != nil {
		return fmt.Errorf("write the document: %w", err)
	}
	return nil
}

func (r Report) markdown(v Versions) string {
	figures := []string{figuresRow("the cases", r.Counters)}
	random := "None were made."
	if r.Random != nil {
		figures = append(figures, figuresRow("random runs", r.Random.Counters))
		random = fmt.Sprintf("Measured: %d runs with %d distinct registries, seed %d.", r.Random.Cases, r.Random.Distinct, r.Random.Seed)
		random += r.Random.list()
	}
	var rows, notes []string
	for _, row := range r.Rows {
		rows = append(rows, row.markdown())
		for _, c := range row.Complaints {
			notes = append(notes, fmt.Sprintf("* **%s: %s**", row.ID, c))
		}
		if row.Note != "" {
			notes = append(notes, fmt.Sprintf("* %s: %s.", row.ID, row.Note))
		}
	}
	after := ""
	if len(notes) > 0 {
		after = "\n" + strings.Join(notes, "\n") + "\n"
	}
	return fmt.Sprintf(markdown, v.Kubernetes, v.Containerd, v.Platform,
		strings.Join(figures, "\n"), strings.Join(rows, "\n"), after, random)
}

func figuresRow(what string, c Counters) string {
	return fmt.Sprintf("| %s | %d | %d | %d | %d | %d |", what, c.Cases, c.Agree, c.FalseDenials, c.FalseAdmits, c.Unverified)
}

func (r Row) markdown() string {
	agree := r.verdict()
	if agree == "NO" {
		agree = "**NO**"
	}
	cells := []string{r.ID, r.Setup, r.Node, r.Pullgate, agree}
	for i, c := range cells {
		cells[i] = strings.ReplaceAll(c, "|", `\|`)
	}
	return "| " + strings.Join(cells, " | ") + " |"
}

// list is the disagreements.
func (r RandomReport) list() string {
	if len(r.Disagreements) == 0 {
		return ""
	}
	return "\n\nNot agreed on, each as small as it gets:\n\n```\n" + strings.Join(r.Disagreements, "\n") + "\n```"
}
