package resolver

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/go-logr/logr"
	ocispec "github.com/opencontainers/image-spec/specs-go/v1"

	"github.com/pullgate/pullgate/resolver/content"
	"github.com/pullgate/pullgate/resolver/keyring"
	"github.com/pullgate/pullgate/resolver/reference"
)

// found is an image that an attempt has resolved, to be read further.
type found struct {
	ref        reference.Reference
	credential keyring.Credential
	outcome    outcome
	// scope is the repository, with its endpoints: what it has under a digest is
	// the same for all who may pull from it.
	scope string
}

func newFound(endpoint string, ref reference.Reference, c keyring.Credential, o outcome) found {
	return found{ref: ref, credential: c, outcome: o, scope: scope(endpoint, ref)}
}

func scope(endpoint string, ref reference.Reference) string {
	return endpoint + "\x00" + ref.Repository + "\x00"
}

// image is under what the image's content is known.
func (f found) image() string { return f.scope + f.outcome.digest }

// indexTTL is for good: what a digest stands for cannot change.
const indexTTL = 365 * 24 * time.Hour

// index fetches an index, unless it is known.
func (r *Resolver) index(ctx context.Context, scope string, source content.Source, d ocispec.Descriptor) (*content.Index, error) {
	key := scope + d.Digest.String()
	if known, ok := r.indexes.Get(key); ok && known.Size == d.Size {
		return known, nil
	}
	body, err := source.Fetch(ctx, d)
	if err != nil {
		return nil, err
	}
	x, err := content.ParseIndex(body, d)
	if err != nil {
		return nil, err
	}
	r.indexes.Set(key, x, indexTTL)
	return x, nil
}

// reader reads the content of a repository.
func (r *Resolver) reader(f found) (content.Reader, error) {
	source, err := r.client.Content(f.ref, r.login(f.credential))
	return content.Reader{
		Source:   source,
		Definite: func(err error) bool { return classify(f.ref, err).reason.Class() == ClassDefinite },
		Index: func(ctx context.Context, d ocispec.Descriptor) (*content.Index, error) {
			return r.index(ctx, f.scope, source, d)
		},
	}, err
}

// readIndex reads an index for one platform. It joins whoever reads the same.
func (r *Resolver) readIndex(ctx context.Context, f found, node content.Node, deep bool) content.Report {
	key := fmt.Sprint(f.image(), node.Key, deep)
	return r.read(ctx, f, key, func(ctx context.Context, reader content.Reader) content.Report {
		return reader.ReadIndex(ctx, f.outcome.index, node, deep)
	})
}

// readImage reads a plain manifest with its config, and asks for its layers.
func (r *Resolver) readImage(ctx context.Context, f found) content.Report {
	return r.read(ctx, f, f.image(), func(ctx context.Context, reader content.Reader) content.Report {
		report := reader.ReadImage(ctx, f.outcome.descriptor())
		r.remembered(f, report)
		return report
	})
}

// remembered keeps what was found out about a plain image: of a sound one that it
// is, of another what is wrong with it, be it to one way of pulling alone (C124).
func (r *Resolver) remembered(f found, report content.Report) {
	switch {
	case report.Sound():
		r.sound.Add(f.image())
		r.faults.Delete(f.image())
	case report.Settled():
		r.faults.Set(f.image(), report, faultTTL)
	}
}

const (
	// faultTTL is how long it is remembered that something was wrong with an image:
	// as long, it is read before it is let through again.
	faultTTL = time.Hour
	// retryUnread is how long what could not be read is left alone.
	retryUnread = time.Minute
	// maxFaults bounds what is remembered of images that are not sound.
	maxFaults = 4096
)

// read runs a reading on behalf of all who join it, as lookup does.
func (r *Resolver) read(first context.Context, f found, key string, reading func(context.Context, content.Reader) content.Report) content.Report {
	flight := r.readings.DoChan(key, func() (any, error) {
		report, err := r.readNow(first, f, reading)
		return unread(report, err), nil
	})
	select {
	case result := <-flight:
		return result.Val.(content.Report)
	case <-first.Done():
		return unread(content.Report{}, first.Err())
	}
}

// readNow reads in a place of its own, as a look-up does. What is read in the
// background has its places elsewhere, so that it keeps nobody from being answered.
func (r *Resolver) readNow(first context.Context, f found, reading func(context.Context, content.Reader) content.Report) (report content.Report, err error) {
	defer func() {
		if p := recover(); p != nil {
			logr.FromContextOrDiscard(first).Error(fmt.Errorf("%v", p), "panic in a reading", "registry", f.ref.Host, "stack", string(debug.Stack()))
			err = errPanicked
		}
	}()
	if !inBackground(first) {
		if !r.underWay.TryAcquire(1) {
			return report, errOverloaded
		}
		defer r.underWay.Release(1)
		waiting, stop := detach(first)
		defer stop()
		release, err := r.hosts.acquire(waiting, f.ref.Host)
		if err != nil {
			return report, err
		}
		defer release()
	}
	reader, err := r.reader(f)
	if err != nil {
		return report, err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(first), r.config.Limits.LookupTimeout.Duration)
	defer cancel()
	return reading(ctx, reader), nil
}

var (
	errPanicked   = errors.New(internalErrorWords)
	errOverloaded = errors.New("too much is under way")
)

// unread is a Report of what could not be read, if there is an error.
func unread(report content.Report, err error) content.Report {
	if err == nil {
		return report
	}
	o := content.Outcome{Fault: &content.Fault{Part: content.ManifestPart, Err: err}}
	return content.Report{Default: o, Local: o, At: time.Now()}
}

// unreadOutcome is why an image could not be read.
func (r *Resolver) unreadOutcome(f found, err error) outcome {
	var limit *content.LimitError
	var o outcome
	switch {
	case errors.Is(err, errPanicked):
		o = outcome{reason: InternalError, says: internalErrorWords}
	case errors.Is(err, errOverloaded):
		o = overloaded()
	case errors.As(err, &limit):
		o = outcome{reason: Overloaded, says: limit.What}
	default:
		o = classify(f.ref, err)
	}
	o.detail = r.scrub(o.detail, f.ref, r.login(f.credential))
	return o
}

// maxBackground is how many images are read in the background at once.
const maxBackground = 8

// readLater reads in the background, unless enough is read already: then the next
// who asks begins it. Whatever it comes to, it is not begun again for a while.
func (r *Resolver) readLater(ctx context.Context, image string, reading func(context.Context)) {
	if !r.background.TryAcquire(1) {
		return
	}
	r.tried.Set(image, struct{}{}, retryUnread)
	ctx = context.WithValue(context.WithoutCancel(ctx), backgroundKey{}, true)
	go func() {
		defer r.background.Release(1)
		ctx, cancel := context.WithTimeout(ctx, r.config.Limits.LookupTimeout.Duration)
		defer cancel()
		reading(ctx)
	}()
}

// backgroundKey marks the context of what nobody waits for.
type backgroundKey struct{}

func inBackground(ctx context.Context) bool { return ctx.Value(backgroundKey{}) != nil }
