package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// reportedFronts are B03, B11, B15 and B17: whose word it is.
func reportedFronts() []Case {
	forPullgate := scripted.Front{Sees: scripted.SeesPullgate}
	return []Case{
		{ID: "C112", Setup: "a page of a front end to pullgate alone (B03, B11)", Tries: append(
			eachPage(foreignPages(), forPullgate, Pulled, Warn),
			eachPage(foreignPages()[:2], scripted.Front{Sees: scripted.SeesPullgate, First: 3}, Pulled, Allow, Warn)...)},
		{ID: "C113", Setup: "the same page to everybody (B03)", Tries: everybody(eachPage(foreignPages(), scripted.Front{}, ErrPull, Warn))},
		{ID: "C114", Setup: "the same page to everybody, once (B03)", Tries: []Try{
			{Name: "403 text/html", Behaviour: fronted(onlyFirst("403 text/html")), Node: ErrPull, Want: answers(Warn)},
			{Name: "404 text/plain", Behaviour: fronted(onlyFirst("404 text/plain")), Node: ErrPull, Want: answers(Warn)},
			{Name: "200 text/html", Behaviour: fronted(onlyFirst("200 text/html")), Node: ErrPull, Want: answers(Warn)},
			// HEAD has no digest then, and the GET that decides is the registry's.
			{Name: "200 text/html, HEAD", Behaviour: fronted(scripted.Front{Page: pageOf("200 text/html"), Only: "HEAD", First: 1}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "503 text/html", Behaviour: fronted(scripted.Front{Page: scripted.Page{Status: 503, Type: html}, First: 1}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C115", Setup: "a page for HEAD alone, GET is the registry's (B03)", Tries: []Try{
			{Name: "405", Behaviour: fronted(scripted.Front{Page: pageOf("405 text/html"), Only: "HEAD"}), Node: Pulled, Want: answers(Allow)},
			{Name: "403", Behaviour: fronted(scripted.Front{Page: pageOf("403 text/html"), Only: "HEAD"}), Node: ErrPull, Want: answers(Warn)},
			{Name: "404", Behaviour: fronted(scripted.Front{Page: pageOf("404 text/html"), Only: "HEAD"}), Node: ErrPull, Want: answers(Warn)},
			{Name: "403, to pullgate alone", Behaviour: fronted(scripted.Front{Page: pageOf("403 text/html"), Only: "HEAD", Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Warn)},
		}},
		{ID: "C116", Setup: "a page in the place of the token server, to pullgate alone or to everybody (B15)", Tries: append(
			tokens(eachPage(tokenPages(), scripted.Front{At: scripted.AtToken, Sees: scripted.SeesPullgate}, Pulled, Warn)),
			everybody(tokens(eachPage(tokenPages()[:3], scripted.Front{At: scripted.AtToken}, ErrPull, Warn)))...)},
		{ID: "C117", Setup: "a page for the content alone: manifest by digest, config, layer", Tries: []Try{
			{Name: "blobs, to pullgate", Behaviour: fronted(scripted.Front{Page: pageOf("403 text/html"), At: scripted.AtBlobs, Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "blobs, to everybody", Behaviour: fronted(scripted.Front{Page: pageOf("403 text/html"), At: scripted.AtBlobs}), Node: ErrPull, Want: answers(Warn)},
			{Name: "GET of the manifest, to pullgate", Behaviour: fronted(scripted.Front{Page: pageOf("403 text/html"), Only: "GET", Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "GET of an index, to pullgate", Behaviour: frontedIndex(scripted.Front{Page: pageOf("403 text/html"), Only: "GET", Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Warn)},
			{Name: "GET of an index is 200 text/html, to pullgate", Behaviour: frontedIndex(scripted.Front{Page: pageOf("200 text/html"), Only: "GET", Sees: scripted.SeesPullgate}), Node: Pulled, Want: answers(Warn)},
		}},
		{ID: "C118", Setup: "a registry's own refusals", Tries: ownRefusals()},
		// A URL that is signed for GET refuses HEAD, whoever asks.
		{ID: "C119", Setup: "HEAD redirected to an object store by a URL signed for GET (B17)", Tries: []Try{
			{Name: "plain", Behaviour: scripted.Behaviour{Redirect: scripted.Redirect{Hops: 1, Signed: true}}, Node: ErrPull, Want: answers(Deny, Warn)},
			{Name: "index", Behaviour: signedIndex(), Node: ErrPull, Want: answers(Deny, Warn)},
		}},
	}
}

// fronted is a well-behaved registry behind a front.
func fronted(fronts ...scripted.Front) scripted.Behaviour { return scripted.Behaviour{Front: fronts} }

func frontedIndex(fronts ...scripted.Front) scripted.Behaviour {
	b := index("linux/amd64")
	b.Front = fronts
	return b
}

func signedIndex() scripted.Behaviour {
	b := index("linux/amd64")
	b.Redirect = scripted.Redirect{Hops: 1, Signed: true}
	return b
}

// onlyFirst is a page that stands there for one request of each kind.
func onlyFirst(name string) scripted.Front { return scripted.Front{Page: pageOf(name), First: 1} }

// pageOf is the foreign page of that name.
func pageOf(name string) scripted.Page {
	for _, n := range foreignPages() {
		if n.name == name {
			return n.page
		}
	}
	return scripted.Page{}
}

func eachPage(pages []named, f scripted.Front, node NodeOutcome, want ...Answer) (tries []Try) {
	for _, n := range pages {
		f.Page = n.page
		name := n.name
		if f.First > 0 {
			name += ", at first"
		}
		tries = append(tries, Try{Name: name, Behaviour: fronted(f), Node: node, Want: want})
	}
	return tries
}

// tokens gives tries a token server, and a credential that is good there.
func tokens(tries []Try) []Try {
	for i := range tries {
		tries[i].Behaviour.Auth = privateBearer().Auth
		tries[i].Secrets = secrets(good(host))
	}
	return tries
}

func everybody(tries []Try) []Try {
	for i := range tries {
		tries[i].Name += ", to everybody"
	}
	return tries
}

func ownRefusals() (tries []Try) {
	for _, r := range refusals() {
		tries = append(tries, Try{Name: r.name, Behaviour: fronted(r.fronts...), Node: ErrPull, Want: answers(Deny)})
	}
	// GitLab's token server says 403 to whoever is anonymous, Artifact Registry's
	// does so too, and GHCR's says 401.
	for _, name := range []string{"GHCR 403", "Artifact Registry 403", "distribution 401"} {
		tries = append(tries, Try{Name: name + ", by the token server", Behaviour: tokenRefusal(name), Node: ErrPull, Want: answers(Deny)})
	}
	return tries
}

// tokenRefusal is a private registry whose token server refuses as that one does.
func tokenRefusal(name string) scripted.Behaviour {
	b := privateBearer()
	for _, r := range refusals() {
		if r.name == name {
			b.Front = append([]scripted.Front{}, r.fronts...)
			b.Front[0].At = scripted.AtToken
		}
	}
	return b
}
