package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

func hostCases() []Case {
	return []Case{
		{ID: "C71", Setup: "DNS failure, refused, unknown CA, timeout", Tries: []Try{
			{Name: "DNS", Image: "no-such-host.invalid/app:v1", Map: Unmapped, Node: ErrPull, Want: answers(Warn)},
			{Name: "refused", Map: Refused, Node: ErrPull, Want: answers(Warn)},
			{Name: "unknown CA", Map: Untrusted, Node: ErrPull, Want: answers(Warn)},
			{Name: "timeout", Map: Silent, Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C72", Setup: "10.0.0.5:5000 plain http", Tries: []Try{
			{Name: "as it is", Image: plainHost + "/c72:v1", Repo: plainHost + "/c72", Map: Unmapped, Node: ErrPull, Want: answers(Warn)},
			{Name: "hosts.toml", Image: namedHost + "/c72:v1", Repo: namedHost + "/c72", Map: Own, Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C73", Setup: "127.0.0.1:5000/x", Tries: []Try{
			{Name: "http", Image: loopbackHost + "/c73:v1", Repo: loopbackHost + "/c73", Map: Unmapped, Node: Pulled, Want: answers(Warn)},
			{Name: "self-signed", Image: loopbackTLSHost + "/c73:v1", Repo: loopbackTLSHost + "/c73", Map: Unmapped, Node: Pulled, Want: answers(Warn)},
		}},
		{ID: "C74", Setup: "mirror has it; upstream 404/401/403/5xx", Tries: append(
			mirrorTries("", Mirror, Plain, Allow), mirrorTries(", mirror unknown here", HiddenMirror, Mirrored, Warn)...)},
		{ID: "C75", Setup: "pull-only mirror, tag missing upstream", Tries: []Try{
			{Name: "known here", Map: PullOnlyMirror, Behaviour: gone(), Node: ErrPull, Want: answers(Deny)},
			{Name: "unknown here", Map: HiddenPullOnlyMirror, Config: Mirrored, Behaviour: gone(), Node: ErrPull, Want: answers(Warn)},
		}},
	}
}

func mirrorTries(suffix string, m Mapping, c Config, want Answer) []Try {
	tries := []Try{
		{Name: "404", Behaviour: gone()},
		{Name: "401", Behaviour: challenge(scripted.Auth{Scheme: scripted.Mute})},
		{Name: "403", Behaviour: always(403)},
		{Name: "500", Behaviour: always(500)},
	}
	for i := range tries {
		t := &tries[i]
		t.Name += suffix
		t.Map, t.Config, t.Node, t.Want = m, c, Pulled, answers(want)
	}
	return tries
}
