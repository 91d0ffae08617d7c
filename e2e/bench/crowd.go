package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Crowd is pullgate in a large cluster.
type Crowd struct {
	Nodes      int `json:"nodes"`
	Namespaces int `json:"namespaces"`
	Pods       int `json:"pods"`
	// Ready is from exec to ready, in seconds.
	Ready float64 `json:"ready_s"`
	// PeakRSS is the most while it starts and looks up what runs, RSS what is left
	// a while later, both in MiB.
	PeakRSS float64 `json:"peakRSS_MiB"`
	RSS     float64 `json:"rss_MiB"`
	// Received and Sent are between pullgate and the API server meanwhile, in MiB,
	// with TLS and compressed as they are; Asked are the requests.
	Received float64        `json:"received_MiB"`
	Sent     float64        `json:"sent_MiB"`
	Asked    map[string]int `json:"asked"`
}

// crowd fills the cluster, and measures requests on the way as nodes are added, and
// pullgate's start in the end.
func (b *Bench) crowd(ctx context.Context) (g Growth, c Crowd, err error) {
	c = Crowd{Nodes: 5000, Namespaces: 10_000, Pods: 50_000}
	sizes := []int{1, 10, 100, 1000, 5000}
	if b.options.Short {
		c = Crowd{Nodes: 20, Namespaces: 20, Pods: 50}
		sizes = []int{1, 20}
	}
	if g, err = b.growOfNodes(ctx, sizes); err != nil {
		return g, c, fmt.Errorf("nodes: %w", err)
	}
	b.tell("a cluster of %d namespaces and %d Pods", c.Namespaces, c.Pods)
	if err := b.fill(ctx, c); err != nil {
		return g, c, fmt.Errorf("fill the cluster: %w", err)
	}
	relay, err := b.relay()
	if err != nil {
		return g, c, err
	}
	defer func() { _ = relay.listener.Close() }()
	before, err := b.asked()
	if err != nil {
		return g, c, err
	}
	begun := time.Now()
	b.stopPullgate()
	if b.server, err = pullgate.Start(ctx, b.cluster, b.pullgateOptions(pullgate.Options{WarmUp: true, APIServer: "https://" + relay.listener.Addr().String()})); err != nil {
		return g, c, err
	}
	c.Ready = time.Since(begun).Seconds()
	for range 60 {
		if err := b.sleep(ctx, time.Second); err != nil {
			return g, c, err
		}
		if c.RSS, err = b.rss(); err != nil {
			return g, c, err
		}
		c.PeakRSS = max(c.PeakRSS, c.RSS)
	}
	c.Received, c.Sent = float64(relay.received.Load())/(1<<20), float64(relay.sent.Load())/(1<<20)
	after, err := b.asked()
	if err != nil {
		return g, c, err
	}
	c.Asked = map[string]int{}
	for what, n := range after {
		if n > before[what] {
			c.Asked[what] = n - before[what]
		}
	}
	return g, c, nil
}

// growOfNodes asks about an image for several platforms, which has to be held
// against the nodes.
func (b *Bench) growOfNodes(ctx context.Context, sizes []int) (g Growth, err error) {
	g.Of = "nodes"
	pod := podOf(b.namespaces[warm][0], image(repository(repositories-1), 0))
	nodes := 0
	for _, size := range sizes {
		b.tell("the cost of a request with %d nodes", size)
		err := b.many(ctx, size-nodes, func(ctx context.Context, i int) error {
			_, err := b.client.CoreV1().Nodes().Create(ctx, nodeOf(nodes+i), metav1.CreateOptions{})
			return err
		})
		if err != nil {
			return g, err
		}
		nodes = size
		if err := b.sleep(ctx, 2*time.Second); err != nil { // for the informer to hear of them
			return g, err
		}
		points, err := b.costs(ctx, b.of(size, same(pod)))
		if err != nil {
			return g, err
		}
		g.Points = append(g.Points, points...)
	}
	return g, nil
}

