package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// What the tables are written with.

// private demands Basic authentication.
func private() scripted.Behaviour {
	return scripted.Behaviour{Auth: scripted.Auth{Scheme: scripted.Basic}}
}

// privateBearer is private as the large registries are: an anonymous token is
// to be had, and opens nothing.
func privateBearer() scripted.Behaviour {
	return scripted.Behaviour{Auth: scripted.Auth{Scheme: scripted.Bearer, Error: true, Anonymous: scripted.UselessToken}}
}

// public demands a token, which everybody gets.
func public() scripted.Behaviour {
	return scripted.Behaviour{Auth: scripted.Auth{Scheme: scripted.Bearer, Error: true, Anonymous: scripted.AnyToken}}
}

// gone has nothing.
func gone() scripted.Behaviour { return always(404) }

// always answers with a status.
func always(status int) scripted.Behaviour {
	return scripted.Behaviour{Gate: scripted.Statuses{status}}
}

// head answers HEAD with these statuses, and serves GET.
func head(statuses ...int) scripted.Behaviour { return scripted.Behaviour{Head: statuses} }

func headers(h scripted.Headers) scripted.Behaviour { return scripted.Behaviour{Headers: h} }

func content(c scripted.Content) scripted.Behaviour { return scripted.Behaviour{Content: c} }

// index has one child for each platform.
func index(platforms ...string) scripted.Behaviour {
	c := scripted.Content{Kind: scripted.Index}
	for _, p := range platforms {
		c.Children = append(c.Children, scripted.Child{Platform: p})
	}
	return content(c)
}

// tagged has another tag than v1.
func tagged(tag string, b scripted.Behaviour) scripted.Behaviour {
	b.Tag = tag
	return b
}

func answers(a ...Answer) []Answer { return a }

func secrets(s ...Secret) []Secret { return s }

// host is the key of a pull Secret for the try's own registry.
const host = "{host}"
