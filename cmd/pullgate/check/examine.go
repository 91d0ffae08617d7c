package check

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sync/semaphore"
	corev1 "k8s.io/api/core/v1"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/reference"
	"github.com/pullgate/pullgate/resolver/words"
	"github.com/pullgate/pullgate/webhook"
	"github.com/pullgate/pullgate/webhook/workload"
)

// examination checks targets.
type examination struct {
	examiner webhook.Examiner
	sources  *sources
	config   resolver.Config
	// progress is told how many checks there are, and each that is done.
	progress interface {
		begin(total int)
		step()
	}
}

// run checks all targets and returns their items, in their order.
//
// What is alike is checked once. Each registry gets as many workers as it gets
// look-ups, so that a slow one does not take the places of all others. And of all
// together no more are at work than there may be look-ups: the resolver refuses
// one more at once, as a webhook must, but here there is time to wait.
func (e examination) run(ctx context.Context, targets []target) []report.Item {
	items := make([]report.Item, len(targets))
	var (
		alike  = map[string][]int{}    // key → targets
		byHost = map[string][]string{} // registry → keys
	)
	for n, t := range targets {
		items[n] = t.item
		if t.item.Class == report.ClassSkipped {
			continue
		}
		key := t.key()
		if len(alike[key]) == 0 {
			host := t.host()
			byHost[host] = append(byHost[host], key)
		}
		alike[key] = append(alike[key], n)
	}
	e.progress.begin(len(alike))
	var hosts sync.WaitGroup
	places := semaphore.NewWeighted(int64(e.config.Limits.Lookups))
	for _, keys := range byHost {
		hosts.Go(func() {
			var group errgroup.Group
			group.SetLimit(e.config.Limits.LookupsPerRegistry)
			for _, key := range keys {
				group.Go(func() error {
					// It fails when time is over, and then nothing is looked up any more.
					if places.Acquire(ctx, 1) == nil {
						defer places.Release(1)
					}
					v := e.check(ctx, targets[alike[key][0]])
					for _, n := range alike[key] { // nobody else writes these
						items[n].Class, items[n].Reason, items[n].Message = v.Class, v.Reason, v.Message
						items[n].Digest, items[n].Detail = v.Digest, v.Detail
					}
					e.progress.step()
					return nil
				})
			}
			_ = group.Wait() // none of them returns an error
		})
	}
	hosts.Wait()
	return items
}

func (e examination) check(ctx context.Context, t target) resolver.Verdict {
	findings, _ := e.examiner.Examine(ctx, webhook.Subject{Namespace: t.namespace, Spec: t.spec, Images: []workload.Image{t.image}}, true)
	return e.explain(t, findings[0].Verdict)
}

// explain says what a webhook need not say: that something could not be read
// because there is no cluster, or because the user may not.
func (e examination) explain(t target, v resolver.Verdict) resolver.Verdict {
	if v.Reason == resolver.SecretUnreadable {
		if err := e.sources.whyUnread(t); err != nil {
			v.Message += ": " + words.Printable(words.Cut(err.Error(), maxCause))
		}
		return v
	}
	account := t.spec.ServiceAccount()
	if !t.spec.Template || len(t.spec.ImagePullSecrets) > 0 || !e.sources.assumed(t.namespace, account) {
		return v
	}
	// Of a tag that does not exist no credential makes one that does. But what was
	// refused, or hidden, may be there for the ServiceAccount's.
	if v.Reason == resolver.Unauthorized || v.Reason == resolver.RepositoryNotFound {
		v.Message = fmt.Sprintf("ServiceAccount %q may have pull Secrets: %v; without: %s", account, e.sources.noCluster, v.Message)
		v.Reason, v.Class = resolver.SecretUnreadable, resolver.ClassUnverified
		if slices.Contains(e.config.Reasons.Definite, v.Reason) {
			v.Class = resolver.ClassDefinite
		}
	}
	return v
}

// maxCause bounds an API server's words in a message, in bytes.
const maxCause = 300

// key is equal for targets that have the same verdict.
func (t target) key() string {
	parts := struct {
		Namespace, Image, Account string
		Policy                    corev1.PullPolicy
		Template                  bool
		Secrets                   []corev1.LocalObjectReference
		NodeName                  string
		NodeSelector              map[string]string
		Affinity                  workload.Affinity
		RuntimeClass              *string
	}{
		t.namespace, t.image.Reference, t.spec.ServiceAccount(), t.image.PullPolicy, t.spec.Template,
		t.spec.ImagePullSecrets, t.spec.NodeName, t.spec.NodeSelector, t.spec.Affinity, t.spec.RuntimeClassName,
	}
	data, err := json.Marshal(parts)
	if err != nil {
		return fmt.Sprintf("%+v", parts) // never; and then it is checked by itself
	}
	return string(data)
}

// host is the registry, "" if the reference is invalid.
func (t target) host() string {
	ref, err := reference.Parse(t.image.Reference)
	if err != nil {
		return ""
	}
	return ref.Host
}

// hostsOf lists the registries of targets, each once.
func hostsOf(targets []target) (hosts []string) {
	for _, t := range targets {
		if h := t.host(); h != "" && t.item.Class != report.ClassSkipped {
			hosts = append(hosts, h)
		}
	}
	slices.Sort(hosts)
	return slices.Compact(hosts)
}
