package conformance

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// reportedContent are plain manifests: their configs and layers, and what a node
// has of them.
func reportedContent() []Case {
	type b = scripted.Behaviour
	lost := scripted.Statuses{404}
	common := scripted.Content{Common: true}
	own := scripted.Content{Layers: 1}
	return []Case{
		{ID: "C121", Setup: "config or layer fails in passing, or with another status", Tries: append(append([]Try{
			{Name: "503, then 200", Behaviour: b{Config: scripted.Statuses{503, 200}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "429 four times, then 200", Behaviour: b{Layer: scripted.Statuses{429, 429, 429, 429, 200}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "last of three layers", Behaviour: b{Content: scripted.Content{Layers: 3}, Layer: lost}, Node: ErrPull, Want: answers(Warn)},
		}, eachBlob(Warn, 429, 500, 502, 503, scripted.Drop)...), eachBlob(Deny, 410)...)},
		{ID: "C122", Setup: "blobs elsewhere: redirected, without HEAD, at a URL of the manifest's", Tries: []Try{
			{Name: "redirected", Behaviour: b{Blobs: scripted.Blobs{Redirect: scripted.Serving}}, Node: Pulled, Want: answers(Allow)},
			{Name: "signed for GET", Behaviour: b{Blobs: scripted.Blobs{Redirect: scripted.Signed}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "not in the store", Behaviour: b{Blobs: scripted.Blobs{Redirect: scripted.Empty}}, Node: ErrPull, Want: answers(Allow), Gap: true},
			{Name: "HEAD 405", Behaviour: b{Blobs: scripted.Blobs{Head: scripted.Statuses{405}}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "HEAD 404", Behaviour: b{Blobs: scripted.Blobs{Head: lost}}, Node: Pulled, Want: answers(Allow, Warn)},
			// As ECR Public does.
			{Name: "HEAD 401", Behaviour: b{Blobs: scripted.Blobs{Head: scripted.Statuses{401}}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "HEAD's length is wrong", Behaviour: b{Blobs: scripted.Blobs{Length: "+9"}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "HEAD's length is 0", Behaviour: b{Blobs: scripted.Blobs{Length: scripted.Zero}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "foreign, there", Behaviour: content(scripted.Content{Foreign: scripted.There}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "foreign, here", Behaviour: content(scripted.Content{Foreign: scripted.Here}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "foreign, gone", Behaviour: content(scripted.Content{Foreign: scripted.Gone}), Node: ErrPull, Want: answers(Allow), Gap: true},
		}},
		// A node asks for no layer whose snapshot it has.
		{ID: "C123", Setup: "the registry has lost a layer that the nodes have by another image", Tries: []Try{
			{Name: "the base", Behaviour: b{Content: scripted.Content{Layers: 2}, Base: lost}, Other: &b{Content: common}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "the base's size is wrong", Behaviour: b{Content: scripted.Content{Common: true, LayerSize: "+5"}}, Other: &b{Content: common}, Node: Pulled, Want: answers(Allow, Warn)},
		}},
		{ID: "C124", Setup: "configs and layers of other kinds", Tries: []Try{
			{Name: "config is octet-stream", Behaviour: content(scripted.Content{ConfigType: "application/octet-stream"}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "unknown config", Behaviour: content(scripted.Content{ConfigType: "application/vnd.acme.config+json"}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "unknown config, no JSON", Behaviour: content(scripted.Content{ConfigType: "application/vnd.acme.config+json", BadConfig: true}), Node: ErrPull, Want: answers(Deny, Warn)},
			{Name: "unknown config, diff_ids", Behaviour: content(scripted.Content{ConfigType: "application/vnd.acme.config+json", DiffIDs: 1}), Node: Pulled, Local: ErrPull, Want: answers(Warn)},
			{Name: "unknown config, layer 404", Behaviour: b{Content: scripted.Content{ConfigType: "application/vnd.acme.config+json"}, Layer: lost}, Node: Pulled, Local: ErrPull, Want: answers(Warn)},
			{Name: "unknown layer", Behaviour: content(scripted.Content{LayerType: "application/vnd.acme.layer"}), Node: Pulled, Local: ErrPull, Want: answers(Warn)},
			{Name: "unknown layer, 404", Behaviour: b{Content: scripted.Content{LayerType: "application/vnd.acme.layer"}, Layer: lost}, Node: ErrPull, Want: answers(Deny)},
			{Name: "artifact's blob 404", Behaviour: b{Content: scripted.Content{Kind: scripted.Helm}, Layer: lost}, Node: ErrPull, Want: answers(Deny)},
			{Name: "artifact's config 404", Behaviour: b{Content: scripted.Content{Kind: scripted.Helm}, Config: lost}, Node: ErrPull, Want: answers(Deny)},
		}},
		// Any status that is no success sends a GET by digest on; a body does not.
		{ID: "C125", Setup: "mirror: HEAD fine, GET by digest not; upstream fine", Tries: []Try{
			{Name: "404", Map: Mirror, Mirror: b{Fetch: lost}, Node: Pulled, Want: answers(Allow)},
			{Name: "503", Map: Mirror, Mirror: b{Fetch: scripted.Statuses{503}}, Node: Pulled, Want: answers(Allow)},
			{Name: "302 without Location", Map: Mirror, Mirror: b{Fetch: scripted.Statuses{302}}, Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "index 404", Map: Mirror, Behaviour: index("linux/amd64"), Mirror: missing("linux/amd64"), Node: Pulled, Want: answers(Allow)},
			{Name: "child 404", Map: Mirror, Behaviour: index("linux/amd64"), Mirror: children(amd64(scripted.Child{Head: lost, Get: lost})), Node: Pulled, Want: answers(Allow)},
			{Name: "child 404 upstream", Map: Mirror, Behaviour: children(amd64(scripted.Child{Head: lost, Get: lost})), Mirror: index("linux/amd64"), Node: Pulled, Want: answers(Allow)},
			{Name: "config 404", Map: Mirror, Mirror: b{Config: lost}, Node: Pulled, Want: answers(Allow)},
			{Name: "layer 403", Map: Mirror, Behaviour: content(own), Mirror: b{Content: own, Layer: scripted.Statuses{403}}, Node: Pulled, Want: answers(Allow)},
			{Name: "layer 404 at both", Map: Mirror, Behaviour: b{Content: own, Layer: lost}, Mirror: b{Content: own, Layer: lost}, Node: ErrPull, Want: answers(Deny, Warn)},
			{Name: "404, and upstream gone", Map: Mirror, Behaviour: gone(), Mirror: b{Fetch: lost}, Node: ErrPull, Want: answers(Deny)},
			{Name: "another body", Map: Mirror, Mirror: b{Body: "other"}, Node: ErrPull, Want: answers(Deny, Warn)},
			{Name: "length 0", Map: Mirror, Mirror: headers(scripted.Headers{Length: "zero"}), Node: ErrPull, Want: answers(Deny)},
			{Name: "a page of 403 for all", Map: Mirror, Mirror: fronted(scripted.Front{Page: pageOf("403 text/html")}), Node: Pulled, Want: answers(Allow)},
			{Name: "a page of 403, and upstream gone", Map: Mirror, Behaviour: gone(), Mirror: fronted(scripted.Front{Page: pageOf("403 text/html"), Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Warn)},
		}},
		// What a node has under its digest is not fetched again.
		{ID: "C126", Setup: "Always; a node lists the image, and by now the registry has lost part of it", Tries: []Try{
			held("GET by digest 404", missing(""), Pulled, Allow, Warn),
			held("index 404", missing("linux/amd64"), Pulled, Allow, Warn),
			heldIndex(amd64(scripted.Child{Head: lost, Get: lost})),
			held("config and layer 404", b{Content: own, Config: lost, Layer: lost}, Pulled, Allow, Warn),
			held("length +10", headers(scripted.Headers{Length: "+10"}), Pulled, Allow, Warn),
			held("length 0", headers(scripted.Headers{Length: "zero"}), ErrPull, Deny, Warn),
			held("HEAD 404", head(404), ErrPull, Deny),
		}},
	}
}

// held is an image that a node has, which its policy says to look up all the same.
func held(name string, b scripted.Behaviour, node NodeOutcome, want ...Answer) Try {
	return Try{Name: name, Policy: corev1.PullAlways, Earlier: &Earlier{}, Listed: true, Behaviour: b, Node: node, Want: want}
}

// heldIndex is an index that a node has with its child, which is missing by now.
func heldIndex(child scripted.Child) Try {
	t := held("child 404", children(child), Pulled, Allow, Warn)
	whole := children(amd64(scripted.Child{})).Content
	t.Earlier.Content = &whole
	return t
}

// eachBlob is a config, and a layer, with a status for good. A layer that is lost is
// no reason for a denial: nodes that have it from another image do not ask for it.
func eachBlob(want Answer, statuses ...int) (tries []Try) {
	for _, status := range statuses {
		s, name := scripted.Statuses{status}, fmt.Sprint(status)
		if status == scripted.Drop {
			name = "dropped"
		}
		tries = append(tries,
			Try{Name: "config " + name, Behaviour: scripted.Behaviour{Config: s}, Node: ErrPull, Want: answers(want)},
			Try{Name: "layer " + name, Behaviour: scripted.Behaviour{Layer: s}, Node: ErrPull, Want: answers(Warn)})
	}
	return tries
}

// backgroundCases are under registries.content as it is out of the box.
func backgroundCases() []Case {
	lost := scripted.Behaviour{Layer: scripted.Statuses{404}}
	return []Case{
		{ID: "C132", Setup: "config or layer 404, with `registries.content` as it is out of the box; asked again", Tries: []Try{
			{Name: "layer", Config: Background, Behaviour: lost, Node: ErrPull, First: answers(Allow, Warn), Want: answers(Warn)},
			{Name: "config", Config: Background, Behaviour: scripted.Behaviour{Config: scripted.Statuses{404}}, Node: ErrPull, First: answers(Allow, Deny), Want: answers(Deny)},
			{Name: "another body", Config: Background, Behaviour: spoiled("", "other"), Node: ErrPull, First: answers(Allow, Deny), Want: answers(Deny)},
			{Name: "fine", Config: Background, Behaviour: scripted.Behaviour{}, Node: Pulled, First: answers(Allow), Want: answers(Allow)},
			{Name: "layer, Docker Hub", Config: Background, Image: "org/c132:v1", Repo: "docker.io/org/c132", Behaviour: lost, Node: ErrPull, Want: answers(Allow), Gap: true},
		}},
	}
}
