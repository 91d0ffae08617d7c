package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// auth draws who is let in, and how that is said.
func (d drawer) auth() scripted.Auth {
	switch {
	case d.chance(25):
		return scripted.Auth{Scheme: scripted.Basic, Challenges: d.challenges(
			`Basic realm="x"`, `basic realm="x"`, `Basic`, `Negotiate`, `Basic realm="x", charset="UTF-8"`, `Digest realm="x", nonce="y"`)}
	case d.chance(8):
		return scripted.Auth{Scheme: scripted.Mute, Challenges: d.challenges(
			"Negotiate", "Bearer", `Bearer realm=""`, `Bearer realm="no URL"`, `Basic realm="x"`, `Digest realm="x", nonce="y"`, `Bearer realm="{realm}"`)}
	}
	a := scripted.Auth{
		Scheme:    scripted.Bearer,
		Error:     d.chance(60),
		Anonymous: one(d, "", scripted.AnyToken, scripted.AnyToken, scripted.UselessToken),
		Challenges: d.challenges(
			`Bearer realm="{realm}"`, `Bearer realm="{realm}",service="s"`, `bearer realm="{realm}"`, `Bearer realm={realm}`,
			`Basic realm="x"`, `Negotiate`, `Basic realm="x", Bearer realm="{realm}"`, `Bearer realm="{realm}", Basic realm="x"`,
			`Bearer realm="{realm}",scope="repository:other:pull"`, `Bearer realm="{realm}",scope=""`, `Bearer service="s"`,
			`Bearer realm="{realm}?account=x"`, `Bearer realm="{realm}",error="invalid_token"`),
	}
	if d.chance(15) {
		a.Post = d.tokenStatuses()
	}
	if d.chance(10) {
		a.Fetch = d.tokenStatuses()
	}
	if d.chance(15) {
		a.Token = one(d, "token", "access_token", "html", "empty")
	}
	if d.chance(5) {
		a.Realm = one(d, scripted.PrivateRealm, scripted.PrivateRealm, scripted.ClosedRealm)
	}
	return a
}

func (d drawer) tokenStatuses() scripted.Statuses {
	return one(d, d.statuses(), scripted.Statuses{one(d, 400, 401, 403, 404, 405, 415, 422, 429, 500, 503)})
}

// challenges are none, which means the scheme's own, or some of those given.
func (d drawer) challenges(of ...string) (some []string) {
	if d.chance(65) {
		return nil
	}
	for range one(d, 1, 1, 2, 3) {
		some = append(some, one(d, of...))
	}
	return some
}
