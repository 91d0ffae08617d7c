package cloud

import (
	"context"
	"fmt"
	"net/http"
	"slices"
)

// Endpoint is one of the services.
type Endpoint string

// The services.
const (
	STS         Endpoint = "STS"
	ECR         Endpoint = "ECR" // the API that gives passwords, public ECR's too
	PodIdentity Endpoint = "Pod Identity"
	Metadata    Endpoint = "metadata"
	Registry    Endpoint = "registry"
	TokenServer Endpoint = "token server" // of the registries
)

// State is how a service answers.
type State int

// The states.
const (
	Well State = iota
	// Silent takes what it is asked, and never answers.
	Silent
	// Denied refuses everybody. Who has no right by its Role is refused in any state.
	Denied
	// Throttled answers that there are too many requests.
	Throttled
	// Unavailable answers 503.
	Unavailable
)

// Request is one that has reached a service.
type Request struct {
	// Role is whose it was, if anybody's.
	Role string
	// Region is what the signature is for, where there is one.
	Region string
	Method string
	// Path has the registry's host in front, where a registry was asked.
	Path string
	// Status is what was answered, zero for nothing until now, or Left.
	Status int
}

// Left is the Status of a request whose client has gone without an answer.
const Left = -1

// Set says how a service answers from now on.
func (c *Cloud) Set(e Endpoint, s State) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.states[e] = s
}

// Requests are those that have reached a service, in their order.
func (c *Cloud) Requests(e Endpoint) []Request {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.requests[e])
}

// Count is how many requests have reached a service.
func (c *Cloud) Count(e Endpoint) int { return len(c.Requests(e)) }

// Asked waits until a service has been reached by n requests, answered or not.
func (c *Cloud) Asked(ctx context.Context, e Endpoint, n int) error {
	return c.wait(ctx, e, n, "asked", func(Request) bool { return true })
}

// Abandoned waits until n of the requests that a service does not answer have been given
// up: whoever sent them has ended, or has lost patience.
func (c *Cloud) Abandoned(ctx context.Context, e Endpoint, n int) error {
	return c.wait(ctx, e, n, "left", func(r Request) bool { return r.Status == Left })
}

func (c *Cloud) wait(ctx context.Context, e Endpoint, n int, what string, counts func(Request) bool) error {
	for {
		c.mu.Lock()
		changed, have := c.changed, 0
		for _, r := range c.requests[e] {
			if counts(r) {
				have++
			}
		}
		c.mu.Unlock()
		if have >= n {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%s was %s %d times, not %d: %w", e, what, have, n, context.Cause(ctx))
		}
	}
}

// maxRecorded is for a client gone mad, which must not eat the memory.
const maxRecorded = 100_000

// answer notes a request, and answers it as the state of the service says.
func (c *Cloud) answer(w http.ResponseWriter, r *http.Request, e Endpoint, serve func(http.ResponseWriter, *http.Request, *exchange)) {
	x := &exchange{ResponseWriter: w, cloud: c, endpoint: e, Request: Request{Method: r.Method, Path: r.URL.Path}}
	c.mu.Lock()
	x.State = c.states[e]
	x.at = len(c.requests[e])
	if x.at < maxRecorded {
		c.requests[e] = append(c.requests[e], x.Request)
	}
	c.tell()
	c.mu.Unlock()
	if x.State == Silent {
		select {
		case <-r.Context().Done():
			x.Status = Left
			x.note()
		case <-c.done:
		}
		panic(http.ErrAbortHandler)
	}
	serve(x, r, x)
	if x.Status == 0 {
		x.Status = http.StatusOK // net/http sends it
	}
	x.note()
}

// exchange is a request that is being answered.
type exchange struct {
	http.ResponseWriter
	Request
	State
	cloud    *Cloud
	endpoint Endpoint
	at       int
}

// WriteHeader notes the status before anybody can know it.
func (x *exchange) WriteHeader(status int) {
	x.Status = status
	x.note()
	x.ResponseWriter.WriteHeader(status)
}

// Write is an answer that begins with 200, as net/http has it.
func (x *exchange) Write(p []byte) (int, error) {
	if x.Status == 0 {
		x.WriteHeader(http.StatusOK)
	}
	return x.ResponseWriter.Write(p)
}

// Unwrap is for http.ResponseController.
func (x *exchange) Unwrap() http.ResponseWriter { return x.ResponseWriter }

// note keeps what is known of the request by now.
func (x *exchange) note() {
	x.cloud.mu.Lock()
	defer x.cloud.mu.Unlock()
	if x.at < maxRecorded {
		x.cloud.requests[x.endpoint][x.at] = x.Request
	}
	x.cloud.tell()
}

// tell wakes whoever waits for requests. The cloud is locked.
func (c *Cloud) tell() {
	close(c.changed)
	c.changed = make(chan struct{})
}
