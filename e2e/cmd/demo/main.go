// Command demo shows pullgate at work: a real API server, two real registries
// and pullgate itself, as processes of this machine, and what a kubectl user
// sees when Pods name good images and bad ones. It checks what it shows, and
// stops everything in the end.
//
//	make demo       # show, stop, exit 0 if all was as expected
//	make demo-up    # show, leave it running until Ctrl-C
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	keep := flag.Bool("keep", false, "leave everything running until Ctrl-C")
	flag.Usage = func() {
		_, _ = fmt.Fprintln(flag.CommandLine.Output(), "usage: demo [-keep]")
		flag.PrintDefaults()
	}
	flag.Parse()
	if flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	os.Exit(run(*keep))
}

// run returns the exit code. Nothing is left behind when it returns.
func run(keep bool) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	out := newTerminal(os.Stdout)

	s, err := setUp(ctx, out)
	defer s.tearDown()
	if err != nil {
		return fail(ctx, out, err)
	}
	wrong := tour(ctx, out, s)
	if ctx.Err() != nil {
		return fail(ctx, out, ctx.Err())
	}
	if keep {
		if err := s.leaveRunning(ctx, out); err != nil {
			return fail(ctx, out, err)
		}
	}
	out.note("stopping everything ...")
	s.tearDown()
	if len(wrong) > 0 {
		out.failure("not as expected:")
		for _, w := range wrong {
			out.failure("  " + w)
		}
		return 1
	}
	out.note("done: every outcome was as expected, and nothing is left running")
	return 0
}

// fail reports an error, unless it is only that the user has had enough.
func fail(ctx context.Context, out *terminal, err error) int {
	if ctx.Err() != nil {
		out.note("interrupted, stopping everything ...")
		return 130
	}
	out.failure("demo: " + err.Error())
	return 1
}
