package hostsfile

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"path"
	"path/filepath"
	"strings"
	"time"

	"github.com/containerd/containerd/v2/core/remotes/docker"
)

// Entry is one endpoint.
type Entry struct {
	// Scheme, Host and Path are where it is. Host is "" of a server that the file
	// does not name: the registry itself.
	Scheme, Host, Path string
	Capabilities       docker.HostCapabilities
	Header             http.Header
	// DialTimeout and SkipVerify are nil if the file does not say.
	DialTimeout *time.Duration
	SkipVerify  *bool
	// CA are files of certificates, Client pairs of a certificate's and a key's,
	// the latter "" if both are in one. A slice that is not nil counts as set.
	CA     []string
	Client [][2]string
	// Rewrites change the name under which the endpoint has a repository.
	Rewrites Rewrites
	// Strange tells of a rewrite that is written in a way which k3s and RKE2 do not
	// know: how nodes ask here is not known.
	Strange bool
}

const allCapabilities = docker.HostCapabilityPull | docker.HostCapabilityResolve | docker.HostCapabilityPush | docker.HostCapabilityReferrers

// table is what a file says of one endpoint.
type table struct {
	Capabilities []string       `toml:"capabilities"`
	CA           any            `toml:"ca"`
	Client       any            `toml:"client"`
	SkipVerify   *bool          `toml:"skip_verify"`
	Header       map[string]any `toml:"header"`
	OverridePath bool           `toml:"override_path"`
	DialTimeout  string         `toml:"dial_timeout"`
	Rewrite      any            `toml:"rewrite"`
}

// entry makes an Entry of a table. Paths of files are relative to the folder.
func (t table) entry(server, dir string) (e Entry, err error) {
	if err := e.locate(server, t.OverridePath); err != nil {
		return e, err
	}
	e.SkipVerify = t.SkipVerify
	if e.Capabilities, err = capabilities(t.Capabilities); err != nil {
		return e, err
	}
	if t.CA != nil {
		if e.CA, err = texts(t.CA); err != nil {
			return e, fmt.Errorf("ca: %w", err)
		}
		e.CA = within(dir, e.CA)
	}
	if t.Client != nil {
		if e.Client, err = pairs(t.Client, dir); err != nil {
			return e, fmt.Errorf("client: %w", err)
		}
	}
	if t.Header != nil {
		e.Header = http.Header{}
	}
	for key, value := range t.Header {
		if e.Header[key], err = texts(value); err != nil {
			return e, fmt.Errorf("header %q: %w", key, err)
		}
	}
	if t.DialTimeout != "" {
		timeout, err := time.ParseDuration(t.DialTimeout)
		if err != nil {
			return e, err
		}
		e.DialTimeout = &timeout
	}
	e.Rewrites, e.Strange = rewritesOf(t.Rewrite)
	return e, nil
}

// locate reads where an endpoint is.
func (e *Entry) locate(server string, overridePath bool) error {
	if server == "" {
		return nil
	}
	if !strings.HasPrefix(server, "http") {
		server = "https://" + server
	}
	u, err := url.Parse(server)
	if err != nil {
		return err
	}
	e.Scheme, e.Host, e.Path = u.Scheme, u.Host, u.Path
	if e.Path != "" {
		e.Path = path.Clean(e.Path)
	}
	if !overridePath && !strings.HasSuffix(e.Path, "/v2") {
		e.Path += "/v2"
	}
	return nil
}

func capabilities(names []string) (all docker.HostCapabilities, err error) {
	if len(names) == 0 {
		return allCapabilities, nil
	}
	for _, name := range names {
		switch strings.ToLower(name) {
		case "pull":
			all |= docker.HostCapabilityPull
		case "resolve":
			all |= docker.HostCapabilityResolve
		case "push":
			all |= docker.HostCapabilityPush
		case "referrers":
			all |= docker.HostCapabilityReferrers
		default:
			return 0, fmt.Errorf("unknown capability %q", name)
		}
	}
	return all, nil
}

// pairs reads the files of client certificates: one, a list, or a list of pairs
// with their keys.
func pairs(value any, dir string) (list [][2]string, err error) {
	elements, ok := value.([]any)
	if !ok {
		elements = []any{value}
	}
	for _, element := range elements {
		files, err := texts(element)
		if err != nil {
			return nil, err
		}
		files = within(dir, files)
		switch _, pair := element.([]any); {
		case pair && len(files) == 2:
			list = append(list, [2]string(files))
		case pair:
			return nil, errors.New("a pair has two files")
		default:
			list = append(list, [2]string{files[0]})
		}
	}
	return list, nil
}

// texts reads one text or a list of them.
func texts(value any) ([]string, error) {
	elements, ok := value.([]any)
	if !ok {
		elements = []any{value}
	}
	list := make([]string, 0, len(elements))
	for _, element := range elements {
		text, ok := element.(string)
		if !ok {
			return nil, fmt.Errorf("%v is no text", element)
		}
		list = append(list, text)
	}
	return list, nil
}

// within makes paths absolute.
func within(dir string, files []string) []string {
	for n, file := range files {
		if !filepath.IsAbs(file) {
			files[n] = filepath.Join(dir, file)
		}
	}
	return files
}
