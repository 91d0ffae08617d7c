package containerd

import (
	"fmt"
	"strings"
)

// configuration is containerd's: as it is out of the box, for what decides about
// a pull. The rest is there so that containerd leaves the machine alone, and is
// quick.
func configuration(f *Folder, o Options) string {
	var b strings.Builder
	line := func(format string, args ...any) { _, _ = fmt.Fprintf(&b, format+"\n", args...) }
	line(`version = 3`)
	line(`root = %q`, f.Path("root"))
	line(`state = %q`, f.Path("state"))
	line(`temp = %q`, f.Path("temp"))
	// Not /etc/containerd/conf.d, which is the machine's.
	line(`imports = []`)
	line(`disabled_plugins = [%s]`, quoted(disabledPlugins()))
	line(`required_plugins = ["io.containerd.grpc.v1.cri"]`)
	line(`[grpc]`)
	line(`address = %q`, socket(f))
	line(`[ttrpc]`)
	line(`address = %q`, socket(f)+".ttrpc")
	line(`[debug]`)
	line(`level = "debug"`)
	line(`address = %q`, f.Path("debug.sock"))
	line(`[plugins."io.containerd.cri.v1.images"]`)
	line(`snapshotter = "overlayfs"`)
	if o.LocalPull {
		line(`use_local_image_pull = true`)
	}
	line(`[plugins."io.containerd.cri.v1.images".registry]`)
	line(`config_path = %q`, o.CertsD)
	if o.Header != "" {
		line(`[plugins."io.containerd.cri.v1.images".registry.headers]`)
		line(`%s = ["yes"]`, o.Header)
	}
	// Nothing of it need outlast the process.
	line(`[plugins."io.containerd.metadata.v1.bolt"]`)
	line(`no_sync = true`)
	// The CRI service comes as a whole. Where no container is ever made, what
	// runs them is told to look at folders that are not there.
	r := Runtime{CNIBin: f.Path("cni-bin"), CNIConf: f.Path("cni-conf")}
	if o.Runtime != nil {
		r = *o.Runtime
		line(`[plugins."io.containerd.cri.v1.images".pinned_images]`)
		line(`sandbox = %q`, r.Pause)
		line(`[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]`)
		line(`runtime_type = "io.containerd.runc.v2"`)
		line(`runtime_path = %q`, r.Shim)
		line(`[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]`)
		line(`BinaryName = %q`, r.Runc)
		line(`SystemdCgroup = false`)
	}
	line(`[plugins."io.containerd.cri.v1.runtime"]`)
	line(`disable_apparmor = true`)
	line(`restrict_oom_score_adj = true`)
	line(`netns_mounts_under_state_dir = true`)
	line(`cdi_spec_dirs = []`)
	line(`[plugins."io.containerd.cri.v1.runtime".cni]`)
	line(`bin_dirs = [%q]`, r.CNIBin)
	line(`conf_dir = %q`, r.CNIConf)
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
