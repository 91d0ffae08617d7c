package conformance

import (
	"fmt"

	"github.com/pullgate/pullgate/e2e/scripted"
)

func transportCases() []Case {
	return []Case{
		{ID: "C55", Setup: "/v2/ answers 404/403/500, manifests fine", Tries: eachStatus([]int{404, 403, 500}, Pulled, Allow, func(status int) scripted.Behaviour {
			return scripted.Behaviour{Ping: status}
		})},
		{ID: "C56", Setup: "/v2/ 200, manifests 401 Bearer, anonymous token ok", Tries: []Try{
			{Behaviour: public(), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C57", Setup: "HEAD 405, GET 200", Tries: []Try{
			{Behaviour: head(405), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C58", Setup: "HEAD 404/400/403/406/501, GET 200", Tries: eachStatus([]int{404, 400, 403, 406, 501}, ErrPull, Deny, func(status int) scripted.Behaviour {
			return head(status)
		})},
		{ID: "C59", Setup: "HEAD 200 without digest or length", Tries: []Try{
			{Name: "no digest", Behaviour: headers(scripted.Headers{Digest: scripted.Absent}), Node: Pulled, Want: answers(Allow)},
			{Name: "no length", Behaviour: headers(scripted.Headers{Length: scripted.Absent}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C60", Setup: "Content-Type missing, text/html, application/json, octet-stream", Tries: append(
			eachType(ErrPull, Deny, scripted.Absent, "application/json", "application/octet-stream"),
			// A page of whoever stands before the registry: it may be gone in a minute.
			eachType(ErrPull, Warn, "text/html")...)},
		{ID: "C61", Setup: "401 without challenge / Negotiate only", Tries: []Try{
			{Name: "none", Behaviour: challenge(scripted.Auth{Scheme: scripted.Mute}), Node: ErrPull, Want: answers(Deny)},
			{Name: "Negotiate", Behaviour: challenge(scripted.Auth{Scheme: scripted.Mute, Challenges: []string{"Negotiate"}}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C62", Setup: "token POST 400/401/404/405, GET ok", Tries: tokenPost(Pulled, Allow, 400, 401, 404, 405)},
		{ID: "C63", Setup: "token POST 403/415; 500", Tries: append(tokenPost(ErrPull, Deny, 403, 415), tokenPost(ErrPull, Warn, 500)...)},
		{ID: "C64", Setup: "Basic line then Bearer line, anonymous ok", Tries: []Try{
			{Behaviour: challenge(scripted.Auth{Scheme: scripted.Bearer, Anonymous: scripted.AnyToken,
				Challenges: []string{`Basic realm="x"`, `Bearer realm="{realm}"`}}), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C65", Setup: "`Basic …, Bearer …` in one line, no creds", Tries: []Try{
			{Behaviour: challenge(scripted.Auth{Scheme: scripted.Bearer, Anonymous: scripted.AnyToken,
				Challenges: []string{`Basic realm="x", Bearer realm="{realm}"`}}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C66", Setup: "https registry, http realm; realm on RFC1918 IP", Tries: []Try{
			{Name: "https registry", Map: TLS, Behaviour: challenge(scripted.Auth{Scheme: scripted.Bearer, Anonymous: scripted.AnyToken, Realm: scripted.PrivateRealm}),
				Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "RFC1918 realm", Behaviour: challenge(scripted.Auth{Scheme: scripted.Bearer, Anonymous: scripted.AnyToken, Realm: scripted.PrivateRealm}),
				Node: Pulled, Want: answers(Allow, Warn)},
		}},
		{ID: "C67", Setup: "403 on HEAD and GET", Tries: []Try{
			{Behaviour: always(403), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C68", Setup: "429 four times then 200; always 429", Tries: []Try{
			{Name: "four times", Behaviour: head(429, 429, 429, 429, 200), Node: Pulled, Want: answers(Allow)},
			{Name: "always", Behaviour: always(429), Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C69", Setup: "503 once; 503 twice; 502 once", Tries: []Try{
			{Name: "503 once", Behaviour: head(503, 200), Node: Pulled, Want: answers(Allow)},
			{Name: "503 twice", Behaviour: head(503, 503, 200), Node: ErrPull, Want: answers(Warn)},
			{Name: "502 once", Behaviour: head(502, 200), Node: ErrPull, Want: answers(Warn)},
		}},
		{ID: "C70", Setup: "one redirect; redirect loop", Tries: []Try{
			{Name: "one", Behaviour: scripted.Behaviour{Redirect: scripted.Redirect{Hops: 1}}, Node: Pulled, Want: answers(Allow)},
			{Name: "loop", Behaviour: scripted.Behaviour{Redirect: scripted.Redirect{Hops: -1}}, Node: ErrPull, Want: answers(Deny)},
		}},
	}
}

func eachStatus(statuses []int, node NodeOutcome, want Answer, behaviour func(status int) scripted.Behaviour) (tries []Try) {
	for _, status := range statuses {
		tries = append(tries, Try{Name: fmt.Sprint(status), Behaviour: behaviour(status), Node: node, Want: answers(want)})
	}
	return tries
}

func eachType(node NodeOutcome, want Answer, mediaTypes ...string) (tries []Try) {
	for _, t := range mediaTypes {
		tries = append(tries, Try{Name: t, Behaviour: headers(scripted.Headers{Type: t}), Node: node, Want: answers(want)})
	}
	return tries
}

// tokenPost is a token server that answers POST so, and knows GET.
func tokenPost(node NodeOutcome, want Answer, statuses ...int) []Try {
	tries := eachStatus(statuses, node, want, func(status int) scripted.Behaviour {
		return challenge(scripted.Auth{Scheme: scripted.Bearer, Post: scripted.Statuses{status}})
	})
	for i := range tries {
		tries[i].Secrets = secrets(good(host))
	}
	return tries
}

func challenge(a scripted.Auth) scripted.Behaviour { return scripted.Behaviour{Auth: a} }
