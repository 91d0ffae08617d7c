package kubeletprovider

import (
	"context"
	"fmt"
	"strings"
	"sync"

	"github.com/pullgate/pullgate/e2e/oracle"
)

// puller is a part of a node that pulls.
type puller interface {
	Pull(ctx context.Context, r oracle.Request) oracle.Result
	Preload(ctx context.Context, image, user, password string) error
	Stop()
}

// join makes the kubelet's part of a node of a containerd that runs.
func (k *kubelet) join(ctx context.Context) error {
	n, err := oracle.Join(ctx, oracle.JoinOptions{
		Containerd: k.job.Containerd, Dir: k.job.Records, Keyring: k.node, VerifyAll: k.job.VerifyAll,
	})
	if err != nil {
		return err
	}
	k.puller = n
	return nil
}

func (k *kubelet) preload(ctx context.Context, s Step) error {
	user, password, _ := strings.Cut(s.Preload, ":")
	for _, image := range s.Images {
		if err := k.puller.Preload(ctx, image, user, password); err != nil {
			return fmt.Errorf("preload %s: %w", image, err)
		}
	}
	return nil
}

// pull has the image manager pull, which looks the credentials up by itself.
func (k *kubelet) pull(ctx context.Context, s Step) (Found, error) {
	if k.puller == nil {
		return Found{}, fmt.Errorf("there is no containerd to pull with")
	}
	found := Found{Pulled: make([]Pulled, len(s.Images))}
	var wg sync.WaitGroup
	for n, image := range s.Images {
		wg.Go(func() {
			r := k.puller.Pull(ctx, oracle.Request{
				Image: image, PullPolicy: s.Pull, Namespace: s.Namespace, Pod: s.Pod, Account: s.Account, Secrets: s.Secrets,
			})
			found.Pulled[n] = Pulled{Pulled: r.Pulled, Reason: r.Reason, Message: r.Message}
		})
	}
	wg.Wait()
	return found, ctx.Err()
}