// nodeOf is a node that says as much of itself as a real one.
func nodeOf(n int) *corev1.Node {
	name := fmt.Sprintf("node-%05d", n)
	node := &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{
			corev1.LabelHostname: name, corev1.LabelOSStable: "linux", corev1.LabelArchStable: "amd64",
			corev1.LabelTopologyZone: fmt.Sprint("zone-", n%3), corev1.LabelInstanceTypeStable: "large", "example.com/pool": fmt.Sprint("pool-", n%10),
		}},
		Status: corev1.NodeStatus{
			NodeInfo: corev1.NodeSystemInfo{OperatingSystem: "linux", Architecture: "amd64", KubeletVersion: "v1.37.2"},
			Capacity: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("16"), corev1.ResourceMemory: resource.MustParse("64Gi")},
		},
	}
	// The kubelet's own limit.
	for i := range 50 {
		repo := fmt.Sprintf("%s/team-%d/service-%d", host, i%7, (n+i*11)%500)
		node.Status.Images = append(node.Status.Images, corev1.ContainerImage{
			Names: []string{repo + "@sha256:" + fmt.Sprintf("%064x", (n+i*11)%500), repo + ":v1.2.3"}, SizeBytes: 123456789,
		})
	}
	return node
}

// fill makes namespaces and Pods that run, of few images.
func (b *Bench) fill(ctx context.Context, c Crowd) error {
	err := b.many(ctx, c.Namespaces, func(ctx context.Context, i int) error {
		_, err := b.client.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{
			Name: fmt.Sprintf("team-%05d", i), Labels: map[string]string{callsLabel: "none", "example.com/team": fmt.Sprint("team-", i)},
		}}, metav1.CreateOptions{})
		return err
	})
	if err != nil {
		return err
	}
	namespaces := b.namespaces[none]
	return b.many(ctx, c.Pods, func(ctx context.Context, i int) error {
		pod := podOf(namespaces[i%len(namespaces)], image(repository(i%100), i%100))
		pod.Spec.NodeName = fmt.Sprintf("node-%05d", i%c.Nodes)
		_, err := b.client.CoreV1().Pods(pod.Namespace).Create(ctx, pod, metav1.CreateOptions{})
		return err
	})
}

// many does something n times, several at once.
func (b *Bench) many(ctx context.Context, n int, do func(context.Context, int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(clients)
	for i := range n {
		group.Go(func() error { return do(ctx, i) })
	}
	return group.Wait()
}

// relay stands between pullgate and the API server, and counts bytes.
type relay struct {
	listener       net.Listener
	received, sent atomic.Int64
}

func (b *Bench) relay() (*relay, error) {
	server, err := url.Parse(b.cluster.RESTConfig().Host)
	if err != nil {
		return nil, err
	}
	l, err := process.Listen()
	if err != nil {
		return nil, err
	}
	r := &relay{listener: l}
	go r.serve(server.Host)
	return r, nil
}

// serve ends when the listener is closed, the connections with their ends.
func (r *relay) serve(target string) {
	for {
		in, err := r.listener.Accept()
		if err != nil {
			return
		}
		out, err := net.Dial("tcp", target) //nolint:noctx // it ends with the connection
		if err != nil {
			_ = in.Close()
			continue
		}
		pipe := func(to, from net.Conn, count *atomic.Int64) {
			_, _ = io.Copy(counting{to, count}, from)
			_ = errors.Join(to.Close(), from.Close()) // one of them is gone already
		}
		go pipe(out, in, &r.sent)
		go pipe(in, out, &r.received)
	}
}

type counting struct {
	io.Writer
	n *atomic.Int64
}

// Write counts what it writes.
func (c counting) Write(p []byte) (int, error) {
	n, err := c.Writer.Write(p)
	c.n.Add(int64(n))
	return n, err
}
