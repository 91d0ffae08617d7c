package faults

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// calm is how long the load runs before each fault.
	calm = 2 * time.Second
	// afterwards is how long after a fault nothing of it should be left: the 5 s
	// of a look-up, and a little for what is busy; a look-up that waited for its turn
	// began with 5 s of its own. lastLook is when it is looked for the last time, for
	// machines that are busy with other things. When it was gone is in the report.
	afterwards = 6 * time.Second
	lastLook   = time.Minute
)

// Run makes one fault happen, for a time under load, and tells what that did.
func (b *Bench) Run(ctx context.Context, f Fault, under time.Duration) (Row, error) {
	row := Row{Name: f.Name, apiServerAway: f.APIServerAway, deadline: b.deadline, blames: f.Blames}
	if err := b.use(ctx, f.Movable); err != nil {
		return row, fmt.Errorf("%s: %w", f.Name, err)
	}
	if err := b.run(ctx, f, under, &row); err != nil {
		return row, fmt.Errorf("%s: %w", f.Name, err)
	}
	row.Misses = row.misses()
	if len(row.Misses) > 0 {
		// What is wrong in one row is not to be so in the next: a cache may keep it.
		if err := b.roll(ctx); err != nil {
			return row, err
		}
	}
	return row, nil
}

func (b *Bench) run(ctx context.Context, f Fault, under time.Duration, row *Row) error {
	before := newTally()
	stop := b.load.start(ctx, before)
	err := sleep(ctx, calm)
	stop()
	if err != nil {
		return err
	}
	row.calm(before)
	start, err := b.figures(ctx)
	if err != nil {
		return err
	}
	failedBefore, err := b.failedCalls(ctx)
	if err != nil {
		return err
	}
	peak := b.watchMemory()
	defer peak()

	t := newTally()
	mended, seen, err := b.breakUnderLoad(ctx, f, under, row, t)
	if err != nil {
		return err
	}
	row.RSS = peak()
	row.count(t)
	row.Before = start
	if row.After, row.Mute, err = b.settle(ctx, mended, start); err != nil {
		return err
	}
	row.Settled = time.Since(mended).Seconds()
	if seen != nil {
		row.seen = seen()
	}
	failedAfter, err := b.failedCalls(ctx)
	row.apiServerCount = failedAfter - failedBefore
	return err
}

// breakUnderLoad is the fault itself, up to the end of the recovery, and returns
// when it was mended.
func (b *Bench) breakUnderLoad(ctx context.Context, f Fault, under time.Duration, row *Row, t *tally) (mended time.Time, seen func() []string, err error) {
	stop := b.load.start(ctx, t)
	defer stop()
	if err := sleep(ctx, 500*time.Millisecond); err != nil {
		return mended, nil, err
	}
	fault, err := f.On(ctx, b, t)
	if err != nil {
		return mended, nil, err
	}
	if err := sleep(ctx, under); err != nil {
		return mended, nil, err
	}
	if fault.off != nil {
		if err := fault.off(ctx); err != nil {
			return mended, nil, err
		}
	}
	mended = time.Now()
	within := f.Within
	if within == 0 {
		within = recovery
	}
	err = eventually(ctx, within, 200*time.Millisecond, func(ctx context.Context) error {
		if f.Recovered != nil {
			if err := f.Recovered(ctx, b); err != nil {
				return err
			}
		}
		return b.load.unverifiedKinds(ctx, b.kinds, t)
	})
	if ctx.Err() != nil {
		return mended, nil, ctx.Err()
	}
	row.Recovery = time.Since(mended).Seconds()
	if err != nil {
		row.notRecovered = err.Error()
	}
	if fault.unavoidable != nil {
		row.Unavoidable = fault.unavoidable()
	}
	return mended, fault.seen, nil
}

// settle waits until nothing of a fault may be left, and counts what is.
func (b *Bench) settle(ctx context.Context, mended time.Time, before figures) (f figures, mute int, err error) {
	if err := sleep(ctx, time.Until(mended.Add(afterwards))); err != nil {
		return f, 0, err
	}
	for {
		if f, err = b.figures(ctx); err != nil {
			return f, 0, err
		}
		mute = b.mute()
		if (mute == 0 && f.within(before)) || time.Since(mended) > lastLook {
			return f, mute, nil
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return f, 0, err
		}
	}
}

// mute is how many connections are open that will never be answered.
func (b *Bench) mute() (n int) {
	for _, p := range b.sites.all() {
		n += p.Mute()
	}
	return n
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return errors.Join(ctx.Err(), context.Cause(ctx))
	case <-time.After(d):
		return nil
	}
}
