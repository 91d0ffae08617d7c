package realregistries

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/docker/distribution/configuration"
	dcontext "github.com/docker/distribution/context"
	_ "github.com/docker/distribution/registry/auth/htpasswd" // the way to log in
	"github.com/docker/distribution/registry/handlers"
	_ "github.com/docker/distribution/registry/storage/driver/inmemory" // where it keeps images
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	ggcr "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/registry"
)

// What each registry has, what it has not, and who may pull from it, if it asks.
const (
	repository = "acme/app"
	tag        = "v1"
	noTag      = "v2"
	noRepo     = "acme/other"
	noDigest   = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

	user     = "ada"
	password = "her-password"
)

// server is a registry that runs, with repository:tag in it.
type server struct {
	url   string
	realm string // the token server's URL, "" where there is none
	login bool   // whether it asks for a login
}

// program is a registry that can be started.
type program struct {
	name  string
	start func(t *testing.T) server
}

func programs() []program {
	return []program{
		{"go-containerregistry", func(t *testing.T) server {
			return serve(t, ggcr.New(ggcr.Logger(log.New(io.Discard, "", 0))), nil)
		}},
		{"ociregistry", func(t *testing.T) server { return serve(t, ociserver.New(ocimem.New(), nil), nil) }},
		{"distribution 2.8", func(t *testing.T) server { return serve(t, distribution2(t, nil), nil) }},
		{"distribution 2.8 with htpasswd", func(t *testing.T) server {
			auth := configuration.Auth{"htpasswd": {"realm": "registry", "path": htpasswd(t)}}
			return serve(t, distribution2(t, auth), &authn.Basic{Username: user, Password: password})
		}},
		{"distribution 3", func(t *testing.T) server { return distribution3(t, registry.Open) }},
		{"distribution 3 with htpasswd", func(t *testing.T) server { return distribution3(t, registry.Htpasswd) }},
		{"distribution 3 with token", func(t *testing.T) server { return distribution3(t, registry.Token) }},
	}
}

// serve serves a registry within this process until the test ends, and pushes an image
// to it.
func serve(t *testing.T, handler http.Handler, login authn.Authenticator) server {
	t.Helper()
	s := httptest.NewServer(handler)
	t.Cleanup(s.Close)
	ref, err := name.NewTag(fmt.Sprintf("%s/%s:%s", strings.TrimPrefix(s.URL, "http://"), repository, tag))
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(256, 1)
	if err != nil {
		t.Fatal(err)
	}
	options := []remote.Option{remote.WithContext(t.Context()), remote.WithTransport(s.Client().Transport)}
	if login != nil {
		options = append(options, remote.WithAuth(login))
	}
	if err := remote.Write(ref, image, options...); err != nil {
		t.Fatal(err)
	}
	return server{url: s.URL, login: login != nil}
}

// distribution2 is the registry that the image registry:2 holds.
func distribution2(t *testing.T, auth configuration.Auth) http.Handler {
	t.Helper()
	config := &configuration.Configuration{
		Storage: configuration.Storage{
			"inmemory": {},
			// It would sleep for minutes, and go through what is stored.
			"maintenance": {"uploadpurging": map[any]any{"enabled": false}},
		},
		Auth: auth,
	}
	config.HTTP.Secret = "any"
	nowhere := logrus.New()
	nowhere.SetOutput(io.Discard)
	quiet := func(ctx context.Context) context.Context { return dcontext.WithLogger(ctx, logrus.NewEntry(nowhere)) }
	app := handlers.NewApp(quiet(t.Context()), config)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { app.ServeHTTP(w, r.WithContext(quiet(r.Context()))) })
}

// htpasswd is a password file in which the user is.
func htpasswd(t *testing.T) string {
	t.Helper()
	hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.MinCost)
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "htpasswd")
	if err := os.WriteFile(path, fmt.Appendf(nil, "%s:%s\n", user, hash), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// distribution3 is the registry that the other end-to-end tests use.
func distribution3(t *testing.T, mode registry.Mode) server {
	t.Helper()
	paths, err := build.Ensure(t.Context(), os.Stderr, build.Registry)
	if err != nil {
		t.Fatal(err)
	}
	options := registry.Options{Binary: paths[build.Registry], Mode: mode}
	if mode != registry.Open {
		options.Users = map[string]registry.User{user: {Password: password, Pull: []string{repository, noRepo}}}
	}
	r, err := registry.Start(t.Context(), options)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(r.Close)
	if _, err := r.Push(t.Context(), repository, tag); err != nil {
		t.Fatal(err)
	}
	return server{url: r.URL(), realm: r.TokenURL(), login: mode != registry.Open}
}
