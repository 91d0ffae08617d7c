package registry

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/golang-jwt/jwt/v5"

	"github.com/pullgate/pullgate/e2e/process"
)

const (
	tokenService = "e2e-registry"
	tokenIssuer  = "e2e-token-server"
)

// tokenServer hands out tokens by the protocol of
// https://distribution.github.io/distribution/spec/auth/token/ and oauth2/.
type tokenServer struct {
	url      string
	root     []byte // PEM of the certificate that the registry trusts
	key      *ecdsa.PrivateKey
	chain    []string
	users    map[string]User
	public   []string
	life     time.Duration
	http     *http.Server
	requests atomic.Int64
}

// access is one entry of a token's access claim.
type access struct {
	Type    string   `json:"type"`
	Name    string   `json:"name"`
	Actions []string `json:"actions"`
}

func startTokenServer(o Options) (*tokenServer, error) {
	s := &tokenServer{users: o.Users, public: o.Public, life: cmp.Or(o.TokenLife, 5*time.Minute)}
	if err := s.newKey(); err != nil {
		return nil, err
	}
	listener, err := process.Listen()
	if err != nil {
		return nil, fmt.Errorf("start the token server: %w", err)
	}
	s.url = "http://" + listener.Addr().String()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /token", s.get)
	mux.HandleFunc("POST /token", s.post)
	s.http = &http.Server{Handler: s.count(mux), ReadHeaderTimeout: time.Minute}
	go func() { _ = s.http.Serve(listener) }() // Ends with close.
	return s, nil
}

func (s *tokenServer) close() { _ = s.http.Close() }

// newKey makes the key that tokens are signed with and its certificate.
func (s *tokenServer) newKey() error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("make the token server's key: %w", err)
	}
	template := &x509.Certificate{
		SerialNumber:          big.NewInt(1),
		Subject:               pkix.Name{CommonName: tokenIssuer},
		NotBefore:             time.Now().Add(-time.Minute),
		NotAfter:              time.Now().Add(30 * 24 * time.Hour),
		KeyUsage:              x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		IsCA:                  true,
		BasicConstraintsValid: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return fmt.Errorf("make the token server's certificate: %w", err)
	}
	s.key = key
	s.root = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.chain = []string{base64.StdEncoding.EncodeToString(der)}
	return nil
}

func (s *tokenServer) count(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		s.requests.Add(1)
		next.ServeHTTP(w, req)
	})
}

// get answers the first form of the protocol, with Basic authentication or none.
func (s *tokenServer) get(w http.ResponseWriter, req *http.Request) {
	user, password, given := req.BasicAuth()
	if given && !s.known(user, password) {
		unauthorized(w)
		return
	}
	s.answer(w, user, req.URL.Query()["scope"])
}

// post answers the OAuth 2 form, which containerd tries first when it has a
// credential.
func (s *tokenServer) post(w http.ResponseWriter, req *http.Request) {
	req.Body = http.MaxBytesReader(w, req.Body, 64<<10)
	if err := req.ParseForm(); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	user := req.PostForm.Get("username")
	if req.PostForm.Get("grant_type") != "password" || !s.known(user, req.PostForm.Get("password")) {
		unauthorized(w)
		return
	}
	s.answer(w, user, strings.Fields(req.PostForm.Get("scope")))
}

func (s *tokenServer) known(user, password string) bool {
	u, ok := s.users[user]
	return ok && u.Password == password
}

// answer hands out a token for what of the scopes the user may have, which may
// be nothing: then the registry refuses, not the token server.
func (s *tokenServer) answer(w http.ResponseWriter, user string, scopes []string) {
	granted := []access{}
	for _, scope := range scopes {
		// repository:acme/app:pull,push
		kind, rest, _ := strings.Cut(scope, ":")
		name, actions, _ := strings.Cut(rest, ":")
		if kind != "repository" || !slices.Contains(strings.Split(actions, ","), "pull") {
			continue
		}
		if slices.Contains(s.public, name) || slices.Contains(s.users[user].Pull, name) {
			granted = append(granted, access{Type: kind, Name: name, Actions: []string{"pull"}})
		}
	}
	token, err := s.sign(user, granted)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{
		"token":        token,
		"access_token": token,
		"expires_in":   int(s.life / time.Second),
		"issued_at":    time.Now().UTC().Format(time.RFC3339),
	})
}

func (s *tokenServer) sign(user string, granted []access) (string, error) {
	now := time.Now()
	token := jwt.NewWithClaims(jwt.SigningMethodES256, jwt.MapClaims{
		"iss":    tokenIssuer,
		"sub":    user,
		"aud":    tokenService,
		"iat":    now.Unix(),
		"nbf":    now.Add(-10 * time.Second).Unix(),
		"exp":    now.Add(5 * time.Minute).Unix(),
		"jti":    rand.Text(),
		"access": granted,
	})
	token.Header["x5c"] = s.chain
	return token.SignedString(s.key)
}

func unauthorized(w http.ResponseWriter) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusUnauthorized)
	_, _ = w.Write([]byte(`{"errors":[{"code":"UNAUTHORIZED","message":"incorrect username or password"}]}` + "\n"))
}

// TokenURL is where the token server of a Token registry answers.
func (r *Registry) TokenURL() string {
	if r.tokens == nil {
		return ""
	}
	return r.tokens.url
}

// TokenRequests is how many requests the token server of a Token registry has
// had.
func (r *Registry) TokenRequests() int {
	if r.tokens == nil {
		return 0
	}
	return int(r.tokens.requests.Load())
}
