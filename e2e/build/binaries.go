package build

// The programs, as Ensure takes them.
const (
	Etcd          = "etcd"
	KubeAPIServer = "kube-apiserver"
	Kubectl       = "kubectl"
	Registry      = "registry"
	Pullgate      = "pullgate"
	Containerd    = "containerd"
)

// ControlPlane is what a cluster without nodes is made of.
func ControlPlane() []string { return []string{Etcd, KubeAPIServer, Kubectl} }

// All is every program that needs no root. Containerd does, and only the
// conformance cases run it.
func All() []string { return append(ControlPlane(), Registry, Pullgate) }

// binary says how one program is made. To add a program is to add a row.
type binary struct {
	// pkg is the main package, in the module that dir names.
	pkg string
	// module is whose version is shown, and given to Kubernetes programs.
	module string
	// version makes it a `go install pkg@version`: for programs whose
	// dependencies must not be mixed with those of this module.
	version string
	// parent builds in the product's module, and each time: its sources
	// change, and Go's build cache knows best which.
	parent bool
	// tags are build tags.
	tags string
	// first is about how long the first build takes, with nothing cached.
	first string
}

const kubernetes = "k8s.io/kubernetes"

func binaries() map[string]binary {
	return map[string]binary{
		Etcd:          {pkg: "./cmd/etcd", module: "go.etcd.io/etcd/server/v3", first: "20 seconds"},
		KubeAPIServer: {pkg: kubernetes + "/cmd/kube-apiserver", module: kubernetes, first: "6 minutes"},
		Kubectl:       {pkg: kubernetes + "/cmd/kubectl", module: kubernetes, first: "1 minute"},
		Registry:      {pkg: "github.com/distribution/distribution/v3/cmd/registry", version: "v3.1.2", first: "1 minute"},
		Containerd: {
			pkg: "github.com/containerd/containerd/v2/cmd/containerd", version: "v2.4.2",
			tags: "no_btrfs no_devmapper no_zfs no_aufs", first: "2 minutes",
		},
		Pullgate: {pkg: "./cmd/pullgate", parent: true, first: "1 minute"},
	}
}
