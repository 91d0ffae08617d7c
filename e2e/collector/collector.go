package collector

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/pullgate/pullgate/e2e/process"
)

// Collector is a receiver that runs.
type Collector struct {
	url string

	mu       sync.Mutex
	received strings.Builder
}

// Start starts a receiver. It ends when ctx does.
func Start(ctx context.Context) (*Collector, error) {
	listener, err := process.Listen()
	if err != nil {
		return nil, fmt.Errorf("start a collector: %w", err)
	}
	c := &Collector{url: "http://" + listener.Addr().String()}
	server := &http.Server{Handler: http.HandlerFunc(c.receive), ReadHeaderTimeout: time.Minute}
	go func() { _ = server.Serve(listener) }()
	context.AfterFunc(ctx, func() { _ = server.Close() })
	return c, nil
}

func (c *Collector) receive(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil || r.URL.Path != "/v1/traces" {
		http.Error(w, "no traces", http.StatusBadRequest)
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.received.Write(body)
	w.Header().Set("Content-Type", "application/x-protobuf")
}

// Env has a process send its traces here, at once.
func (c *Collector) Env() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT=" + c.url, "OTEL_BSP_SCHEDULE_DELAY=200"}
}

// Received is all that has come so far.
func (c *Collector) Received() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.received.String()
}
