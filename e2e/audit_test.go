package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"strings"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/util/uuid"
	"k8s.io/client-go/dynamic"

	"github.com/pullgate/pullgate/e2e/cluster"
)

// goldenAnswer is all that came of a request.
type goldenAnswer struct {
	denial      string
	warnings    []string
	annotations map[string]string // pullgate's, without the webhook's name
}

type answerKey struct{}

// answering is what a request's context carries: the ID under which the API
// server audits it, and the warnings that come back.
type answering struct {
	id string
	recorder
}

// newDynamic makes a client for objects of any kind, whose requests audited can
// follow.
func newDynamic(c *cluster.Cluster) (dynamic.Interface, error) {
	config := c.RESTConfig()
	config.WarningHandler = nil
	config.WarningHandlerWithContext = contextWarnings{}
	config.Wrap(func(next http.RoundTripper) http.RoundTripper { return auditedTransport{next} })
	return dynamic.NewForConfig(config)
}

type contextWarnings struct{}

// HandleWarningHeaderWithContext keeps a warning with its request.
func (contextWarnings) HandleWarningHeaderWithContext(ctx context.Context, code int, agent, text string) {
	if a, ok := ctx.Value(answerKey{}).(*answering); ok && strings.HasPrefix(text, "image") {
		a.HandleWarningHeader(code, agent, text)
	}
}

type auditedTransport struct{ http.RoundTripper }

// RoundTrip names the request for the audit log.
func (t auditedTransport) RoundTrip(req *http.Request) (*http.Response, error) {
	if a, ok := req.Context().Value(answerKey{}).(*answering); ok {
		req = req.Clone(req.Context())
		req.Header.Set("Audit-ID", a.id)
	}
	return t.RoundTripper.RoundTrip(req)
}

// audited sends a request with s.dynamic, and tells all that came of it.
func (s *suite) audited(ctx context.Context, send func(context.Context) error) (goldenAnswer, error) {
	a := &answering{id: string(uuid.NewUUID())}
	err := send(context.WithValue(ctx, answerKey{}, a))
	var status apierrors.APIStatus
	answer := goldenAnswer{warnings: a.warnings}
	if errors.As(err, &status) {
		answer.denial = status.Status().Message
	} else if err != nil {
		return answer, err
	}
	answer.annotations, err = s.audit.of(ctx, a.id)
	return answer, err
}

// auditLog reads the API server's audit log as it grows.
type auditLog struct {
	path string

	mu     sync.Mutex
	offset int64
	events map[string]map[string]string // annotations by Audit-ID
}

// of returns pullgate's annotations of a request, which the API server writes
// before it answers.
func (l *auditLog) of(ctx context.Context, id string) (map[string]string, error) {
	for range 1000 {
		l.mu.Lock()
		err := l.read()
		annotations, ok := l.events[id]
		l.mu.Unlock()
		if err != nil || ok {
			return annotations, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(100 * time.Millisecond):
		}
	}
	return nil, fmt.Errorf("request %s is not in the audit log", id)
}

// read reads what was added since.
func (l *auditLog) read() error {
	f, err := os.Open(l.path)
	if err != nil {
		return err
	}
	defer f.Close()
	if _, err := f.Seek(l.offset, 0); err != nil {
		return err
	}
	lines := bufio.NewReader(f)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return nil // the last one is still being written
		}
		l.offset += int64(len(line))
		var event struct {
			AuditID     string            `json:"auditID"`
			Annotations map[string]string `json:"annotations"`
		}
		if err := json.Unmarshal(line, &event); err != nil {
			return err
		}
		ours := map[string]string{}
		for key, value := range event.Annotations {
			if webhook, name, _ := strings.Cut(key, "/"); strings.HasSuffix(webhook, ".pullgate.dev") {
				ours[name] = value
			}
		}
		l.events[event.AuditID] = ours
	}
}
