package registry

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Request is a request that reached the registry.
type Request struct {
	Method string
	Path   string // without the query
	Status int
}

// marker is the query parameter of our own requests, which are not counted.
const marker = "e2e-marker"

// Requests are the requests that reached the registry since Start, in the order
// of their answers, pushes included.
//
// They are read from the access log, in which a line appears only after its
// answer has been sent. A request of our own, sent now and waited for, tells
// that the log has come as far as now.
func (r *Registry) Requests(ctx context.Context) ([]Request, error) {
	r.mu.Lock()
	p := r.process
	r.mu.Unlock()
	if p == nil {
		return nil, errors.New("registry: never started")
	}
	select {
	case <-p.Done(): // Nothing more will be written.
	default:
		if err := r.flush(ctx, p.Stdout()); err != nil {
			return nil, fmt.Errorf("read the access log: %w", err)
		}
	}
	content, err := os.ReadFile(p.Stdout())
	if err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	return parseAccessLog(string(content)), nil
}

// RequestsTo are the requests that reached one repository.
func (r *Registry) RequestsTo(ctx context.Context, repository string) ([]Request, error) {
	all, err := r.Requests(ctx)
	if err != nil {
		return nil, err
	}
	var these []Request
	for _, request := range all {
		if strings.HasPrefix(request.Path, "/v2/"+repository+"/") {
			these = append(these, request)
		}
	}
	return these, nil
}

func (r *Registry) flush(ctx context.Context, log string) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	// Requests that were answered a moment ago may be logged after ours, by
	// another thread of the registry: give them that moment.
	time.Sleep(50 * time.Millisecond)
	mark := fmt.Sprintf("%s=%d&", marker, r.marks.Add(1))
	if err := r.ping(ctx, "/v2/?"+mark); err != nil {
		return err
	}
	for {
		content, err := os.ReadFile(log)
		if err != nil {
			return err
		}
		if strings.Contains(string(content), mark) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a request does not appear in it: %w", ctx.Err())
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// accessLine finds method, URI and status in a line of the Apache combined format:
//
//	127.0.0.1 - - [22/Nov/2026:10:00:00 +0000] "GET /v2/ HTTP/1.1" 200 2 "" "curl"
var accessLine = regexp.MustCompile(`\] "([A-Z]+) (\S+) HTTP/[0-9.]+" ([0-9]{3}) `)

func parseAccessLog(log string) []Request {
	var requests []Request
	for line := range strings.Lines(log) {
		m := accessLine.FindStringSubmatch(line)
		if m == nil || strings.Contains(m[2], marker+"=") {
			continue
		}
		path := m[2]
		if u, err := url.ParseRequestURI(path); err == nil {
			path = u.Path
		}
		status, _ := strconv.Atoi(m[3]) // Three digits, says the expression.
		requests = append(requests, Request{Method: m[1], Path: path, Status: status})
	}
	return requests
}
