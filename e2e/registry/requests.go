package registry

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
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
// They are read from the access log. The registry writes a line of it when it has dealt
// with a request, and sends the answer after that: only what does not fit into the
// buffers of net/http, some kilobytes, is on its way before. So whoever has an answer,
// of the size of a manifest, finds its line here.
func (r *Registry) Requests() ([]Request, error) {
	r.mu.Lock()
	p := r.process
	r.mu.Unlock()
	if p == nil {
		return nil, errors.New("registry: never started")
	}
	content, err := os.ReadFile(p.Stdout())
	if err != nil {
		return nil, fmt.Errorf("read the access log: %w", err)
	}
	return parseAccessLog(string(content)), nil
}

// RequestsTo are the requests that reached one repository.
func (r *Registry) RequestsTo(repository string) ([]Request, error) {
	all, err := r.Requests()
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
