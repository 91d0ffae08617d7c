// Command noop is a webhook that lets everything through without a look at it: the
// floor for any webhook made with controller-runtime. It is a program of its own, as
// webhooks are, so that its garbage collector has as little to do as theirs.
//
//	noop -port 10250 -cert-dir DIR
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"sigs.k8s.io/controller-runtime/pkg/webhook"
	"sigs.k8s.io/controller-runtime/pkg/webhook/admission"
)

func main() {
	port := flag.Int("port", 0, "where to serve, on loopback")
	certDir := flag.String("cert-dir", "", "a `folder` with tls.crt and tls.key")
	flag.Parse()
	s := webhook.NewServer(webhook.Options{Host: "127.0.0.1", Port: *port, CertDir: *certDir})
	s.Register("/validate", &admission.Webhook{Handler: admission.HandlerFunc(func(context.Context, admission.Request) admission.Response {
		return admission.Allowed("")
	})})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := s.Start(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "noop: "+err.Error())
		os.Exit(1)
	}
}
