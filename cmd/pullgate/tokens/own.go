package tokens

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

const (
	// maxFile is the largest file that may be a token, in bytes, and maxFiles how many
	// are looked at.
	maxFile  = 16 << 10
	maxFiles = 64
)

// Own has tokens of pullgate's own ServiceAccount, which a kubelet puts into a folder
// and renews: a projected volume. It is safe for concurrent use.
type Own struct {
	accounts *webhook.ServiceAccounts
	dir      string
	api      APIServer
}

// NewOwn makes Own with a folder of tokens, "" for none. It fails if there is no such
// folder.
func NewOwn(accounts *webhook.ServiceAccounts, dir string, api APIServer) (*Own, error) {
	if dir != "" {
		if info, err := os.Stat(dir); err != nil {
			return nil, fmt.Errorf("folder of tokens: %w", err)
		} else if !info.IsDir() {
			return nil, fmt.Errorf("folder of tokens: %s is not a folder", dir)
		}
	}
	return &Own{accounts: accounts, dir: dir, api: api}, nil
}

// projected is a token in the folder.
type projected struct {
	claims
	value string
}

// Identify finds pullgate's own ServiceAccount, whoever's the Pod is.
func (o *Own) Identify(ctx context.Context, of provider.Account) (provider.Identity, error) {
	all, err := o.read()
	if err != nil {
		return provider.Identity{}, err
	}
	if len(all) == 0 {
		return provider.Identity{}, errors.New("pullgate has no token of its own: the folder of --image-credential-token-dir has none")
	}
	who := all[0].Subject
	found, err := identify(ctx, o.accounts, who.Namespace, who.Account.Name, of.Anew)
	if err == nil && found.Cached && found.UID != who.Account.UID {
		found, err = identify(ctx, o.accounts, who.Namespace, who.Account.Name, true)
	}
	if err == nil && found.UID != who.Account.UID {
		err = fmt.Errorf("%s was made anew after its token", accountWords(who.Namespace, who.Account.Name))
	}
	return found, err
}

// Token is the token for an audience.
func (o *Own) Token(_ context.Context, of provider.Identity, audience string) (string, error) {
	return o.token(audience, func(s subject) bool { return s.is(of.Namespace, of.Name, of.UID) })
}

// token finds a token for an audience, of the ServiceAccount that is meant.
func (o *Own) token(audience string, meant func(subject) bool) (string, error) {
	if err := o.api.refuse(audience); err != nil {
		return "", err
	}
	all, err := o.read()
	if err != nil {
		return "", err
	}
	expired := false
	for _, t := range all {
		switch {
		case !t.Audiences.has(audience) || !meant(t.Subject):
		case t.expired():
			expired = true
		default:
			return t.value, nil
		}
	}
	if expired {
		return "", fmt.Errorf("pullgate's own token for %s has expired: the kubelet has not renewed it", quoted(audience))
	}
	return "", fmt.Errorf("pullgate has no token of its own for %s: mount one, a projected serviceAccountToken, in the folder of --image-credential-token-dir", quoted(audience))
}

// read reads what tokens there are now. Files that are none, and tokens that are good
// for the API server, are passed over.
func (o *Own) read() (all []projected, err error) {
	if o.dir == "" {
		return nil, errors.New("pullgate has no tokens of its own: it runs without --image-credential-token-dir")
	}
	entries, err := os.ReadDir(o.dir)
	if err != nil {
		return nil, errors.New("pullgate cannot read the folder of --image-credential-token-dir")
	}
	forbidden := o.api.audiences()
	for _, e := range entries {
		if strings.HasPrefix(e.Name(), "..") { // what the kubelet's links lead to
			continue
		}
		if len(all) == maxFiles {
			break
		}
		t, ok := readToken(filepath.Join(o.dir, e.Name()))
		if ok && !t.Audiences.any(forbidden) {
			all = append(all, t)
		}
	}
	return all, nil
}

// readToken reads a file, if it is a ServiceAccount's token.
func readToken(path string) (t projected, ok bool) {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Size() > maxFile {
		return t, false
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return t, false
	}
	t.value = strings.TrimSpace(string(content))
	if t.claims, err = claimsOf(t.value); err != nil {
		return t, false
	}
	return t, t.Subject.Account.Name != "" && t.Subject.Namespace != "" && len(t.Audiences) > 0
}
