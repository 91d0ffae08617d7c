package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"

	"github.com/vishvananda/netlink"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/containerd"
)

// podSubnet is where Pods get their addresses from, of those for documentation.
const podSubnet = "198.51.100.0/24"

// configureNetwork makes the folders of the network plugins and of their
// configuration: a pair of links between each Pod and the node, and nothing
// beyond.
func configureNetwork(f *containerd.Folder, binaries build.Paths) (bin, conf string, err error) {
	if err := makeFolders(f, "cni-bin", "cni-conf"); err != nil {
		return "", "", err
	}
	for _, name := range []string{build.CNIPtp, build.CNIHostLocal, build.CNILoopback} {
		if err := os.Symlink(binaries[name], filepath.Join(f.Path("cni-bin"), name)); err != nil {
			return "", "", err
		}
	}
	list, err := json.Marshal(map[string]any{
		"cniVersion": "1.0.0",
		"name":       "pods",
		"plugins": []any{map[string]any{
			"type":   build.CNIPtp,
			"ipMasq": false, // It would need iptables.
			"ipam": map[string]any{
				"type":    build.CNIHostLocal,
				"dataDir": f.Path("cni-addresses"),
				"ranges":  []any{[]any{map[string]any{"subnet": podSubnet}}},
				"routes":  []any{map[string]any{"dst": "0.0.0.0/0"}},
			},
		}},
	})
	if err != nil {
		return "", "", err
	}
	return f.Path("cni-bin"), f.Path("cni-conf"), os.WriteFile(f.Path("cni-conf/pods.conflist"), list, 0o600)
}

// links are those that were there before the node.
type links struct{ before map[int]bool }

func noteLinks() (*links, error) {
	all, err := netlink.LinkList()
	if err != nil {
		return nil, fmt.Errorf("list the links: %w", err)
	}
	l := &links{before: map[int]bool{}}
	for _, link := range all {
		l.before[link.Attrs().Index] = true
	}
	return l, nil
}

// remove removes the links that Pods have left. The plugin removes them with the
// Pod, unless it was not asked to.
func (l *links) remove() {
	if l == nil {
		return
	}
	all, err := netlink.LinkList()
	if err != nil {
		return
	}
	for _, link := range all {
		if !l.before[link.Attrs().Index] {
			_ = netlink.LinkDel(link)
		}
	}
}
