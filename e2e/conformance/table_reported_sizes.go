package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// reportedSizes are B01, B07 and B08: lengths that are not those of what is
// served.
func reportedSizes() []Case {
	length := func(size scripted.Size) scripted.Behaviour { return headers(scripted.Headers{Length: string(size)}) }
	ofIndex := func(size scripted.Size) scripted.Behaviour {
		b := index("linux/amd64")
		b.Headers.Length = string(size)
		return b
	}
	noDigest := func(size scripted.Size) scripted.Behaviour {
		return headers(scripted.Headers{Length: string(size), Digest: scripted.Absent})
	}
	return []Case{
		{ID: "C96", Setup: "HEAD 200 with type, digest and `Content-Length: 0`; GET fine (B01)", Tries: []Try{
			{Name: "plain", Behaviour: length(scripted.Zero), Node: ErrPull, Want: answers(Deny)},
			{Name: "index", Behaviour: ofIndex(scripted.Zero), Node: ErrPull, Want: answers(Deny)},
			{Name: "by digest", Image: "{host}/app@{digest}", Behaviour: length(scripted.Zero), Node: ErrPull, Want: answers(Deny)},
			// Without a digest the GET decides.
			{Name: "no digest", Behaviour: noDigest(scripted.Zero), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C97", Setup: "HEAD's Content-Length is more or less than what GET serves (B07)", Tries: []Try{
			{Name: "index, more", Behaviour: ofIndex("+1766"), Node: ErrPull, Want: answers(Deny)},
			{Name: "index, less", Behaviour: ofIndex("-10"), Node: ErrPull, Want: answers(Deny)},
			{Name: "plain, more", Behaviour: length("+1766"), Node: ErrPull, Want: answers(Deny)},
			{Name: "plain, less", Behaviour: length("-10"), Node: ErrPull, Want: answers(Deny)},
			{Name: "by digest, more", Image: "{host}/app@{digest}", Behaviour: length("+1766"), Node: ErrPull, Want: answers(Deny)},
			{Name: "no digest", Behaviour: noDigest("+1766"), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C101", Setup: "an entry of an index with a wrong size (B08)", Tries: append(
			eachSize("", ErrPull, "", Deny, func(s scripted.Size) []scripted.Child { return []scripted.Child{amd64(scripted.Child{Size: s})} }),
			append(append(
				eachSize(", of arm64", Pulled, "", Allow, func(s scripted.Size) []scripted.Child {
					return []scripted.Child{{Platform: "linux/arm64", Size: s}, amd64(scripted.Child{})}
				}),
				eachSize(", second for amd64", ErrPull, Pulled, Warn, func(s scripted.Size) []scripted.Child {
					return []scripted.Child{amd64(scripted.Child{}), amd64(scripted.Child{Size: s})}
				})...),
				eachSize(", no platform", ErrPull, Pulled, Warn, func(s scripted.Size) []scripted.Child {
					return []scripted.Child{{Size: s}, amd64(scripted.Child{})}
				})...)...)},
		{ID: "C120", Setup: "a config or a layer with a wrong size in its manifest", Tries: append(
			eachBlobSize("config", Deny, func(s scripted.Size) scripted.Content { return scripted.Content{ConfigSize: s} }),
			eachBlobSize("layer", Warn, func(s scripted.Size) scripted.Content { return scripted.Content{LayerSize: s} })...)},
	}
}

func sizes() []scripted.Size {
	return []scripted.Size{"+147", "-147", scripted.Zero, scripted.Negative}
}

func eachSize(suffix string, node, local NodeOutcome, want Answer, of func(scripted.Size) []scripted.Child) (tries []Try) {
	for _, s := range sizes() {
		tries = append(tries, Try{Name: string(s) + suffix, Behaviour: children(of(s)...), Node: node, Local: local, Want: answers(want)})
	}
	return tries
}

func eachBlobSize(kind string, want Answer, of func(scripted.Size) scripted.Content) (tries []Try) {
	for _, s := range []scripted.Size{"+5", "-5", scripted.Zero, scripted.Negative} {
		tries = append(tries, Try{Name: kind + " " + string(s), Behaviour: content(of(s)), Node: ErrPull, Want: answers(want)})
	}
	return tries
}

// amd64 is a child for the nodes' platform.
func amd64(c scripted.Child) scripted.Child {
	c.Platform = "linux/amd64"
	return c
}
