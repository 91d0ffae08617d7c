package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

func (d drawer) headers() (h scripted.Headers) {
	if d.chance(10) {
		h.Digest = one(d, scripted.Absent, scripted.Wrong, scripted.Invalid)
	}
	if d.chance(10) {
		h.Length = one(d, scripted.Absent, scripted.Absent, scripted.Big, "zero", "+1766", "-5")
	}
	if d.chance(10) {
		h.Type = one(d,
			scripted.Absent, "text/html", "text/plain", "text/plain; charset=utf-8", "application/json", "application/octet-stream",
			"application/vnd.oci.image.manifest.v1+json", "application/vnd.oci.image.manifest.v1+json; charset=utf-8",
			"application/vnd.docker.distribution.manifest.v2+json;charset=utf-8", "Application/Vnd.OCI.Image.Manifest.V1+JSON",
			"application/vnd.docker.distribution.manifest.v1+json", "application/vnd.docker.distribution.manifest.v1+prettyjws",
			"application/vnd.oci.image.index.v1+json", "application/vnd.docker.distribution.manifest.list.v2+json",
			"application/vnd.oci.artifact.manifest.v1+json", " application/vnd.oci.image.manifest.v1+json", "nonsense")
	}
	if d.chance(3) {
		h.FetchType = one(d, "text/html", scripted.Absent, "application/octet-stream")
	}
	h.Version = d.chance(50)
	if d.chance(10) {
		h.RetryAfter = one(d, "1", "3600", "soon")
	}
	return h
}

func (d drawer) content() scripted.Content {
	switch {
	case d.chance(50):
		return d.image()
	case d.chance(10):
		return scripted.Content{Kind: one(d, scripted.Helm, scripted.ORAS)}
	case d.chance(5):
		return scripted.Content{Kind: scripted.Schema1}
	case d.chance(12):
		return scripted.Content{Platform: one(d, "linux/arm64", "windows/amd64", "linux/386")}
	case d.chance(2):
		return scripted.Content{Size: 5 << 20}
	default:
		return scripted.Content{Kind: one(d, scripted.Index, scripted.Index, scripted.DockerList), Children: d.children(2)}
	}
}

// image draws one that mostly has nothing wrong.
func (d drawer) image() scripted.Content {
	c := scripted.Content{Kind: one(d, "", "", scripted.DockerImage)}
	if d.chance(75) {
		return c
	}
	size := one(d, "+5", "-5", scripted.Zero, scripted.Negative)
	switch d.IntN(9) {
	case 0:
		c.ConfigSize = size
	case 1:
		c.LayerSize = size
	case 2:
		c.BadConfig = true
	case 3:
		c.DiffIDs = 1
	case 4:
		c.Foreign = one(d, scripted.There, scripted.Here) // one that is gone is a known gap (C122)
	case 5:
		c.ConfigType = one(d, "application/octet-stream", "application/vnd.acme.config+json")
	case 6:
		c.LayerType = one(d, "application/vnd.acme.layer", "application/vnd.oci.image.layer.v1.tar+zstd")
	case 7:
		c.ConfigData = true
	default:
		c.Layers = one(d, 2, 3)
	}
	return c
}

func (d drawer) children(depth int) (all []scripted.Child) {
	for range one(d, 0, 1, 1, 2, 2, 3, 4) {
		c := scripted.Child{Platform: one(d, "linux/amd64", "linux/amd64", "linux/amd64", "linux/arm64", "linux/arm64/v8",
			"linux/amd64/v1", "linux/amd64/v2", "linux/amd64/v3", "linux/386", "linux/arm/v7", "windows/amd64:10.0.20348.4052", "linux/x86_64", "unknown/unknown", "")}
		if c.Platform == "" || d.chance(5) {
			c.Config = one(d, "linux/amd64", "linux/arm64", "linux/386", "linux/amd64/v3")
		}
		if c.Platform == "unknown/unknown" || c.Platform == "" && d.chance(30) {
			c.Kind = one(d, scripted.Attestation, scripted.Attestation, scripted.ORAS, scripted.Helm)
		}
		if depth > 0 && d.chance(10) {
			c.Kind, c.Children = "", append([]scripted.Child{{Platform: "linux/amd64"}}, d.children(depth-1)...)
			if d.chance(20) {
				c.Children = c.Children[1:]
			}
		}
		if d.chance(20) {
			d.spoil(&c)
		}
		all = append(all, c)
	}
	return all
}

// spoil has something wrong with a child.
func (d drawer) spoil(c *scripted.Child) {
	switch d.IntN(10) {
	case 0, 1, 2:
		c.Get = d.statuses()
		c.Head = c.Get
	case 3:
		c.Head = d.statuses()
	case 4:
		c.Get = d.statuses()
	case 5:
		c.Size = one(d, "+147", "-147", scripted.Zero, scripted.Negative)
	case 6:
		c.Type = one(d, scripted.Absent, "text/plain", "application/vnd.docker.distribution.manifest.v2+json",
			"application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json", "application/json")
	case 7:
		c.Serves = one(d, scripted.Absent, "text/html", "application/vnd.oci.image.index.v1+json")
	case 8:
		if c.Platform != "" {
			c.Features = one(d, nil, []string{"sev"})
		}
		c.Data = d.chance(50)
	default:
		if c.Kind == "" {
			c.LayerBlob = one(d, nil, d.statuses())
			c.BadConfig = c.LayerBlob == nil && d.chance(30)
		}
		if c.LayerBlob == nil && c.Kind != scripted.ORAS {
			c.ConfigBlob = d.statuses()
		}
	}
}
