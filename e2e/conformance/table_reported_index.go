package conformance

import (
	"fmt"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// reportedIndexes are B02, B02n and B12: what of an index is not there. Out of the
// box a node fetches every entry for its platform and every one without a
// platform; by local pull the first of them alone.
func reportedIndexes() []Case {
	type child = scripted.Child
	lost := scripted.Statuses{404}
	arm := child{Platform: "linux/arm64"}
	fine := amd64(child{})
	gone := amd64(child{Head: lost, Get: lost})
	return []Case{
		{ID: "C98", Setup: "an index's child for the node's platform is missing (B02)", Tries: append([]Try{
			{Name: "another platform's", Behaviour: children(child{Platform: "linux/arm64", Head: lost, Get: lost}, fine), Node: Pulled, Want: answers(Allow)},
			{Name: "a newer variant's", Behaviour: children(child{Platform: "linux/amd64/v3", Head: lost, Get: lost}, fine), Node: Pulled, Want: answers(Allow)},
			{Name: "suits other nodes", Pool: Mixed, Behaviour: children(gone, arm), Node: ErrPull, Want: answers(Warn)},
			{Name: "its config", Behaviour: children(amd64(child{ConfigBlob: lost})), Node: ErrPull, Want: answers(Deny, Warn)},
			{Name: "its layer", Behaviour: children(amd64(child{LayerBlob: lost})), Node: ErrPull, Want: answers(Deny, Warn)},
		}, eachChild(Deny, ErrPull, 404, 403, 410)...)},
		{ID: "C99", Setup: "an index's child fails in passing", Tries: append([]Try{
			{Name: "503, then 200", Behaviour: children(amd64(child{Get: scripted.Statuses{503, 200}})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "429 four times, then 200", Behaviour: children(amd64(child{Head: scripted.Statuses{429, 429, 429, 429, 200}, Get: scripted.Statuses{429, 429, 429, 429, 200}})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "another platform's is 503", Behaviour: children(child{Platform: "linux/arm64", Head: scripted.Statuses{503}, Get: scripted.Statuses{503}}, fine), Node: Pulled, Want: answers(Allow)},
		}, eachChild(Warn, ErrPull, 429, 500, 502, 503, scripted.Drop)...)},
		// A node never sends HEAD for it.
		{ID: "C100", Setup: "HEAD and GET of a child by digest differ", Tries: []Try{
			{Name: "HEAD 404", Behaviour: children(amd64(child{Head: lost})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "HEAD 403", Behaviour: children(amd64(child{Head: scripted.Statuses{403}})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "HEAD 405", Behaviour: children(amd64(child{Head: scripted.Statuses{405}})), Node: Pulled, Want: answers(Allow)},
			{Name: "GET 404", Behaviour: children(amd64(child{Get: lost})), Node: ErrPull, Want: answers(Deny, Warn)},
		}},
		{ID: "C102", Setup: "an entry without a platform is missing, beside one for the node's (B12)", Tries: []Try{
			{Name: "before", Behaviour: children(child{Head: lost, Get: lost}, fine), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "after", Behaviour: children(fine, child{Head: lost, Get: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "503", Behaviour: children(fine, child{Head: scripted.Statuses{503}, Get: scripted.Statuses{503}}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "its config", Behaviour: children(fine, child{Config: "linux/arm64", ConfigBlob: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "its layer", Behaviour: children(fine, child{Config: "linux/arm64", LayerBlob: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "its config is no JSON", Behaviour: children(fine, child{BadConfig: true}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "an artifact", Behaviour: children(fine, child{Kind: scripted.ORAS, Head: lost, Get: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "an artifact's blob", Behaviour: children(fine, child{Kind: scripted.Helm, LayerBlob: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "an attestation", Behaviour: children(fine, child{Kind: scripted.Attestation, Head: lost, Get: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "an index", Behaviour: children(fine, child{Children: []child{arm}, Head: lost, Get: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "alone", Behaviour: children(child{Head: lost, Get: lost}), Node: ErrPull, Want: answers(Deny)},
			{Name: "unknown/unknown", Behaviour: children(child{Platform: "unknown/unknown", Kind: scripted.Attestation, Head: lost, Get: lost}, fine), Node: Pulled, Want: answers(Allow)},
			{Name: "all there", Behaviour: children(child{Kind: scripted.ORAS}, fine, child{Config: "linux/arm64"}, child{Kind: scripted.Attestation}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C103", Setup: "two entries for the node's platform, one missing", Tries: []Try{
			{Name: "first", Behaviour: children(gone, fine), Node: ErrPull, Want: answers(Deny)},
			{Name: "second", Behaviour: children(fine, gone), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "second, as v1", Behaviour: children(fine, child{Platform: "linux/amd64/v1", Head: lost, Get: lost}), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "beside 386", Behaviour: children(child{Platform: "linux/386"}, gone), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C105", Setup: "nested indexes: what is missing or does not suit", Tries: []Try{
			{Name: "missing", Behaviour: children(amd64(child{Children: []child{fine}, Head: lost, Get: lost})), Node: ErrPull, Want: answers(Deny)},
			{Name: "its child is missing", Behaviour: children(amd64(child{Children: []child{gone}})), Node: ErrPull, Want: answers(Deny)},
			{Name: "for another platform, missing", Behaviour: children(child{Platform: "linux/arm64", Children: []child{arm}, Head: lost, Get: lost}, fine), Node: Pulled, Want: answers(Allow)},
			{Name: "holds v3 only", Behaviour: children(amd64(child{Children: []child{{Platform: "linux/amd64/v3"}}})), Node: ErrPull, Want: answers(Deny)},
			// The first that suits by its entry is taken, whatever it holds.
			{Name: "empty, before one that suits", Behaviour: children(amd64(child{Children: []child{}}), fine), Node: ErrPull, Want: answers(Deny)},
			{Name: "holds arm64 only, before one that suits", Behaviour: children(amd64(child{Children: []child{arm}}), fine), Node: ErrPull, Want: answers(Deny)},
			{Name: "holds arm64 only, after one that suits", Behaviour: children(fine, amd64(child{Children: []child{arm}})), Node: Pulled, Want: answers(Allow)},
			{Name: "missing, after one that suits", Behaviour: children(fine, amd64(child{Children: []child{fine}, Head: lost, Get: lost})), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "wrong size", Behaviour: children(amd64(child{Children: []child{fine}, Size: "+5"})), Node: ErrPull, Want: answers(Deny)},
			{Name: "three deep", Behaviour: children(amd64(child{Children: []child{amd64(child{Children: []child{fine}})}})), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C106", Setup: "a nested index fails once, then holds amd64/v3 only; asked twice (B02n)", Tries: []Try{
			twice("503", 503), twice("429", 429), twice("404", 404), twice("502", 502), twice("dropped", scripted.Drop),
			{Name: "holds amd64", Behaviour: children(amd64(child{Children: []child{fine}, Get: scripted.Statuses{503, 200}})),
				Node: Pulled, First: answers(Allow, Warn), Want: answers(Allow)},
		}},
	}
}

// eachChild is an index whose only child fails for good.
func eachChild(want Answer, node NodeOutcome, statuses ...int) (tries []Try) {
	for _, status := range statuses {
		s := scripted.Statuses{status}
		name := fmt.Sprint(status)
		if status == scripted.Drop {
			name = "dropped"
		}
		tries = append(tries, Try{Name: name, Behaviour: children(amd64(scripted.Child{Head: s, Get: s})), Node: node, Want: answers(want)})
	}
	return tries
}

// twice is an index in an index that fails once, and then does not suit.
func twice(name string, status int) Try {
	return Try{
		Name:      name,
		Behaviour: children(amd64(scripted.Child{Children: []scripted.Child{{Platform: "linux/amd64/v3"}}, Get: scripted.Statuses{status, 200}})),
		Node:      ErrPull, First: answers(Warn, Deny), Want: answers(Deny),
	}
}
