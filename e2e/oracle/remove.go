package oracle

import (
	"context"
	"fmt"
	"os"

	leases "github.com/containerd/containerd/api/services/leases/v1"
	"google.golang.org/grpc/metadata"
	"k8s.io/apimachinery/pkg/util/uuid"
	runtimeapi "k8s.io/cri-api/pkg/apis/runtime/v1"
	"k8s.io/klog/v2"
)

// Remove removes an image, every name that it has on the node, and the record
// of who pulled it, so that the next pull is fresh. It is no error if the image
// isn't there; what a failed pull left of it goes all the same.
func (n *Node) Remove(ctx context.Context, image string) error {
	n.mu.RLock()
	defer n.mu.RUnlock()
	ctx = klog.NewContext(ctx, n.logger)
	if err := n.remove(ctx, image); err != nil {
		return fmt.Errorf("remove image %q: %w", image, err)
	}
	return nil
}

func (n *Node) remove(ctx context.Context, image string) error {
	status, err := n.images.ImageStatus(ctx, &runtimeapi.ImageSpec{Image: image}, false)
	if err != nil {
		return err
	}
	id := status.GetImage().GetId()
	if id == "" {
		return n.collectGarbage(ctx)
	}
	if err := n.images.RemoveImage(ctx, &runtimeapi.ImageSpec{Image: id}); err != nil {
		return err
	}
	return n.kubelet.records.DeleteImagePulledRecord(n.logger, id)
}

// Reset removes all images, and the kubelet forgets all pulls. It waits for the
// pulls that are under way.
func (n *Node) Reset(ctx context.Context) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	ctx = klog.NewContext(ctx, n.logger)
	if err := n.reset(ctx); err != nil {
		return fmt.Errorf("reset the node: %w", err)
	}
	return nil
}

func (n *Node) reset(ctx context.Context) error {
	images, err := n.images.ListImages(ctx, nil)
	if err != nil {
		return err
	}
	for _, image := range images {
		if err := n.images.RemoveImage(ctx, &runtimeapi.ImageSpec{Image: image.Id}); err != nil {
			return err
		}
	}
	if err := n.collectGarbage(ctx); err != nil {
		return err
	}
	if err := os.RemoveAll(n.records); err != nil {
		return err
	}
	n.kubelet, err = newKubelet(ctx, n.images, n.records, n.own)
	return err
}

// collectGarbage has containerd remove what belongs to no image, such as the
// manifest whose layers could not be had, and waits until it has. The CRI has
// no call for it: the end of a lease does it.
func (n *Node) collectGarbage(ctx context.Context) error {
	ctx = metadata.AppendToOutgoingContext(ctx, "containerd-namespace", "k8s.io")
	client := leases.NewLeasesClient(n.containerd.Conn())
	id := "garbage-" + string(uuid.NewUUID())
	if _, err := client.Create(ctx, &leases.CreateRequest{ID: id}); err != nil {
		return fmt.Errorf("collect garbage: %w", err)
	}
	if _, err := client.Delete(ctx, &leases.DeleteRequest{ID: id, Sync: true}); err != nil {
		return fmt.Errorf("collect garbage: %w", err)
	}
	return nil
}
