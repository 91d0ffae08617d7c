package tokens

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"k8s.io/client-go/rest"

	"github.com/pullgate/pullgate/resolver/words"
)

// APIServer knows the audiences by which the API server itself is asked: with such a
// token a plugin would be the ServiceAccount, with all its rights. The zero value knows
// the usual ones.
type APIServer struct {
	// own reads pullgate's own token for the API server, which has them.
	own func() (string, error)
}

// NewAPIServer makes an APIServer for the one that pullgate itself asks.
func NewAPIServer(config *rest.Config) APIServer {
	token, file := config.BearerToken, config.BearerTokenFile
	return APIServer{own: func() (string, error) {
		if file == "" {
			return token, nil
		}
		content, err := os.ReadFile(file) // a kubelet renews it
		return strings.TrimSpace(string(content)), err
	}}
}

// usualAudiences are what API servers call themselves where nothing else is known:
// the issuers of common installers, and that of old clusters.
func usualAudiences() []string {
	return []string{
		"https://kubernetes.default.svc", "https://kubernetes.default.svc.cluster.local", "https://kubernetes.default",
		"kubernetes.default.svc", "kubernetes.default.svc.cluster.local", "kubernetes.default", "kubernetes/serviceaccount",
		"api", "kubernetes", "k3s", "rke2",
	}
}

// audiences are what no token may be for.
func (s APIServer) audiences() []string {
	all := usualAudiences()
	if s.own == nil {
		return all
	}
	token, err := s.own()
	if err != nil {
		return all
	}
	if c, err := claimsOf(token); err == nil {
		all = append(append(all, c.Issuer), c.Audiences...)
	}
	return all
}

// refuse says why nobody gets a token for an audience, if nobody does.
func (s APIServer) refuse(audience string) error {
	switch {
	case audience == "":
		return errors.New("it asks for tokens without an audience, which are for the API server itself")
	case slices.Contains(s.audiences(), audience):
		return fmt.Errorf("it asks for tokens for the API server itself (%s): give it an audience of its own", quoted(audience))
	default:
		return nil
	}
}

// quoted is a name in a message.
func quoted(name string) string { return words.Quote(name, maxName) }

// maxName is room for the longest name of an object, with its quotation marks.
const maxName = 255
