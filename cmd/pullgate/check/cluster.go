package check

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/pager"

	"github.com/pullgate/pullgate/webhook"
)

const (
	// requestTimeout keeps an API server that is not there from using up the
	// time that there is.
	requestTimeout = 20 * time.Second
	pageSize       = 500
)

// cluster reads what a check needs of a cluster, each object once.
type cluster struct {
	client   kubernetes.Interface
	secrets  memo[*corev1.Secret]
	accounts memo[*corev1.ServiceAccount]
}

// errNoCluster is for what only a cluster could tell.
var errNoCluster = errors.New("there is no cluster to ask")

// connect finds the cluster that kubectl would find. Without a kubeconfig there
// is none: kubectl's own guess, a server on localhost, is no help here.
func connect(flags *genericclioptions.ConfigFlags, userAgent string) (*cluster, error) {
	raw, err := flags.ToRawKubeConfigLoader().RawConfig()
	if err != nil {
		return nil, err
	}
	inCluster := os.Getenv("KUBERNETES_SERVICE_HOST") != ""
	if len(raw.Clusters) == 0 && *flags.APIServer == "" && !inCluster {
		return nil, errNoCluster
	}
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	config.QPS = -1 // the API server has limits of its own
	config.UserAgent = userAgent
	if config.Timeout == 0 {
		config.Timeout = requestTimeout
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	return &cluster{client: client}, nil
}

func (c *cluster) secret(ctx context.Context, key types.NamespacedName) (*corev1.Secret, error) {
	return c.secrets.get(key, func() (*corev1.Secret, error) {
		return c.client.CoreV1().Secrets(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	})
}

func (c *cluster) account(ctx context.Context, key types.NamespacedName) (*corev1.ServiceAccount, error) {
	return c.accounts.get(key, func() (*corev1.ServiceAccount, error) {
		return c.client.CoreV1().ServiceAccounts(key.Namespace).Get(ctx, key.Name, metav1.GetOptions{})
	})
}

// nodes lists the nodes, in pages, and keeps of each what is needed.
func (c *cluster) nodes(ctx context.Context) (nodes nodeList, err error) {
	list := func(ctx context.Context, o metav1.ListOptions) (runtime.Object, error) {
		return c.client.CoreV1().Nodes().List(ctx, o)
	}
	err = eachOf(ctx, list, metav1.ListOptions{}, func(obj runtime.Object) error {
		slim, err := webhook.SlimNode(obj)
		if err != nil {
			return err
		}
		node, ok := slim.(*webhook.Node)
		if !ok {
			return fmt.Errorf("a list of nodes holds a %T", slim)
		}
		nodes = append(nodes, node)
		return nil
	})
	return nodes, err
}

// eachOf lists in pages: of thousands of Pods only a few are held at once.
func eachOf(ctx context.Context, list pager.ListPageFunc, o metav1.ListOptions, each func(runtime.Object) error) error {
	p := pager.New(list)
	p.PageSize, p.PageBufferSize = pageSize, 1
	return p.EachListItem(ctx, o, each)
}

// nodeList is a webhook.NodeLister.
type nodeList []*webhook.Node

// All returns the nodes.
func (l nodeList) All(context.Context) ([]*webhook.Node, error) { return l, nil }

// memo keeps what was read for as long as the process lives, errors too: a
// thousand images must not ask a thousand times for the Secret that they share.
type memo[V any] struct {
	mu    sync.Mutex
	reads map[types.NamespacedName]func() (V, error)
}

func (m *memo[V]) get(key types.NamespacedName, read func() (V, error)) (V, error) {
	m.mu.Lock()
	if m.reads == nil {
		m.reads = map[types.NamespacedName]func() (V, error){}
	}
	once, known := m.reads[key]
	if !known {
		once = sync.OnceValues(read)
		m.reads[key] = once
	}
	m.mu.Unlock()
	return once()
}
