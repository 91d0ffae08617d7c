package conformance

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/pullgate/pullgate/e2e/oracle"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// stage is a try with everything in its place.
type stage struct {
	*Bench
	try         Try
	host        string
	repo, image string
	digest      string
	// namespace is where pullgate is asked; shadow has the same in it, and
	// pullgate is off there, so that the Pod is to be had as it is stored.
	namespace, shadow string
	// names are the pull Secrets that the Pod names; objects those that exist
	// in namespace, by name.
	names   []string
	objects map[string]corev1.Secret
	// existing is the Pod that is to be changed, and deployment is whether.
	existing *corev1.Pod
}

// hostFor is the registry of a try's own.
func hostFor(id string, n int) string { return fmt.Sprintf("%s-%d.example.com", lower(id), n+1) }

// set puts a try on the stage: first as it was earlier, if the try has that.
func (b *Bench) set(ctx context.Context, id string, n int, t Try) (*stage, error) {
	st := &stage{Bench: b, try: t, host: hostFor(id, n), objects: map[string]corev1.Secret{}}
	st.repo = strings.ReplaceAll(cmp.Or(t.Repo, "{host}/app"), "{host}", st.host)
	if err := st.scripts(t); err != nil {
		return nil, err
	}
	st.image = strings.NewReplacer("{host}", st.host, "{digest}", st.digest).Replace(cmp.Or(t.Image, "{host}/app:v1"))
	if err := st.namespaces(ctx); err != nil {
		return nil, err
	}
	if err := st.other(ctx); err != nil {
		return nil, err
	}
	if t.Earlier == nil {
		return st, st.prepare(ctx)
	}
	then := t.Earlier.Behaviour
	then.Content, then.Tag = t.Behaviour.Content, t.Behaviour.Tag
	if t.Earlier.Content != nil {
		then.Content = *t.Earlier.Content
	}
	pulled, err := b.registry.Set(st.repo, then)
	if err != nil {
		return nil, err
	}
	if err := st.earlier(ctx); err != nil {
		return nil, err
	}
	if t.Listed {
		if err := b.list(ctx, st.listedNames(pulled.Digest)...); err != nil {
			return nil, err
		}
	}
	_, err = b.registry.Set(st.repo, t.Behaviour)
	return st, err
}

// listedNames are those that a node lists the image by: containerd's, or the
// try's own.
func (st *stage) listedNames(digest string) (names []string) {
	for _, name := range st.try.Names {
		names = append(names, strings.NewReplacer("{repo}", st.repo, "{digest}", digest).Replace(name))
	}
	if names != nil {
		return names
	}
	return []string{st.repo + "@" + digest, st.repo + ":v1"}
}

// scripts gives the try's repositories their behaviours, and the host its place.
func (st *stage) scripts(t Try) error {
	image, err := st.registry.Set(st.repo, t.Behaviour)
	if err != nil {
		return err
	}
	st.digest = image.Digest
	if t.Map.hasMirror() {
		if _, err := st.registry.Set("mirror/"+st.repo, t.Mirror); err != nil {
			return err
		}
	}
	if _, err := st.registry.Set(st.goodRepo(), scripted.Behaviour{}); err != nil {
		return err
	}
	registry, _, _ := strings.Cut(st.repo, "/")
	if err := st.hosts.lead(registry, t.Map); err != nil {
		return err
	}
	return st.hosts.lead(st.goodHost(), Scripted)
}

// goodRepo has an image that nothing is wrong with, for Pods that get the try's
// later. Its host is another, for the try's own may be out of order.
func (st *stage) goodRepo() string  { return st.goodHost() + "/good" }
func (st *stage) goodHost() string  { return "good." + st.host }
func (st *stage) goodImage() string { return st.goodRepo() + ":v1" }

func (st *stage) namespaces(ctx context.Context) error {
	var err error
	if st.namespace, err = st.cluster.NewNamespace(ctx, nil); err != nil {
		return err
	}
	if st.shadow, err = st.cluster.NewNamespace(ctx, map[string]string{
		"pullgate.dev/enforce": "off", "pullgate.dev/warn": "off", "pullgate.dev/audit": "off",
	}); err != nil {
		return err
	}
	for i, s := range st.try.Secrets {
		name := fmt.Sprintf("secret-%d", i+1)
		if err := st.addSecret(ctx, s, name); err != nil {
			return err
		}
		st.names = append(st.names, name)
	}
	st.names = append(st.names, st.try.Missing...)
	var account []corev1.LocalObjectReference
	for i, s := range st.try.Account {
		name := fmt.Sprintf("account-%d", i+1)
		if err := st.addSecret(ctx, s, name); err != nil {
			return err
		}
		account = append(account, corev1.LocalObjectReference{Name: name})
	}
	if account == nil {
		return nil
	}
	for _, ns := range []string{st.namespace, st.shadow} {
		sa, err := st.client.CoreV1().ServiceAccounts(ns).Get(ctx, "default", metav1.GetOptions{})
		if err != nil {
			return err
		}
		sa.ImagePullSecrets = account
		if _, err := st.client.CoreV1().ServiceAccounts(ns).Update(ctx, sa, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func (st *stage) addSecret(ctx context.Context, s Secret, name string) error {
	made, err := st.client.CoreV1().Secrets(st.namespace).Create(ctx, s.object(name, st.host), metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("make Secret %s: %w", name, err)
	}
	st.objects[name] = *made
	return nil
}

// earlier is what happened before: the node pulled the image, and a Pod that is
// to be changed was made.
func (st *stage) earlier(ctx context.Context) error {
	request, err := st.request(ctx)
	if err != nil {
		return err
	}
	if st.try.Earlier.Secrets != nil {
		request.Namespace, request.Secrets = "another-tenant", nil
		for i, s := range st.try.Earlier.Secrets {
			o := s.object(fmt.Sprintf("secret-%d", i+1), st.host)
			o.Namespace, o.UID = request.Namespace, "another-tenants"
			request.Secrets = append(request.Secrets, *o)
		}
	}
	request.PullPolicy = corev1.PullIfNotPresent
	if err := st.pulls(ctx, request); err != nil {
		return err
	}
	return st.prepare(ctx)
}

// other has the nodes pull the image beside it, if the try has one.
func (st *stage) other(ctx context.Context) error {
	if st.try.Other == nil {
		return nil
	}
	repo := st.goodHost() + "/other"
	if _, err := st.registry.Set(repo, *st.try.Other); err != nil {
		return err
	}
	return st.pulls(ctx, oracle.Request{Image: repo + ":v1"})
}

// pulls has both nodes pull what they must be able to.
func (b *Bench) pulls(ctx context.Context, request oracle.Request) error {
	node, local := b.pull(ctx, request)
	for _, r := range []oracle.Result{node, local} {
		if !r.Pulled {
			return fmt.Errorf("a node could not pull it earlier: %s: %s", r.Reason, r.Message)
		}
	}
	return nil
}
