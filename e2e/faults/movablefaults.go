package faults

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/pullgate/pullgate/e2e/faults/nameserver"
)

// movableFaults hit DNS and the clock. There is no way to either of a process's own
// without root, so that the replicas run a binary of the same sources whose standard
// library has one: build/overlay.go.
func movableFaults() (list []Fault) {
	for _, f := range []struct {
		name string
		mode nameserver.Mode
	}{{"DNS silent", nameserver.Silent}, {"DNS without the name", nameserver.Unknowing}} {
		list = append(list, Fault{Name: f.name, Movable: true, On: func(_ context.Context, b *Bench, _ *tally) (*broken, error) {
			b.names.Set(f.mode)
			// Who is connected asks for no name.
			b.sites.proxies[namedHost].Disconnect()
			return &broken{off: func(context.Context) error {
				b.names.Set(nameserver.Answering)
				return nil
			}}, nil
		}})
	}
	for _, f := range []struct {
		name string
		by   time.Duration
	}{{"clock moved by 1 h", time.Hour}, {"clock moved by -1 h", -time.Hour}, {"clock moved by 2 days", 48 * time.Hour}} {
		list = append(list, Fault{Name: f.name, Movable: true, On: func(ctx context.Context, b *Bench, t *tally) (*broken, error) {
			pushed, err := b.moveAndPush(ctx, t, f.by)
			if err != nil {
				return nil, err
			}
			return &broken{off: func(ctx context.Context) error {
				if err := pushed(ctx); err != nil {
					return err
				}
				pushed, err := b.moveAndPush(ctx, t, 0)
				if err != nil {
					return err
				}
				return pushed(ctx)
			}}, nil
		}})
	}
	return list
}

// moveClock moves the clock of movable replicas, within about a second.
func (b *Bench) moveClock(by time.Duration) error {
	return replaceFile(b.clock, strconv.Itoa(int(by/time.Second)))
}

// forgotten is when an image that was not there is looked up again for sure, by the
// configuration's cache.notFound of 10 s.
const forgotten = 12 * time.Second

// moveAndPush moves the clock between the refusal of an image and its push. What
// it returns waits until the refusal must be forgotten, by any clock that goes on
// from where it was set to, and tries once more: a cache that trusts the wall
// clock may remember it for as long as the clock was moved.
func (b *Bench) moveAndPush(ctx context.Context, t *tally, by time.Duration) (pushed func(context.Context) error, err error) {
	tag := "late-" + strconv.FormatInt(time.Now().UnixNano(), 36)
	late := specimen{name: "pushed after its refusal", namespace: b.teams.private}
	image := openHost + "/acme/app:" + tag
	// Both replicas have to know: connections go to them in turn, more or less.
	for range 4 * workers {
		if j := b.load.ask(ctx, late, image, t); j != verified {
			return nil, fmt.Errorf("an image that is not there is %s", j)
		}
	}
	if err := b.moveClock(by); err != nil {
		return nil, err
	}
	if _, err := b.sites.open.Push(ctx, "acme/app", tag); err != nil {
		return nil, err
	}
	due := time.Now().Add(forgotten)
	return func(ctx context.Context) error {
		if err := sleep(ctx, time.Until(due)); err != nil {
			return err
		}
		late.pullable = true
		for range 4 * workers {
			b.load.ask(ctx, late, image, t)
		}
		return nil
	}, nil
}
