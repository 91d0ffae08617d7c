package cloud

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
)

// The operations, as the header X-Amz-Target has them, with the service that a
// signature is for.
const (
	getPassword       = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken"
	getPublicPassword = "SpencerFrontendService.GetAuthorizationToken"
	service           = "ecr"
	publicService     = "ecr-public"
)

// serveECR answers GetAuthorizationToken, of private ECR and of the public one.
func (c *Cloud) serveECR(w http.ResponseWriter, r *http.Request, x *exchange) {
	target := r.Header.Get("X-Amz-Target")
	name, region, signedFor, ok := c.signer(r.Header.Get("Authorization"), r.Header.Get("X-Amz-Security-Token"))
	x.Path, x.Region = target, region
	want := map[string]string{getPassword: service, getPublicPassword: publicService}[target]
	if ok {
		x.Role = name
	}
	role, exists := c.role(name)
	switch {
	case want == "":
		refuseECR(w, http.StatusBadRequest, "UnknownOperationException", target)
	case x.State == Throttled:
		refuseECR(w, http.StatusBadRequest, "ThrottlingException", "Rate exceeded")
	case x.State == Unavailable:
		refuseECR(w, http.StatusServiceUnavailable, "ServiceUnavailableException", "Service is unavailable")
	case signedFor != want:
		refuseECR(w, http.StatusForbidden, "InvalidSignatureException", "Credential should be scoped to correct service: '"+want+"'.")
	case !ok || !exists:
		refuseECR(w, http.StatusBadRequest, "UnrecognizedClientException", "The security token included in the request is invalid.")
	case x.State == Denied, role.NoPassword:
		refuseECR(w, http.StatusBadRequest, "AccessDeniedException", notAuthorized(name, want+":GetAuthorizationToken", "*"))
	default:
		if target == getPublicPassword {
			region = ""
		}
		p := c.issue(name, region)
		data := map[string]any{
			"authorizationToken": base64.StdEncoding.EncodeToString([]byte("AWS:" + p.text)),
			"expiresAt":          p.expires.Unix(),
		}
		if target == getPublicPassword {
			sendJSON(w, http.StatusOK, map[string]any{"authorizationData": data})
			return
		}
		data["proxyEndpoint"] = "https://" + Account + ".dkr.ecr." + region + ".amazonaws.com"
		sendJSON(w, http.StatusOK, map[string]any{"authorizationData": []any{data}})
	}
}

// notAuthorized is how AWS words that a role has no right.
func notAuthorized(role, action, resource string) string {
	return "User: " + session(role) + " is not authorized to perform: " + action + " on resource: " + resource +
		" because no identity-based policy allows the " + action + " action"
}

func refuseECR(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("X-Amzn-Errortype", code)
	sendJSON(w, status, map[string]any{"__type": code, "message": message})
}

func sendJSON(w http.ResponseWriter, status int, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	if w.Header().Get("Content-Type") == "" {
		w.Header().Set("Content-Type", "application/json")
	}
	w.WriteHeader(status)
	_, _ = w.Write(body)
}
