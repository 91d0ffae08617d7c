package conformance

func keyCases() []Case {
	hub := func(id, setup string, node NodeOutcome, want Answer, s ...Secret) Case {
		name := "org/" + lower(id)
		return Case{ID: id, Setup: setup, Note: "Docker Hub is the scripted registry", Tries: []Try{
			{Image: name + ":v1", Repo: "docker.io/" + name, Behaviour: privateBearer(), Secrets: s, Node: node, Want: answers(want)},
		}}
	}
	return []Case{
		hub("C26", "key `https://index.docker.io/v1/`, private Hub", Pulled, Allow, good("https://index.docker.io/v1/")),
		hub("C27", "key `https://index.docker.io/v1` (no slash)", ErrPull, Deny, good("https://index.docker.io/v1")),
		hub("C28", "key `docker.io`, private Hub", Pulled, Allow, good("docker.io")),
		hub("C29", "`docker.io` bad + `index.docker.io` good", ErrPull, Deny, bad("docker.io"), good("index.docker.io")),
		hub("C30", "key `index.docker.io/org`", ErrPull, Deny, good("index.docker.io/org")),
		hub("C31", "key `*.docker.io`, image org/app", ErrPull, Deny, good("*.docker.io")),
		{ID: "C32", Setup: "key `r.io`, image `r.io:5000/a` private", Tries: []Try{
			{Image: "r.io:5000/a:v1", Repo: "r.io:5000/a", Behaviour: private(), Secrets: secrets(good("r.io")), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C33", Setup: "key `*.r.io`, images y.x.r.io/a, r.io/a", Tries: []Try{
			{Name: "y.x.r.io, private", Image: "y.x.r.io/a:v1", Repo: "y.x.r.io/a", Behaviour: privateBearer(), Secrets: secrets(good("*.r.io")), Node: ErrPull, Want: answers(Deny)},
			{Name: "y.x.r.io, public", Image: "y.x.r.io/b:v1", Repo: "y.x.r.io/b", Behaviour: public(), Secrets: secrets(bad("*.r.io")), Node: Pulled, Want: answers(Allow)},
			{Name: "r.io, private", Image: "r.io/c33/a:v1", Repo: "r.io/c33/a", Behaviour: privateBearer(), Secrets: secrets(good("*.r.io")), Node: ErrPull, Want: answers(Deny)},
			{Name: "r.io, public", Image: "r.io/c33/b:v1", Repo: "r.io/c33/b", Behaviour: public(), Secrets: secrets(bad("*.r.io")), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C34", Setup: "key `r.io/a`, image r.io/abc/x", Tries: []Try{
			{Image: "r.io/abc/x:v1", Repo: "r.io/abc/x", Behaviour: private(), Secrets: secrets(good("r.io/a")), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C35", Setup: "key `r.io/a/`, image r.io/a", Tries: []Try{
			{Name: "private", Image: "r.io/a:v1", Repo: "r.io/a", Behaviour: privateBearer(), Secrets: secrets(good("r.io/a/")), Node: ErrPull, Want: answers(Deny)},
			{Name: "public", Image: "r.io/c35:v1", Repo: "r.io/c35", Behaviour: public(), Secrets: secrets(bad("r.io/c35/")), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C36", Setup: "unparseable key `r.io:abc` beside good `r.io`", Tries: []Try{
			{Image: "r.io/c36:v1", Repo: "r.io/c36", Behaviour: privateBearer(),
				Secrets: secrets(auths("r.io:abc", login("wrong"), "r.io", login("good"))), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C39", Setup: "`localhost/foo` + Hub secret", Tries: []Try{
			{Image: "localhost/foo", Map: Unmapped, Secrets: secrets(good("https://index.docker.io/v1/")), Node: ErrPull, Want: answers(Warn)},
		}},
	}
}
