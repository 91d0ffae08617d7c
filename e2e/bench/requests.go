package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"time"

	corev1 "k8s.io/api/core/v1"
	auditv1 "k8s.io/apiserver/pkg/apis/audit/v1"

	"github.com/pullgate/pullgate/e2e/pullgate"
)

// Requests are what many Pods of few images came to.
type Requests struct {
	Pods    int `json:"pods"`
	Images  int `json:"images"`
	Indexes int `json:"indexes"` // by digest, among the images
	// Credentials are the pairs of a repository and a credential.
	Credentials int `json:"credentials"`
	Secrets     int `json:"secrets"`
	// Seconds is how long it took; what was read of a Secret is kept for 30.
	Seconds     float64  `json:"seconds"`
	Seen        requests `json:"seen"`
	SecretReads int      `json:"secretReads"`
}

// secretTTL is how long pullgate keeps what it read of a Secret.
const secretTTL = 30 * time.Second

// MaxSecretReads is one for each Secret and time of keeping.
func (r Requests) MaxSecretReads() int { return r.Secrets * (1 + int(r.Seconds/secretTTL.Seconds())) }

func (b *Bench) requests(ctx context.Context) (r Requests, err error) {
	r = Requests{Pods: 10_000, Images: 100, Indexes: indexRepositories, Credentials: repositories, Secrets: namespaceCount}
	if b.options.Short {
		r.Pods = 500
	}
	b.tell("%d Pods of %d images", r.Pods, r.Images)
	b.site.seen()
	before, err := b.asked()
	if err != nil {
		return r, err
	}
	namespaces := b.namespaces[warm]
	_, took, err := b.createPods(ctx, r.Pods, func(i int) *corev1.Pod {
		// Each image comes in several namespaces.
		return podOf(namespaces[(i/3)%len(namespaces)], image(repository(i%r.Images), i%r.Images))
	})
	if err != nil {
		return r, err
	}
	r.Seconds, r.Seen = took.Seconds(), b.site.seen()
	after, err := b.asked()
	if err != nil {
		return r, err
	}
	r.SecretReads = after["get secrets"] - before["get secrets"]
	return r, b.deletePods(ctx, warm)
}

// asked counts what pullgate has asked the API server for, as in "get secrets",
// without its own Secret.
func (b *Bench) asked() (map[string]int, error) {
	file, err := os.Open(b.cluster.AuditLog())
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	counts := map[string]int{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var e auditv1.Event
		if err := json.Unmarshal(lines.Bytes(), &e); err != nil {
			return nil, fmt.Errorf("read the audit log: %w", err)
		}
		if e.ObjectRef != nil && e.ObjectRef.Name != pullgate.Secret {
			counts[e.Verb+" "+e.ObjectRef.Resource]++
		}
	}
	return counts, lines.Err()
}
