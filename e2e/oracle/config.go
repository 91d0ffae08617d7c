package oracle

import (
	"fmt"
	"strings"
)

// config is containerd's configuration: as it is out of the box, for what
// decides about a pull. The rest is there so that containerd leaves the machine
// alone, and is quick.
func (n *Node) config(certsD string) string {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line(`version = 3`)
	line(`root = %q`, n.path("root"))
	line(`state = %q`, n.path("state"))
	line(`temp = %q`, n.path("temp"))
	// Not /etc/containerd/conf.d, which is the machine's.
	line(`imports = []`)
	line(`disabled_plugins = [%s]`, quoted(disabledPlugins()))
	line(`required_plugins = ["io.containerd.grpc.v1.cri"]`)
	line(`[grpc]`)
	line(`address = %q`, n.socket())
	line(`[ttrpc]`)
	line(`address = %q`, n.socket()+".ttrpc")
	line(`[debug]`)
	line(`level = "debug"`)
	line(`address = %q`, n.path("debug.sock"))
	line(`[plugins."io.containerd.cri.v1.images"]`)
	line(`snapshotter = "overlayfs"`)
	line(`[plugins."io.containerd.cri.v1.images".registry]`)
	line(`config_path = %q`, certsD)
	// The CRI service comes as a whole. What runs containers is told to look
	// at empty folders, and no container is ever made.
	line(`[plugins."io.containerd.cri.v1.runtime"]`)
	line(`disable_apparmor = true`)
	line(`restrict_oom_score_adj = true`)
	line(`cdi_spec_dirs = []`)
	line(`[plugins."io.containerd.cri.v1.runtime".cni]`)
	line(`bin_dirs = [%q]`, n.path("cni-bin"))
	line(`conf_dir = %q`, n.path("cni-conf"))
	// Nothing of it need outlast the process.
	line(`[plugins."io.containerd.metadata.v1.bolt"]`)
	line(`no_sync = true`)
	return b.String()
}

// disabledPlugins would write outside our folder, or read the machine's.
func disabledPlugins() []string {
	return []string{
		"io.containerd.image-verifier.v1.bindir",
		"io.containerd.internal.v1.opt",
		"io.containerd.internal.v1.tracing",
		"io.containerd.monitor.task.v1.cgroups",
		"io.containerd.nri.v1.nri",
		"io.containerd.snapshotter.v1.blockfile",
		"io.containerd.snapshotter.v1.erofs",
		"io.containerd.snapshotter.v1.native",
		"io.containerd.tracing.processor.v1.otlp",
	}
}

func quoted(names []string) string {
	var q []string
	for _, name := range names {
		q = append(q, fmt.Sprintf("%q", name))
	}
	return strings.Join(q, ", ")
}
