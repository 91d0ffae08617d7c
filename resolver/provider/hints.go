package provider

import (
	"bytes"
	"strings"
)

// vocabulary are the words that are looked for in what a failed plugin writes to
// stderr. Its text itself may quote a token or a password, and is never repeated:
// what is logged of it is only which of these it has.
func vocabulary() []string {
	return []string{
		"AccessDenied", "not authorized", "Unauthorized", "Forbidden", "ExpiredToken", "InvalidIdentityToken", "InvalidClientTokenId",
		"UnrecognizedClient", "SignatureDoesNotMatch", "AssumeRole", "GetAuthorizationToken", "Throttling", "TooManyRequests", "IMDS",
		"metadata", "no such host", "connection refused", "connection reset", "network is unreachable", "i/o timeout", "deadline exceeded",
		"x509", "certificate", "proxy", "no such file", "permission denied", "Read-only file system", "no space left", "out of memory", "panic:",
		"invalid_grant", "AADSTS", "managed identity", "azure.json", "no credentials", "NoCredentialProviders", "failed to refresh cached credentials",
		"unsupported", "apiVersion", "400", "401", "403", "404", "429", "500", "502", "503", "504",
	}
}

// hints are the words of the vocabulary that stderr has.
func hints(stderr []byte) (found []string) {
	text := string(bytes.ToLower(stderr))
	for _, word := range vocabulary() {
		if strings.Contains(text, strings.ToLower(word)) {
			found = append(found, word)
		}
	}
	return found
}
