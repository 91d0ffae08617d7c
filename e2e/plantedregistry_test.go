package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// The secrets that are planted. Each can come out by a way of its own.
const (
	goodPassword    = `planted-g00d-"pass/word+1`
	refusedPassword = `planted-refused-"pass/word+2`
	brokenPassword  = "planted-broken-password-3"
	ignoredPassword = "planted-ignored-password-4"
	keyPassword     = "planted-key-password-5"
	headerKey       = "planted-header-key-6"
	plantedToken    = "eyJwbGFudGVkIjo3fQ.eyJwbGFudGVkLXRva2VuIjo3fQ.cGxhbnRlZC1zaWc3"
	plantedQuery    = "planted-signature-8"
)

func allPlants() plants {
	return plants{
		"good password": goodPassword, "refused password": refusedPassword, "password in a broken Secret": brokenPassword,
		"password in a Secret of another type": ignoredPassword, "password in a key": keyPassword,
		"header of hosts.toml": headerKey, "token": plantedToken, "signed query": plantedQuery,
		"password of a plugin": answerPassword, "rubbish of a plugin": rubbishPassword, "stderr of a plugin": stderrPassword,
		"environment of the configuration": configuredPassword, "number in the configuration": configuredNumber,
		"argument of the configuration": argumentPassword, "environment of the process": environmentPassword,
		"password of the nodes' config.json": nodePassword, "token that a plugin is handed": handedSignature,
	}
}

// plantedRegistry asks for a password or a token, and sends back whatever it was
// sent, in all the ways that there are. The repository's name says how.
type plantedRegistry struct {
	url string

	mu   sync.Mutex
	sent strings.Builder // all that it was sent
}

func newPlantedRegistry(t *testing.T) *plantedRegistry {
	t.Helper()
	r := &plantedRegistry{}
	server := httptest.NewServer(r)
	t.Cleanup(server.Close)
	r.url = server.URL
	return r
}

// mapHosts writes the certs.d entries: of the second host, with a key that is the
// administrator's.
func (r *plantedRegistry) mapHosts(dir, host, keyed string) error {
	for h, header := range map[string]string{host: "", keyed: "[header]\nX-Key = \"" + headerKey + "\"\n"} {
		if err := os.MkdirAll(filepath.Join(dir, h), 0o750); err != nil {
			return err
		}
		content := fmt.Sprintf("server = %q\n%s", r.url, header)
		if err := os.WriteFile(filepath.Join(dir, h, "hosts.toml"), []byte(content), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// received is everything that was sent to it.
func (r *plantedRegistry) received() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.sent.String()
}

// ServeHTTP answers a request.
func (r *plantedRegistry) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	body, _ := io.ReadAll(req.Body)
	user, password, _ := req.BasicAuth()
	echo := strings.TrimSpace(fmt.Sprint(req.Header.Get("Authorization"), " ", req.Header.Get("X-Key"), " ", user, ":", password, " ", string(body)))
	r.mu.Lock()
	fmt.Fprintln(&r.sent, req.Method, req.URL, req.Header, echo)
	r.mu.Unlock()

	how := strings.Split(strings.Trim(strings.TrimPrefix(req.URL.Path, "/v2/"), "/"), "/")
	if how[0] == "token" {
		r.serveToken(w, how[1], echo)
		return
	}
	switch {
	case req.Header.Get("Authorization") != "":
		r.serveKnown(w, req, how[0], echo)
	case strings.HasPrefix(how[0], "token-"):
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token/%s",service="planted"`, r.url, how[0]))
		refuse(w, http.StatusUnauthorized, echo)
	default:
		w.Header().Set("WWW-Authenticate", `Basic realm="planted"`)
		refuse(w, http.StatusUnauthorized, echo)
	}
}

// refuse sends an error list.
func refuse(w http.ResponseWriter, status int, echo string) {
	w.WriteHeader(status)
	_, _ = fmt.Fprintf(w, `{"errors":[{"code":"DENIED","message":%q,"detail":%q}]}`, "you sent "+echo, echo)
}

func (r *plantedRegistry) serveToken(w http.ResponseWriter, how, echo string) {
	switch how {
	case "token-fails":
		refuse(w, http.StatusInternalServerError, echo)
	case "token-refuses":
		refuse(w, http.StatusForbidden, echo)
	case "token-phrase":
		hijack(w, "HTTP/1.1 403 "+echo+"\r\nContent-Length: 0\r\n\r\n")
	case "token-html":
		_, _ = io.WriteString(w, "<html>"+echo+plantedToken)
	case "token-signed":
		w.Header().Set("Location", "http://127.0.0.1:1/?signature="+plantedQuery)
		w.WriteHeader(http.StatusFound)
	default:
		_, _ = fmt.Fprintf(w, `{"token":%[1]q,"access_token":%[1]q,"expires_in":60}`, plantedToken)
	}
}

// serveKnown answers who has a password or a token.
func (r *plantedRegistry) serveKnown(w http.ResponseWriter, req *http.Request, how, echo string) {
	const served = "HTTP/1.1 200 OK\r\nContent-Type: application/vnd.oci.image.manifest.v1+json\r\nDocker-Content-Digest: " + absentDigest + "\r\nContent-Length: 2\r\n"
	switch how {
	case "refused", "token-lost":
		w.Header().Set("WWW-Authenticate", `Bearer realm="`+r.url+`/token/x",error="`+strings.ReplaceAll(echo, `"`, "")+`"`)
		refuse(w, http.StatusUnauthorized, echo)
	case "denied":
		refuse(w, http.StatusForbidden, echo)
	case "body":
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "<html>you sent "+echo)
	case "missing":
		refuse(w, http.StatusNotFound, echo)
	case "failing":
		refuse(w, http.StatusBadGateway, echo)
	case "phrase":
		hijack(w, "HTTP/1.1 403 "+echo+"\r\nContent-Length: 0\r\n\r\n")
	case "header":
		hijack(w, "HTTP/1.1 200 OK\r\nyou sent "+echo+"\r\n\r\n")
	case "status":
		hijack(w, echo+"\r\n\r\n")
	case "type":
		w.Header().Set("Content-Type", echo)
		w.Header().Set("Docker-Content-Digest", absentDigest)
		w.Header().Set("Content-Length", "2")
	case "unasked":
		hijack(w, served+"\r\n"+"you sent "+echo)
	case "signed", "token-moved":
		if req.URL.Query().Has("signature") {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Location", req.URL.Path+"?signature="+plantedQuery)
		w.WriteHeader(http.StatusTemporaryRedirect)
	case "away":
		w.Header().Set("Location", "http://127.0.0.1:1/?signature="+plantedQuery)
		w.WriteHeader(http.StatusTemporaryRedirect)
	default:
		body := "" // of which nobody may wait for more
		if req.Method == http.MethodGet {
			body = "{}"
		}
		hijack(w, served+"\r\n"+body)
	}
}

// hijack sends an answer as it stands, and leaves the connection for a while.
func hijack(w http.ResponseWriter, answer string) {
	conn, buffered, err := w.(http.Hijacker).Hijack()
	if err != nil {
		return
	}
	_, _ = io.WriteString(conn, answer)
	go func() {
		_, _ = bufio.NewReader(buffered).ReadByte() // until the client goes
		conn.Close()
	}()
}
