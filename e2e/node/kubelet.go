package node

import (
	"context"
	"errors"
	"fmt"
	"os"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/cluster"
	"github.com/pullgate/pullgate/e2e/process"
)

func (n *Node) startKubelet(ctx context.Context, c *cluster.Cluster, o Options) error {
	if err := makeFolders(n.folder, "kubelet", "pods", "kubelet-plugins"); err != nil {
		return err
	}
	// The Node authorizer knows a node by such a name.
	kubeconfig, err := c.ClientKubeconfig("system:node:"+n.name, "system:nodes")
	if err != nil {
		return err
	}
	config, err := n.kubeletConfiguration()
	if err != nil {
		return err
	}
	if err := os.WriteFile(n.folder.Path(clientCA), c.RESTConfig().CAData, 0o600); err != nil {
		return err
	}
	file := n.folder.Path("kubelet.yaml")
	if err := os.WriteFile(file, config, 0o600); err != nil {
		return err
	}
	args := []string{
		"--config=" + file,
		"--kubeconfig=" + kubeconfig,
		"--root-dir=" + n.folder.Path("kubelet"),
		"--cert-dir=" + n.folder.Path("kubelet/pki"),
		"--hostname-override=" + n.name,
		"--node-ip=" + Address,
	}
	if o.CredentialProviders != "" {
		args = append(args, "--image-credential-provider-config="+o.CredentialProviders, "--image-credential-provider-bin-dir="+o.ProviderBinDir)
	}
	n.kubelet, err = process.Start(process.Options{
		Name: "kubelet",
		Path: o.Binaries[build.Kubelet],
		Args: args,
		Dir:  n.folder.Path(""),
	})
	if err != nil {
		return err
	}
	return n.kubelet.WaitReady(ctx, func(ctx context.Context) error {
		node, err := c.Client().CoreV1().Nodes().Get(ctx, n.name, metav1.GetOptions{})
		if err != nil {
			return err
		}
		return schedulable(node)
	})
}

// clientCA has signed the certificates of those whom the kubelet answers.
const clientCA = "client-ca.crt"

// schedulable tells why no Pod can land on a node.
func schedulable(node *corev1.Node) error {
	ready := errors.New("the node has no status yet")
	for _, c := range node.Status.Conditions {
		if c.Type != corev1.NodeReady {
			continue
		}
		if ready = nil; c.Status != corev1.ConditionTrue {
			ready = fmt.Errorf("the node is not ready: %s: %s", c.Reason, c.Message)
		}
	}
	if ready != nil {
		return ready
	}
	if len(node.Spec.Taints) > 0 {
		return fmt.Errorf("the node has the taint %s, which is for the controller manager to remove", node.Spec.Taints[0].Key)
	}
	return nil
}

// kubeletConfiguration is the kubelet's as it is out of the box, for what decides
// about a pull. The rest is there so that it runs beside others on any machine,
// and leaves it alone.
func (n *Node) kubeletConfiguration() ([]byte, error) {
	ports, err := process.FreePorts(2)
	if err != nil {
		return nil, err
	}
	return yaml.Marshal(map[string]any{
		"apiVersion":               "kubelet.config.k8s.io/v1beta1",
		"kind":                     "KubeletConfiguration",
		"containerRuntimeEndpoint": n.containerd.Endpoint(),
		"podLogsDir":               n.folder.Path("pods"),
		"volumePluginDir":          n.folder.Path("kubelet-plugins"),

		"address":            Address,
		"port":               ports[0],
		"healthzBindAddress": "127.0.0.1",
		"healthzPort":        ports[1],
		// The API server, for kubectl logs, and nobody else.
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": false},
			"x509":      map[string]any{"clientCAFile": n.folder.Path(clientCA)},
		},
		"authorization": map[string]any{"mode": "AlwaysAllow"},

		// A cgroup of our own, in whichever version the machine has, without
		// the hierarchy of which one would need to own the root.
		"cgroupDriver":           "cgroupfs",
		"cgroupRoot":             n.cgroup(),
		"cgroupsPerQOS":          false,
		"enforceNodeAllocatable": []string{},
		"failCgroupV1":           false,

		"failSwapOn":                    false,
		"oomScoreAdj":                   0,
		"makeIPTablesUtilChains":        false,
		"localStorageCapacityIsolation": false,
		// A full disk is not what Pods are to fail from, and images stay.
		"evictionHard":                map[string]string{"memory.available": "1Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%"},
		"imageGCHighThresholdPercent": 100,
	})
}
