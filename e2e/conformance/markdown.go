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

Each case is a Pod that is held against two sides. The nodes are the kubelet's own code (its image manager, pull records and
keyring, Kubernetes %[1]s) with a real containerd %[2]s on %[3]s, of both kinds that there are: out of the box it pulls with its
transfer service, and where its configuration holds something which that cannot do (` + "`use_local_image_pull`" + `, but
` + "`discard_unpacked_layers`" + ` and others as well) with its client, by *local pull*. pullgate is the built binary behind a real API
server %[1]s. All ask the same registry, which is scripted to do what a row says, and each sees its answers from the first on.
Docker Hub and other hosts are mapped to it by one certs.d folder that both sides read. pullgate looks at what a plain manifest is
made of before it answers (` + "`registries.content: {default: wait, offFor: []}`" + `), for each case asks once.

* **node**: what the nodes did: pulled, or the kubelet's reason; and what by local pull, where that is something else.
* **pullgate**: ALLOW let the Pod through, WARN did so with a warning, DENY rejected it. Where it was asked again, both answers.
* **agree**: the answer is one that the case allows, and neither of these:
  a *false denial*, rejected by pullgate and pulled by a node of either kind; a *false admit*, let through without a warning and
  not pulled by a node of either kind.

| | cases | agree | false denials | false admits | unverified |
|---|---|---|---|---|---|
%[4]s

An unverified answer is a WARN: pullgate can't know, and says so.

What nodes bring to a pull by themselves, by credential provider plugins and a config.json, has cases of its own, P01 to P70:
[credential-providers.md](credential-providers.md).

## The cases

| case | setup | node | pullgate | agree |
|---|---|---|---|---|
%[5]s
%[6]s
## Known gaps

What pullgate cannot know, and no case can show otherwise:

* **C122**: a layer behind a redirect, which counts as there, and one at a URL of the manifest's, which is not asked for. And a layer that
  the registry has by HEAD, and not by GET.
* **C132**: what a plain manifest is made of, where ` + "`registries.content`" + ` is off. That is so for Docker Hub out of the box: a GET of
  a manifest counts against its rate limit, and a HEAD does not. And in the background, which is the default elsewhere, the first
  Pod is let through before it is known.
* What only nodes see: a front end, or a registry that is out of order, in their place alone.
* What a registry serves at first and not later, or not yet at first, by requests that pullgate has no reason to make.
* What is on a node that does not list it: its layers by other images (C123), and images beyond the 50 largest.

## Random runs

Registries drawn at random (the statuses of HEAD and GET in sequence, headers, lengths, challenges, token servers, redirects,
object stores, bodies, media types, plain manifests with their configs and layers, indexes with their children, front ends that
everybody sees or pullgate alone, mirrors, platforms) with pull Secrets drawn at random, through both kinds of node and pullgate.
%[7]s
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
