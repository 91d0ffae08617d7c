package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// bodyUnread: a node pulls these, and a warning would be a courtesy. It would cost
// every plain manifest a GET, which counts against Docker Hub's limit; see C86.
const bodyUnread = "pulled, so let through; a warning would need the body of the plain manifest, which is not fetched (C86)"

func contentCases() []Case {
	return []Case{
		{ID: "C76", Setup: "index lacks node platform / empty index", Tries: []Try{
			{Name: "lacks", Behaviour: index("linux/arm64", "windows/amd64"), Node: ErrPull, Want: answers(Deny)},
			{Name: "empty", Behaviour: index(), Node: ErrPull, Want: answers(Deny)},
			{Name: "suits other nodes", Pool: Mixed, Behaviour: index("linux/arm64"), Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C77", Setup: "single-manifest arm64 on amd64 node", Note: bodyUnread, Tries: []Try{
			{Behaviour: content(scripted.Content{Platform: "linux/arm64"}), Node: Pulled, Want: answers(Allow, Warn)},
		}},
		{ID: "C78", Setup: "index with amd64/v3 (v2, v4) only", Tries: []Try{
			{Name: "v2", Behaviour: index("linux/amd64/v2"), Node: ErrPull, Want: answers(Deny)},
			{Name: "v3", Behaviour: index("linux/amd64/v3"), Node: ErrPull, Want: answers(Deny)},
			{Name: "v4", Behaviour: index("linux/amd64/v4"), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C79", Setup: "index with 386 only, amd64 node", Tries: []Try{
			{Behaviour: index("linux/386"), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
		}},
		{ID: "C80", Setup: "platform-less child whose config is arm64", Tries: []Try{
			{Behaviour: content(scripted.Content{Kind: scripted.Index, Children: []scripted.Child{{Config: "linux/arm64"}}}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C81", Setup: "schema1 / text/plain manifest", Tries: []Try{
			{Name: "schema1", Behaviour: content(scripted.Content{Kind: scripted.Schema1}), Node: ErrPull, Want: answers(Deny)},
			{Name: "text/plain", Behaviour: headers(scripted.Headers{Type: "text/plain"}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C82", Setup: "manifest of 5 MiB", Tries: []Try{
			{Behaviour: content(scripted.Content{Size: 5 << 20}), Node: ErrPull, Want: answers(Deny)},
		}},
		// A layer may be on a node by another image (C123): that one is lost is no
		// more than a warning.
		{ID: "C83", Setup: "config or layer blob 404/403", Tries: []Try{
			{Name: "config 404", Behaviour: scripted.Behaviour{Config: scripted.Statuses{404}}, Node: ErrPull, Want: answers(Deny)},
			{Name: "config 403", Behaviour: scripted.Behaviour{Config: scripted.Statuses{403}}, Node: ErrPull, Want: answers(Deny)},
			{Name: "layer 404", Behaviour: scripted.Behaviour{Layer: scripted.Statuses{404}}, Node: ErrPull, Want: answers(Warn)},
			{Name: "layer 403", Behaviour: scripted.Behaviour{Layer: scripted.Statuses{403}}, Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C84", Setup: "layers ≠ diff_ids; config not JSON", Tries: []Try{
			{Name: "diff_ids", Behaviour: content(scripted.Content{DiffIDs: 1}), Node: ErrPull, Want: answers(Deny)},
			{Name: "no JSON", Behaviour: content(scripted.Content{BadConfig: true}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C85", Setup: "helm/ORAS artifact as container image", Note: bodyUnread, Tries: []Try{
			{Name: "helm", Behaviour: content(scripted.Content{Kind: scripted.Helm}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "ORAS", Behaviour: content(scripted.Content{Kind: scripted.ORAS}), Node: Pulled, Want: answers(Allow, Warn)},
		}},
		{ID: "C86", Setup: "GET body hash ≠ HEAD digest; GET by digest 404", Tries: []Try{
			{Name: "index, another body", Behaviour: spoiled("linux/amd64", "other"), Node: ErrPull, Want: answers(Deny)},
			{Name: "index, 404", Behaviour: missing("linux/amd64"), Node: ErrPull, Want: answers(Deny)},
			{Name: "another body", Behaviour: spoiled("", "other"), Node: ErrPull, Want: answers(Deny)},
			{Name: "404", Behaviour: missing(""), Node: ErrPull, Want: answers(Deny)},
		}},
	}
}

// spoiled sends a body that is not what HEAD announced; missing sends none. The
// manifest is an index where there is a platform.
func spoiled(platform, body string) scripted.Behaviour {
	b := maybeIndex(platform)
	b.Body = body
	return b
}

func missing(platform string) scripted.Behaviour {
	b := maybeIndex(platform)
	b.Fetch = scripted.Statuses{404}
	return b
}

func maybeIndex(platform string) scripted.Behaviour {
	if platform == "" {
		return scripted.Behaviour{}
	}
	return index(platform)
}
