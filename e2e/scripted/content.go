package scripted

// The kinds of Content and of a Child. The zero value is an OCI image, and in a
// manifest list of Docker one of schema 2.
const (
	DockerImage = "docker"  // schema 2
	Index       = "index"   // an OCI index
	DockerList  = "list"    // a Docker manifest list
	Helm        = "helm"    // an artifact with a config of its own
	ORAS        = "oras"    // an artifact with the empty config
	Schema1     = "schema1" // what Docker 1.9 pushed
	// Attestation is what a build says of the image beside it. A Child alone is
	// of that kind.
	Attestation = "attestation"
)

// Content is what a repository holds.
type Content struct {
	Kind string `json:"kind,omitempty"`
	// Platform is what the config of an image says, linux/amd64 if empty.
	Platform string `json:"platform,omitempty"`
	// Children are those of an index.
	Children []Child `json:"children,omitempty"`
	// Size is what the manifest is padded to, in bytes.
	Size int `json:"size,omitempty"`
	// DiffIDs are added to the config, beyond the layers that there are.
	DiffIDs int `json:"diffIDs,omitempty"`
	// BadConfig is a config that is no JSON.
	BadConfig bool `json:"badConfig,omitempty"`

	// Layers is how many layers there are, one if zero.
	Layers int `json:"layers,omitempty"`
	// ConfigSize and LayerSize are what the manifest says of the config and of
	// the last layer; ConfigType and LayerType are their media types.
	ConfigSize Size   `json:"configSize,omitempty"`
	LayerSize  Size   `json:"layerSize,omitempty"`
	ConfigType string `json:"configType,omitempty"`
	LayerType  string `json:"layerType,omitempty"`
	// ConfigData has the manifest hold the config as well.
	ConfigData bool `json:"configData,omitempty"`
	// Foreign has the last layer at a URL that the manifest names: There, or
	// Gone, where neither the URL nor the registry has it, or Here, where the
	// registry does.
	Foreign string `json:"foreign,omitempty"`
	// Common are layers that all images with this have in common, so that a node
	// may have them already.
	Common bool `json:"common,omitempty"`
}

// Values of Content.Foreign.
const (
	There = "there"
	Gone  = "gone"
	Here  = "here"
)

// Child is an entry of an index.
type Child struct {
	// Platform is what the index says of it, nothing if empty. A version of the
	// operating system goes behind a colon.
	Platform string `json:"platform,omitempty"`
	// Features are the os.features that the index says of it.
	Features []string `json:"features,omitempty"`
	// Config is the platform that its config says, Platform if empty.
	Config string `json:"config,omitempty"`
	// Kind is that of an image, if it is not the index's, or of an artifact.
	Kind string `json:"kind,omitempty"`
	// Children make it an index again, even if there are none.
	Children []Child `json:"children,omitzero"`

	// Size is what the index says of its length.
	Size Size `json:"size,omitempty"`
	// Type is the media type that the index says, Absent for none.
	Type string `json:"type,omitempty"`
	// Data has the index hold the manifest as well.
	Data bool `json:"data,omitempty"`
	// Serves is the Content-Type that its manifest is served with.
	Serves string `json:"serves,omitempty"`
	// Head and Get are the statuses of its manifest by digest.
	Head Statuses `json:"head,omitempty"`
	Get  Statuses `json:"get,omitempty"`
	// ConfigBlob and LayerBlob are those of its config and of its layer.
	ConfigBlob Statuses `json:"configBlob,omitempty"`
	LayerBlob  Statuses `json:"layerBlob,omitempty"`
	// BadConfig is a config that is no JSON.
	BadConfig bool `json:"badConfig,omitempty"`
}
