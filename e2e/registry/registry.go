package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/bcrypt"
	"sigs.k8s.io/yaml"

	"github.com/pullgate/pullgate/e2e/process"
)

// Mode is how a registry authenticates its clients.
type Mode string

// The modes.
const (
	Open     Mode = "open"
	Htpasswd Mode = "htpasswd"
	Token    Mode = "token"
)

// User may pull. What it may pull, only a Token registry distinguishes.
type User struct {
	Password string
	// Pull are the repositories that the user may pull from.
	Pull []string
}

// Options says what to start.
type Options struct {
	// Binary is the program build.Registry.
	Binary string
	// Mode is Open if empty.
	Mode Mode
	// Users are known to an Htpasswd and a Token registry.
	Users map[string]User
	// TokenLife is what a Token registry's clients are told of how long a token
	// is good for; 5 min if zero.
	TokenLife time.Duration
	// Public are the repositories of a Token registry that anybody may pull
	// from, without a credential.
	Public []string
}

// Registry is a registry that runs, or may run again.
type Registry struct {
	dir     string
	options Options
	port    int
	pusher  User
	tokens  *tokenServer

	mu      sync.Mutex
	process *process.Process
	closed  bool
}

// pusherName is the user that Push pushes as, besides those of Options.
const pusherName = "e2e-pusher"

// Start starts a registry and waits until it answers. It ends with Close, or
// when ctx does.
func Start(ctx context.Context, o Options) (*Registry, error) {
	if o.Mode == "" {
		o.Mode = Open
	}
	dir, err := os.MkdirTemp("", "pullgate-registry-")
	if err != nil {
		return nil, fmt.Errorf("start a registry: %w", err)
	}
	r := &Registry{dir: dir, options: o, pusher: User{Password: "pushes-images"}}
	if err := r.start(ctx); err != nil {
		r.Close()
		return nil, fmt.Errorf("start a registry: %w", err)
	}
	context.AfterFunc(ctx, r.Close)
	return r, nil
}

func (r *Registry) start(ctx context.Context) error {
	ports, err := process.FreePorts(1)
	if err != nil {
		return err
	}
	r.port = ports[0]
	if r.options.Mode == Token {
		if r.tokens, err = startTokenServer(r.options); err != nil {
			return err
		}
	}
	if err := r.configure(); err != nil {
		return err
	}
	return r.Restart(ctx)
}

// Restart starts a registry that was stopped, at the same address and with the
// same content.
func (r *Registry) Restart(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.closed {
		return errors.New("registry: closed")
	}
	if r.process != nil {
		r.process.Stop()
	}
	p, err := process.Start(process.Options{
		Name: "registry",
		Path: r.options.Binary,
		Args: []string{"serve", r.path("config.yml")},
		Dir:  r.dir,
		// Without it, the registry looks for a collector of traces.
		Env:         []string{"OTEL_TRACES_EXPORTER=none"},
		SplitOutput: true,
	})
	if err != nil {
		return err
	}
	r.process = p
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	return p.WaitReady(ctx, func(ctx context.Context) error {
		return r.ping(ctx, "/v2/?"+marker+"=ready")
	})
}

// ping sends a request that is no part of any test.
func (r *Registry) ping(ctx context.Context, path string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, r.URL()+path, nil)
	if err != nil {
		return err
	}
	resp, err := direct().RoundTrip(req)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// direct goes through no proxy and keeps no connection.
func direct() *http.Transport { return &http.Transport{DisableKeepAlives: true} }

// Stop ends the process, as an outage does: the address refuses connections,
// the content stays.
func (r *Registry) Stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.process != nil {
		r.process.Stop()
	}
}

// Close ends everything that belongs to the registry and removes its files.
func (r *Registry) Close() {
	r.Stop()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.tokens != nil {
		r.tokens.close()
	}
	_ = os.RemoveAll(r.dir)
}

// Address is the host and port that the registry listens on.
func (r *Registry) Address() string { return process.Loopback(r.port) }

// URL is where the registry answers.
func (r *Registry) URL() string { return "http://" + r.Address() }

func (r *Registry) path(name string) string { return filepath.Join(r.dir, name) }

// configure writes the registry's configuration and what it refers to.
func (r *Registry) configure() error {
	config := map[string]any{
		"version": "0.1",
		"log":     map[string]any{"level": "info", "accesslog": map[string]any{"disabled": false}},
		"storage": map[string]any{
			"filesystem":  map[string]any{"rootdirectory": r.path("storage")},
			"delete":      map[string]any{"enabled": true},
			"maintenance": map[string]any{"uploadpurging": map[string]any{"enabled": false}},
		},
		"http": map[string]any{"addr": r.Address()},
	}
	files := map[string][]byte{}
	switch r.options.Mode {
	case Open:
	case Htpasswd:
		content, err := htpasswd(r.options.Users, pusherName, r.pusher)
		if err != nil {
			return err
		}
		files["htpasswd"] = content
		config["auth"] = map[string]any{"htpasswd": map[string]any{"realm": "registry", "path": r.path("htpasswd")}}
	case Token:
		files["roots.pem"] = r.tokens.root
		config["auth"] = map[string]any{"token": map[string]any{
			"realm":          r.tokens.url + "/token",
			"service":        tokenService,
			"issuer":         tokenIssuer,
			"rootcertbundle": r.path("roots.pem"),
		}}
	default:
		return fmt.Errorf("no mode %q", r.options.Mode)
	}
	content, err := yaml.Marshal(config)
	if err != nil {
		return err
	}
	files["config.yml"] = content
	for name, content := range files {
		if err := os.WriteFile(r.path(name), content, 0o600); err != nil {
			return err
		}
	}
	return nil
}

// htpasswd is the content of a password file with these users.
func htpasswd(users map[string]User, pusher string, p User) ([]byte, error) {
	all := map[string]User{pusher: p}
	for name, u := range users {
		all[name] = u
	}
	var content []byte
	for name, u := range all {
		// The cheapest hash there is: it protects nothing here.
		hash, err := bcrypt.GenerateFromPassword([]byte(u.Password), bcrypt.MinCost)
		if err != nil {
			return nil, fmt.Errorf("hash a password: %w", err)
		}
		content = fmt.Appendf(content, "%s:%s\n", name, hash)
	}
	return content, nil
}
