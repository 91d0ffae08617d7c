package build

import "slices"

// The programs, as Ensure takes them.
const (
	Etcd                  = "etcd"
	KubeAPIServer         = "kube-apiserver"
	KubeControllerManager = "kube-controller-manager"
	KubeScheduler         = "kube-scheduler"
	Kubectl               = "kubectl"
	Kubelet               = "kubelet"
	Registry              = "registry"
	Pullgate              = "pullgate"
	Containerd            = "containerd"
	ContainerdShim        = "containerd-shim-runc-v2"
	Runc                  = "runc"
	CNIPtp                = "ptp"
	CNIHostLocal          = "host-local"
	CNILoopback           = "loopback"
	Pause                 = "pause"
	// NoOp is the webhook that pullgate is measured beside.
	NoOp = "noop"
	// PullgateMovable is Pullgate whose clock can be moved, and whose DNS server
	// chosen, without a hand on the machine's own: see overlay.go.
	PullgateMovable = "pullgate-movable"
	// ECRProvider is AWS's credential provider, as the nodes of EKS run it.
	ECRProvider = "ecr-credential-provider"
	// FakeProvider is a credential provider that answers as it is told.
	FakeProvider = "fakeprovider"
	// KubeletProvider is the kubelet's code for credential providers, in a process for
	// each configuration.
	KubeletProvider = "kubeletprovider"
	// PullgateProviders is pullgate's code for them, in a process as well: tests that
	// do as they are told.
	PullgateProviders = "pullgate-providers"
	// SetupEnvtest fetches a control plane: see envtest.go.
	SetupEnvtest = "setup-envtest"
)

// ControlPlane is what a cluster without nodes is made of.
func ControlPlane() []string { return []string{Etcd, KubeAPIServer, Kubectl} }

// Basic is a control plane, a registry and pullgate: what most commands start.
func Basic() []string { return append(ControlPlane(), Registry, Pullgate) }

// All is every program that the tests without root run. A controller manager is
// among them: what becomes of a Deployment can't be seen without.
func All() []string { return append(Basic(), KubeControllerManager, ECRProvider, FakeProvider) }

// Rooted is every program that the tests with root run: a cluster with a node, and a
// registry.
func Rooted() []string {
	return slices.Concat(ControlPlane(), []string{KubeControllerManager, KubeScheduler, Registry}, Node())
}

// Node is what a node is made of. It needs root, on Linux.
func Node() []string {
	return []string{Kubelet, Containerd, ContainerdShim, Runc, CNIPtp, CNIHostLocal, CNILoopback, Pause}
}

// binary says how one program is made. To add a program is to add a row.
type binary struct {
	// pkg is the main package, in the module that dir names.
	pkg string
	// module is whose version is shown, and given to Kubernetes programs.
	module string
	// version makes it a `go install pkg@version`: for programs whose
	// dependencies must not be mixed with those of this module.
	version string
	// parent builds in the product's module.
	parent bool
	// changes builds each time: its sources change, and Go's build cache knows best
	// which.
	changes bool
	// nested is the module in a folder of this one that it is built in: for
	// programs that only a go.mod file can pin, and whose dependencies must not be
	// mixed with those of this module.
	nested string
	// test makes it the program of the package's tests.
	test bool
	// movable compiles it with the standard library of overlay.go.
	movable bool
	// tags are build tags.
	tags string
	// library is the C library, as pkg-config knows it, that it is linked with.
	library string
	// asked is how a ready-made one is asked for its version, where one will do
	// that has the minor version of module.
	asked *question
	// first is about how long the first build takes, with nothing cached.
	first string
}

const (
	kubernetes   = "k8s.io/kubernetes"
	containerd   = "github.com/containerd/containerd/v2"
	cniPlugins   = "github.com/containernetworking/plugins"
	setupEnvtest = "sigs.k8s.io/controller-runtime/tools/setup-envtest"
	providerAWS  = "k8s.io/cloud-provider-aws"

	containerdVersion = "v2.4.2"
	cniVersion        = "v1.10.0"
)

func binaries() map[string]binary {
	return map[string]binary{
		Etcd: {
			pkg: "./cmd/etcd", module: "go.etcd.io/etcd/server/v3", first: "20 seconds",
			asked: &question{args: []string{"--version"}, answer: `^etcd Version: (\d+\.\d+\.\S+)`},
		},
		KubeAPIServer: {
			pkg: kubernetes + "/cmd/kube-apiserver", module: kubernetes, first: "3 minutes",
			asked: &question{args: []string{"--version"}, answer: `^Kubernetes (v\d+\.\d+\.\S+)`},
		},
		KubeControllerManager: {pkg: kubernetes + "/cmd/kube-controller-manager", module: kubernetes, first: "1 minute"},
		KubeScheduler:         {pkg: kubernetes + "/cmd/kube-scheduler", module: kubernetes, first: "1 minute"},
		Kubectl: {
			pkg: kubernetes + "/cmd/kubectl", module: kubernetes, first: "30 seconds",
			asked: &question{args: []string{"version", "--client", "-o", "json"}, answer: `"gitVersion": *"(v\d+\.\d+\.[^"]+)"`},
		},
		Kubelet:      {pkg: kubernetes + "/cmd/kubelet", module: kubernetes, first: "1 minute"},
		Registry:     {pkg: "./cmd/registry", module: "github.com/distribution/distribution/v3", first: "20 seconds"},
		SetupEnvtest: {pkg: setupEnvtest, module: setupEnvtest, first: "20 seconds"},
		Containerd: {
			pkg: containerd + "/cmd/containerd", version: containerdVersion,
			tags: "no_btrfs,no_devmapper,no_zfs,no_aufs", first: "2 minutes",
		},
		ContainerdShim: {pkg: containerd + "/cmd/containerd-shim-runc-v2", version: containerdVersion, first: "1 minute"},
		// Debian's own runc is too old for new kernels.
		Runc: {
			pkg: "github.com/opencontainers/runc", version: "v1.5.2",
			tags: "seccomp", library: "libseccomp", first: "30 seconds",
		},
		CNIPtp:       {pkg: cniPlugins + "/plugins/main/ptp", version: cniVersion, first: "20 seconds"},
		CNIHostLocal: {pkg: cniPlugins + "/plugins/ipam/host-local", version: cniVersion, first: "10 seconds"},
		CNILoopback:  {pkg: cniPlugins + "/plugins/main/loopback", version: cniVersion, first: "10 seconds"},
		Pause:        {pkg: "./cmd/pause", first: "2 seconds"},
		NoOp:         {pkg: "./cmd/noop", module: "sigs.k8s.io/controller-runtime", first: "20 seconds"},
		// Its go.mod replaces a module, which `go install` refuses.
		ECRProvider:       {pkg: providerAWS + "/cmd/ecr-credential-provider", module: providerAWS, nested: "plugins", first: "1 minute"},
		FakeProvider:      {pkg: "./cmd/fakeprovider", changes: true, first: "2 seconds"},
		KubeletProvider:   {pkg: "./cmd/kubeletprovider", module: kubernetes, changes: true, first: "30 seconds"},
		Pullgate:          {pkg: "./cmd/pullgate", parent: true, changes: true, first: "1 minute"},
		PullgateProviders: {pkg: "./cmd/pullgate/conformance", parent: true, changes: true, test: true, first: "1 minute"},
		// All of the standard library anew, and all that stands on it.
		PullgateMovable: {pkg: "./cmd/pullgate", parent: true, changes: true, movable: true, first: "3 minutes"},
	}
}
