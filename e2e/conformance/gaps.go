package conformance

import (
	"slices"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// gap reports whether only a named gap decides about a random run, or a request
// more or less, which no two clients share.
func (r Random) gap() bool {
	return gap(r.Behaviour) || r.Map.hasMirror() && (gap(r.Mirror) || hidden(r.Mirror))
}

// hidden reports whether a mirror that pullgate alone cannot see is odd besides.
func hidden(m scripted.Behaviour) bool {
	sees := slices.ContainsFunc(m.Front, func(f scripted.Front) bool { return f.Sees == scripted.SeesPullgate })
	m.Front, m.Content = nil, scripted.Content{}
	return sees && m.String() != scripted.Behaviour{}.String()
}

func gap(b scripted.Behaviour) bool {
	// C122: what is behind a redirect counts as there, and as it should be.
	if b.Content.LayerSize != "" && b.Blobs.Redirect != "" {
		return true
	}
	// And what HEAD says of a layer is believed.
	if b.Blobs.Head != nil && len(b.Layer)+len(b.Base) > 0 {
		return true
	}
	for _, f := range b.Front {
		if f.At == scripted.AtBlobs && f.Page.Status >= 300 && f.Page.Status < 400 {
			return true
		}
		// To refuse HEAD alone, and not as a page, is some registries' own way (C58).
		if f.Only == "HEAD" && f.Sees == scripted.SeesPullgate && (f.Page.Type == "" || f.Page.Type == "application/json") {
			return true
		}
	}
	return slices.ContainsFunc([]scripted.Statuses{b.Gate, b.Head, b.Get, b.Fetch, b.Config, b.Layer, b.Base, b.Auth.Post, b.Auth.Fetch}, lastDrop)
}

// lastDrop reports whether a client that drops end may yet be served by one
// request more: net/http asks again by itself where a connection was idle before.
func lastDrop(s scripted.Statuses) bool {
	const most = 5 // requests, as containerd has it
	return len(s) > most && slices.Contains(s[:most], scripted.Drop)
}
