package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// reportedEntries are what an index says of its children, B09 among it.
func reportedEntries() []Case {
	type child = scripted.Child
	const (
		ociManifest    = "application/vnd.oci.image.manifest.v1+json"
		ociIndex       = "application/vnd.oci.image.index.v1+json"
		dockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	)
	fine := amd64(child{})
	suits := func(pool Pool, name string, node NodeOutcome, want Answer, platforms ...string) Try {
		return Try{Name: name, Pool: pool, Behaviour: index(platforms...), Node: node, Want: answers(want)}
	}
	const by = "the node is what containerd's own matcher says: there is none of that kind here"
	return []Case{
		// The entry's word counts, and what it is served as does not.
		{ID: "C104", Setup: "media types of entries, and of what is served", Tries: []Try{
			{Name: "none", Behaviour: children(amd64(child{Type: scripted.Absent})), Node: ErrPull, Want: answers(Deny)},
			{Name: "none, second for amd64", Behaviour: children(fine, amd64(child{Type: scripted.Absent})), Node: ErrPull, Local: Pulled, Want: answers(Warn)},
			{Name: "none, of arm64", Behaviour: children(child{Platform: "linux/arm64", Type: scripted.Absent}, fine), Node: Pulled, Want: answers(Allow)},
			{Name: "text/plain", Behaviour: children(amd64(child{Type: "text/plain"})), Node: ErrPull, Want: answers(Deny)},
			{Name: "schema 1", Behaviour: children(amd64(child{Type: "application/vnd.docker.distribution.manifest.v1+prettyjws"})), Node: ErrPull, Want: answers(Deny)},
			{Name: "Docker's, and is OCI's", Behaviour: children(amd64(child{Type: dockerManifest})), Node: Pulled, Want: answers(Allow)},
			{Name: "index, and is a manifest", Behaviour: children(amd64(child{Type: ociIndex})), Node: ErrPull, Want: answers(Deny)},
			{Name: "manifest, and is an index", Behaviour: children(amd64(child{Type: ociManifest, Children: []child{fine}})), Node: ErrPull, Want: answers(Deny)},
			{Name: "served as text/html", Behaviour: children(amd64(child{Serves: html})), Node: Pulled, Want: answers(Allow)},
			{Name: "served as an index", Behaviour: children(amd64(child{Serves: ociIndex})), Node: Pulled, Want: answers(Allow)},
			{Name: "served without", Behaviour: children(amd64(child{Serves: scripted.Absent})), Node: Pulled, Want: answers(Allow)},
		}},
		{ID: "C107", Setup: "spellings of platforms; os.version and os.features on Linux", Tries: []Try{
			{Name: "x86_64", Behaviour: index("linux/x86_64"), Node: Pulled, Want: answers(Allow)},
			{Name: "capitals", Behaviour: index("Linux/AMD64"), Node: Pulled, Want: answers(Allow)},
			{Name: "os.version", Behaviour: index("linux/amd64:1.2.3"), Node: Pulled, Want: answers(Allow)},
			{Name: "os.features", Behaviour: children(amd64(child{Features: []string{"sev"}})), Node: ErrPull, Want: answers(Deny)},
			{Name: "os.features, missing, beside one that suits", Behaviour: children(amd64(child{Features: []string{"sev"}, Head: scripted.Statuses{404}, Get: scripted.Statuses{404}}), fine), Node: Pulled, Want: answers(Allow)},
			{Name: "another platform in the config", Behaviour: children(amd64(child{Config: "linux/arm64"})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "386 in the config, no platform", Behaviour: children(child{Config: "linux/386"}), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "two without, the second suits", Behaviour: children(child{Config: "linux/arm64"}, child{Config: "linux/amd64"}), Node: ErrPull, Want: answers(Deny)},
			{Name: "artifact for amd64, before an image", Behaviour: children(amd64(child{Kind: scripted.ORAS}), fine), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "artifact without, alone", Behaviour: children(child{Kind: scripted.ORAS}), Node: ErrPull, Want: answers(Deny)},
		}},
		{ID: "C108", Setup: "Windows builds (B09)", Note: by, Tries: []Try{
			suits(Windows2019, "2022 on 2019", ErrPull, Deny, "windows/amd64:10.0.20348.4052"),
			suits(Windows2022, "2019 on 2022", ErrPull, Deny, "windows/amd64:10.0.17763.7558"),
			suits(Windows2022, "2025 on 2022", ErrPull, Deny, "windows/amd64:10.0.26100.6584"),
			suits(Windows2025, "2019 on 2025", ErrPull, Deny, "windows/amd64:10.0.17763.7558"),
			suits(Windows2025, "2022 on 2025", Pulled, Allow, "windows/amd64:10.0.20348.4052"),
			suits(Windows2022, "2022 on 2022, another revision", Pulled, Allow, "windows/amd64:10.0.20348.1"),
			suits(Windows2019, "any on 2019", Pulled, Allow, "windows/amd64"),
			suits(Windows2019, "both on 2019", Pulled, Allow, "windows/amd64:10.0.20348.4052", "windows/amd64:10.0.17763.7558"),
			suits(Windows2019, "Linux on 2019", ErrPull, Deny, "linux/amd64"),
		}},
		{ID: "C109", Setup: "32-bit ARM, of which a node says only `arm`", Note: by, Tries: []Try{
			suits(ARM, "v7 only", SomePull, Warn, "linux/arm/v7"),
			suits(ARM, "v6 only", SomePull, Warn, "linux/arm/v6"),
			suits(ARM, "v5 only", SomePull, Warn, "linux/arm/v5"),
			suits(ARM, "all", Pulled, Allow, "linux/arm/v6", "linux/arm/v7", "linux/arm/v8"),
			suits(ARM, "arm64 only", ErrPull, Deny, "linux/arm64"),
			suits(ARM, "amd64 only", ErrPull, Deny, "linux/amd64"),
		}},
		// What a descriptor holds is not fetched.
		{ID: "C110", Setup: "a manifest or config in its descriptor's data, and not at the registry", Tries: []Try{
			{Name: "child", Behaviour: children(amd64(child{Data: true, Head: scripted.Statuses{404}, Get: scripted.Statuses{404}})), Node: Pulled, Want: answers(Allow, Warn)},
			{Name: "child, wrong size", Behaviour: children(amd64(child{Data: true, Size: "+5", Head: scripted.Statuses{404}, Get: scripted.Statuses{404}})), Node: ErrPull, Want: answers(Deny)},
			{Name: "config", Behaviour: scripted.Behaviour{Content: scripted.Content{ConfigData: true}, Config: scripted.Statuses{404}}, Node: Pulled, Want: answers(Allow, Warn)},
		}},
		{ID: "C111", Setup: "Content-Type of HEAD, of GET by digest, and what is served", Tries: []Try{
			{Name: "GET is text/html", Behaviour: headers(scripted.Headers{FetchType: html}), Node: Pulled, Want: answers(Allow)},
			{Name: "GET is text/html, index", Behaviour: typedIndex(scripted.Headers{FetchType: html}), Node: Pulled, Want: answers(Allow)},
			{Name: "GET without, index", Behaviour: typedIndex(scripted.Headers{FetchType: scripted.Absent}), Node: Pulled, Want: answers(Allow)},
			{Name: "Docker's, and is OCI's", Behaviour: headers(scripted.Headers{Type: dockerManifest}), Node: Pulled, Want: answers(Allow)},
			{Name: "Docker's list, and is OCI's", Behaviour: typedIndex(scripted.Headers{Type: "application/vnd.docker.distribution.manifest.list.v2+json"}), Node: Pulled, Want: answers(Allow)},
			{Name: "index, and is a manifest", Behaviour: headers(scripted.Headers{Type: ociIndex}), Node: ErrPull, Want: answers(Deny)},
			{Name: "manifest, and is an index", Behaviour: typedIndex(scripted.Headers{Type: ociManifest}), Node: ErrPull, Want: answers(Deny)},
		}},
	}
}

func typedIndex(h scripted.Headers) scripted.Behaviour {
	b := index("linux/amd64")
	b.Headers = h
	return b
}
