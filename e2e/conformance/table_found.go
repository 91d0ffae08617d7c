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
		// The mirror that limits the rate may have it: nothing is definite that
		// another endpoint says.
		{ID: "C91", Setup: "mirror: 429 with Retry-After, then 200; upstream has something unusable", Tries: []Try{
			{Name: "invalid digest", Map: Mirror, Mirror: limited(), Behaviour: headers(scripted.Headers{Digest: scripted.Invalid}), Node: Pulled, Want: answers(Warn, Allow)},
			{Name: "schema 1", Map: Mirror, Mirror: limited(), Behaviour: headers(scripted.Headers{Type: "text/plain"}), Node: Pulled, Want: answers(Warn, Allow)},
			{Name: "other platform", Map: Mirror, Mirror: limited(), Behaviour: index("linux/arm64"), Node: Pulled, Want: answers(Warn, Allow)},
		}},
		// An invalid digest is looked at before the length, and ends it.
		{ID: "C92", Setup: "mirror: HEAD with an invalid digest and the length of 8 MiB; upstream fine", Tries: []Try{
			{Map: Mirror, Mirror: headers(scripted.Headers{Digest: scripted.Invalid, Length: scripted.Big}), Node: ErrPull, Want: answers(Deny)},
		}},
		// Two credentials are two requests for a token, and not three.
		{ID: "C93", Setup: "same credential twice; token POST 429, 502, then 200", Tries: []Try{
			{Behaviour: challenge(scripted.Auth{Scheme: scripted.Bearer, Post: scripted.Statuses{429, 502, 200}}),
				Secrets: secrets(good(host), good(host)), Node: ErrPull, Want: answers(Warn)},
		}},
		// A node is challenged anew for the content, and that is one of its five
		// requests.
		{ID: "C94", Setup: "index behind a challenge: GET by digest 408 four times, then 200", Tries: []Try{
			{Name: "challenged", Behaviour: late(public()), Node: ErrPull, Want: answers(Warn)},
			{Name: "open", Behaviour: late(scripted.Behaviour{}), Node: Pulled, Want: answers(Allow)},
		}},
		// What a registry says at last, after errors of its own, may pass as well.
		{ID: "C95", Setup: "HEAD 429 or 500 four times, then 405; GET fine; one or two credentials", Tries: []Try{
			{Name: "one", Behaviour: stumbling(), Secrets: secrets(good(host)), Node: ErrPull, Want: answers(Warn)},
			{Name: "two", Behaviour: stumbling(), Secrets: secrets(good(host), good(host)), Node: Pulled, Want: answers(Allow)},
		}},
	}
}

// limited is a registry that limits the rate once.
func limited() scripted.Behaviour {
	return scripted.Behaviour{Gate: scripted.Statuses{429, 200}, Headers: scripted.Headers{RetryAfter: "1"}}
}

// stumbling is a registry without HEAD that is not itself at first.
func stumbling() scripted.Behaviour {
	return scripted.Behaviour{Gate: scripted.Statuses{429, 429, 500, 429, 200}, Head: scripted.Statuses{405}}
}

// late has an index that comes with the fifth request.
func late(b scripted.Behaviour) scripted.Behaviour {
	b.Content = index("linux/amd64").Content
	b.Fetch = scripted.Statuses{408, 408, 408, 408, 200}
	return b
}

func children(all ...scripted.Child) scripted.Behaviour {
	return content(scripted.Content{Kind: scripted.Index, Children: all})
}
