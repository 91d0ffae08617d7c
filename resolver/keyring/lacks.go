package keyring

import (
	"encoding/json"
	"fmt"

	"github.com/pullgate/pullgate/resolver/words"
)

// helpers are the credential helpers that a docker configuration names. A kubelet
// asks none of them: a Secret made of the config.json of somebody's desktop has no
// password in it (B16).
type helpers struct {
	Store string            `json:"credsStore"`
	Of    map[string]string `json:"credHelpers"`
}

// helpersOf reads them as far as they can be read.
func helpersOf(data []byte) (h helpers) {
	_ = json.Unmarshal(data, &h) // whatever is wrong, a kubelet does not look at it
	return h
}

// lacks says why an entry has no password.
func (h helpers) lacks(registry string, e entry) string {
	helper := h.Store
	if of, ok := h.Of[registry]; ok {
		helper = of
	}
	switch {
	case e.Password != "" && e.Username != "":
		return ""
	case e.token:
		return "holds a token in place of a password, and nodes use none"
	case helper != "":
		return fmt.Sprintf("has no password in it: that is in the credential helper %s of the machine where the Secret was made", words.Quote(helper, maxEntry))
	case e.Username != "":
		return "has a user name and no password in it"
	case e.Password != "":
		return "has a password and no user name in it"
	default:
		return "has neither user name nor password in it"
	}
}
