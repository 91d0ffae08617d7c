package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// foundCases are what the random runs have found, and the document did not have.
func foundCases() []Case {
	return []Case{
		// containerd sizes an image up by one child, and prefers one with a
		// platform, whether it has fetched that one or not.
		{ID: "C87", Setup: "index: platform-less child that suits, beside one with a platform that does not", Tries: []Try{
			{Name: "other architecture", Behaviour: children(scripted.Child{}, scripted.Child{Platform: "linux/arm64"}), Node: ErrPull, Want: answers(Deny)},
			{Name: "other variant", Behaviour: children(scripted.Child{Platform: "linux/amd64/v3"}, scripted.Child{}), Node: ErrPull, Want: answers(Deny)},
			{Name: "alone", Behaviour: children(scripted.Child{}), Node: Pulled, Want: answers(Allow)},
			{Name: "beside one that suits", Behaviour: children(scripted.Child{}, scripted.Child{Platform: "linux/arm64"}, scripted.Child{Platform: "linux/amd64"}), Node: Pulled, Want: answers(Allow)},
		}},
		// Without a digest the GET decides, whatever the HEAD said.
		{ID: "C88", Setup: "HEAD without digest, and with the length of 8 MiB", Tries: []Try{
			{Behaviour: headers(scripted.Headers{Digest: scripted.Absent, Length: scripted.Big}), Node: Pulled, Want: answers(Allow)},
		}},
		// The GET goes to the endpoint that answered the HEAD.
		{ID: "C89", Setup: "mirror: HEAD 404, GET 200; upstream: HEAD without length or Content-Type", Tries: []Try{
			{Map: Mirror, Mirror: head(404), Behaviour: headers(scripted.Headers{Length: scripted.Absent, Type: scripted.Absent}), Node: ErrPull, Want: answers(Deny)},
		}},
		// What the one challenged with, the other is answered with as well.
		{ID: "C90", Setup: "mirror at the registry's own address, its token server refuses; upstream open", Tries: []Try{
			{Name: "own address", Map: SiblingMirror, Mirror: challenge(scripted.Auth{Scheme: scripted.Bearer}), Node: ErrPull, Want: answers(Deny)},
			{Name: "another address", Map: Mirror, Mirror: challenge(scripted.Auth{Scheme: scripted.Bearer}), Node: Pulled, Want: answers(Allow)},
		}},
	}
}

func children(all ...scripted.Child) scripted.Behaviour {
	return content(scripted.Content{Kind: scripted.Index, Children: all})
}
