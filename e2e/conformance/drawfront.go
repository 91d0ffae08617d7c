package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// fronts draws who stands before the registry: a page that everybody sees or
// pullgate alone, or the registry's own way to refuse everybody. What nodes alone
// see cannot be known from here, nor what is no page to those who see it.
func (d drawer) fronts() []scripted.Front {
	if d.chance(20) {
		return one(d, refusals()...).fronts
	}
	f := scripted.Front{
		Page: one(d, foreignPages()...).page,
		At:   one(d, "", "", "", scripted.AtManifests, scripted.AtBlobs, scripted.AtToken, scripted.AtToken),
		Only: one(d, "", "", "", "", "HEAD", "GET"),
		Sees: one(d, scripted.SeesPullgate, scripted.SeesPullgate, ""),
	}
	if d.chance(15) {
		f.Page = scripted.Page{Status: one(d, 429, 500, 502, 503, 504, scripted.Drop), Type: html, Body: "<html>busy</html>"}
	}
	if d.chance(40) {
		f.First = one(d, 1, 1, 2, 3)
	}
	// Layers are asked for with HEAD: that GET alone is refused does not show.
	if f.At == scripted.AtBlobs && f.Only == "GET" {
		f.Only = ""
	}
	return []scripted.Front{f}
}

// seen takes from a registry what a front hides from pullgate alone: one that has
// the GET by tag decide hides what HEAD says, and shows what nodes never ask for.
func seen(b scripted.Behaviour) scripted.Behaviour {
	for _, f := range b.Front {
		status := f.Page.Status
		if f.Sees == scripted.SeesPullgate && f.Only != "GET" && (status == 405 || status >= 200 && status < 400) {
			b.Head, b.Get, b.Headers.Length, b.Headers.Digest, b.Redirect.Signed = nil, nil, "", "", false
		}
	}
	return b
}

// blobs draws what becomes of configs and layers; weight makes it more likely that
// something does.
func (d drawer) blobs(b *scripted.Behaviour, weight int) {
	artifact := b.Content.Kind == scripted.ORAS
	// The empty config of an artifact is on every node that ever had one.
	if d.chance(5*weight) && !artifact {
		b.Config = d.statuses()
	}
	if d.chance(5*weight) && b.Content.Foreign == "" {
		b.Layer = d.statuses()
	}
	if d.chance(3*weight) && b.Content.Layers > 1 {
		b.Base = d.statuses()
	}
	if d.chance(8 * weight) {
		b.Blobs.Redirect = one(d, scripted.Serving, scripted.Serving, scripted.Signed) // an empty store is a known gap (C122)
	}
	if d.chance(5 * weight) {
		b.Blobs.Head = one(d, scripted.Statuses{405}, scripted.Statuses{401}, d.statuses())
	}
	if d.chance(2 * weight) {
		b.Blobs.Length = one(d, "+9", scripted.Zero)
	}
}
