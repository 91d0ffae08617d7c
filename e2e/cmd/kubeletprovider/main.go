// Command kubeletprovider puts one CredentialProviderConfig through the kubelet's own
// code. It reads a Job of the package e2e/kubeletprovider from its standard input,
// and writes its Result to its standard output.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"github.com/pullgate/pullgate/e2e/kubeletprovider"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := kubeletprovider.Main(ctx, os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
