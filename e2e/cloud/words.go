package cloud

import (
	"fmt"
	"net/http"
)

// refusal is why a registry does not give what it is asked for.
type refusal int

const (
	unauthorized refusal = iota
	outdated
	denied
	noRepository
	noManifest
	throttled
	unavailable
)

const (
	codeNoRepository = "NAME_UNKNOWN"
	codeNoManifest   = "MANIFEST_UNKNOWN"
)

// knows tells whether a registry's passwords go with a user's name.
func (q question) knows(user string) bool {
	switch q.kind {
	case google:
		return user == GoogleUser || user == "oauth2accesstoken"
	case azure:
		return user == AzureUser
	default:
		return user == "AWS"
	}
}

// refuse answers in the words of the cloud's registry.
func (q question) refuse(w http.ResponseWriter, why refusal) {
	switch why {
	case throttled:
		sendError(w, http.StatusTooManyRequests, "TOOMANYREQUESTS", "Rate exceeded")
		return
	case unavailable:
		sendError(w, http.StatusServiceUnavailable, "UNAVAILABLE", "Service Unavailable")
		return
	case unauthorized:
		w.Header().Set("WWW-Authenticate", q.challenge())
	}
	switch q.kind {
	case google:
		q.refuseAsGoogle(w, why)
	case azure:
		q.refuseAsAzure(w, why)
	default:
		q.refuseAsAmazon(w, why)
	}
}

// challenge is what a client is asked for.
func (q question) challenge() string {
	if q.kind == amazon {
		return fmt.Sprintf(`Basic realm="https://%s/",service="ecr.amazonaws.com"`, q.host)
	}
	challenge := fmt.Sprintf(`Bearer realm="%s%s%s",service="%s"`, q.base, bearerPath, q.host, q.host)
	if q.repository != "" {
		challenge += fmt.Sprintf(`,scope="repository:%s:pull"`, q.repository)
	}
	return challenge
}

func (q question) refuseAsAmazon(w http.ResponseWriter, why refusal) {
	switch why {
	case unauthorized:
		http.Error(w, "Not Authorized", http.StatusUnauthorized)
	case outdated:
		sendError(w, http.StatusForbidden, "DENIED", "Your authorization token has expired. Reauthenticate and try again.")
	case noRepository:
		sendError(w, http.StatusNotFound, codeNoRepository,
			fmt.Sprintf("The repository with name '%s' does not exist in the registry with id '%s'", q.repository, Account))
	case noManifest:
		sendError(w, http.StatusNotFound, codeNoManifest, "Requested image not found")
	default:
		sendError(w, http.StatusForbidden, "DENIED",
			notAuthorized(q.role, "ecr:BatchGetImage", "arn:aws:ecr:"+q.region()+":"+Account+":repository/"+q.repository))
	}
}

func (q question) refuseAsGoogle(w http.ResponseWriter, why refusal) {
	switch why {
	case unauthorized, outdated:
		sendError(w, http.StatusUnauthorized, "UNAUTHORIZED", "authentication failed")
	case noRepository:
		sendError(w, http.StatusNotFound, codeNoRepository, fmt.Sprintf("Repository %q not found", q.repository))
	case noManifest:
		sendError(w, http.StatusNotFound, codeNoManifest, fmt.Sprintf("Failed to fetch %q", q.reference))
	default:
		sendError(w, http.StatusForbidden, "DENIED", fmt.Sprintf(
			"Permission \"artifactregistry.repositories.downloadArtifacts\" denied on resource \"%s\" (or it may not exist)", q.repository))
	}
}

// refuseAsAzure answers 401 to whoever has a token that does not suffice as well.
func (q question) refuseAsAzure(w http.ResponseWriter, why refusal) {
	switch why {
	case noRepository:
		sendError(w, http.StatusNotFound, codeNoRepository, "repository name not known to registry")
	case noManifest:
		sendError(w, http.StatusNotFound, codeNoManifest, fmt.Sprintf("manifest tagged by %q is not found", q.reference))
	default:
		challenge := q.challenge()
		if why == denied {
			challenge += `,error="insufficient_scope"`
		}
		w.Header().Set("WWW-Authenticate", challenge)
		sendError(w, http.StatusUnauthorized, "UNAUTHORIZED",
			"authentication required, visit https://aka.ms/acr/authorization for more information.")
	}
}

// sendError answers with an error list of one.
func sendError(w http.ResponseWriter, status int, code, message string) {
	sendJSON(w, status, map[string]any{"errors": []any{map[string]any{"code": code, "message": message}}})
}
