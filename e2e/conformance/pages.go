package conformance

import "github.com/pullgate/pullgate/e2e/scripted"

// named is a page with what it is called.
type named struct {
	name string
	page scripted.Page
}

const (
	html  = "text/html"
	plain = "text/plain; charset=utf-8"
	jason = "application/json"
)

// foreignPages are answers of whoever stands before a registry. None of them says
// anything about an image.
func foreignPages() []named {
	return []named{
		{"403 text/html", scripted.Page{Status: 403, Type: html, Header: []string{"Server: nginx"}, Body: "<html><head><title>403 Forbidden</title></head><body></body></html>"}},
		{"404 text/plain", scripted.Page{Status: 404, Type: plain, Body: "404 page not found\n"}},
		{"404 text/html", scripted.Page{Status: 404, Type: html, Body: "<html><head><title>404 Not Found</title></head></html>"}},
		{"400 no client certificate", scripted.Page{Status: 400, Type: html, Body: "<html><head><title>400 No required SSL certificate was sent</title></head></html>"}},
		{"401 text/html", scripted.Page{Status: 401, Type: html, Body: "<html><head><title>401 Authorization Required</title></head></html>"}},
		{"404 bare", scripted.Page{Status: 404}},
		{"403 bare", scripted.Page{Status: 403}},
		{"405 text/html", scripted.Page{Status: 405, Type: html, Body: "<html>405</html>"}},
		{"406 text/html", scripted.Page{Status: 406, Type: html, Body: "<html>Not Acceptable</html>"}},
		{"410 text/html", scripted.Page{Status: 410, Type: html, Body: "<html>Gone</html>"}},
		{"451 text/html", scripted.Page{Status: 451, Type: html, Body: "<html>Unavailable For Legal Reasons</html>"}},
		{"403 JSON of a gateway", scripted.Page{Status: 403, Type: jason, Header: []string{"x-amzn-ErrorType: ForbiddenException"}, Body: `{"message":"Forbidden"}`}},
		{"404 JSON of a gateway", scripted.Page{Status: 404, Type: jason, Body: `{"error":"not found"}`}},
		{"403 JSON list of another API", scripted.Page{Status: 403, Type: jason, Body: `{"errors":["access denied by policy"]}`}},
		{"200 text/html", scripted.Page{Status: 200, Type: html, Body: "<html>Log in</html>"}},
		{"302 to a log-in", scripted.Page{Status: 302, Header: []string{"Location: " + scripted.LoginPath}}},
		{"403 of an object store", scripted.Page{Status: 403, Type: "application/xml", Header: []string{"Server: AmazonS3"}, Body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>AccessDenied</Code></Error>`}},
		{"404 of an object store", scripted.Page{Status: 404, Type: "application/xml", Header: []string{"Server: AmazonS3"}, Body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>NoSuchKey</Code></Error>`}},
	}
}

// tokenPages are what a token server is not.
func tokenPages() []named {
	return []named{
		{"403 text/plain", scripted.Page{Status: 403, Type: plain, Body: "Forbidden\n"}},
		{"200 text/html", scripted.Page{Status: 200, Type: html, Body: "<html>Log in</html>"}},
		{"302 to a log-in", scripted.Page{Status: 302, Header: []string{"Location: " + scripted.LoginPath}}},
		{"404 text/html", scripted.Page{Status: 404, Type: html, Body: "<html>404</html>"}},
		{"401 text/html", scripted.Page{Status: 401, Type: html, Body: "<html>401</html>"}},
		{"403 JSON of a gateway", scripted.Page{Status: 403, Type: jason, Body: `{"message":"Forbidden"}`}},
	}
}

const apiVersion = "Docker-Distribution-Api-Version: registry/2.0"

// refusals are how registries themselves say no: the same to everybody, and for
// good.
func refusals() []namedFronts {
	same := func(p scripted.Page) []scripted.Front { return []scripted.Front{{Page: p}} }
	list := func(status int, mediaType, code, message string, header ...string) scripted.Page {
		return scripted.Page{Status: status, Type: mediaType, Header: header, Body: `{"errors":[{"code":"` + code + `","message":"` + message + `","detail":{"Tag":"v1"}}]}` + "\n"}
	}
	return []namedFronts{
		{"distribution 404", same(list(404, "application/json; charset=utf-8", "MANIFEST_UNKNOWN", "manifest unknown", apiVersion))},
		{"distribution 401", same(list(401, "application/json; charset=utf-8", "UNAUTHORIZED", "authentication required", apiVersion, `Www-Authenticate: Basic realm="Registry Realm"`))},
		{"zot 404", same(list(404, jason, "NAME_UNKNOWN", "repository name not known to registry", "Docker-Distribution-API-Version: registry/2.0"))},
		{"404 with the API's version alone", same(scripted.Page{Status: 404, Header: []string{apiVersion}})},
		{"404 with an error list alone", same(list(404, jason, "MANIFEST_UNKNOWN", "manifest unknown"))},
		{"401 with a challenge alone", same(scripted.Page{Status: 401, Header: []string{`Www-Authenticate: Basic realm="registry"`}})},
		{"Harbor 404", same(list(404, "application/json; charset=utf-8", "NOT_FOUND", "artifact library/app:v1 not found", "X-Request-Id: 1"))},
		{"Harbor 401", same(list(401, "application/json; charset=utf-8", "UNAUTHORIZED", "unauthorized to access repository", `Www-Authenticate: Basic realm="harbor"`))},
		{"Artifactory 404", same(list(404, jason, "MANIFEST_UNKNOWN", "The named manifest is not known to the registry.", apiVersion, "X-Artifactory-Id: 1"))},
		{"Artifactory 403", same(list(403, jason, "UNAUTHORIZED", "The client does not have permission for manifest", "X-Artifactory-Id: 1"))},
		{"Nexus, HEAD bare", []scripted.Front{
			{Page: scripted.Page{Status: 404}, Only: "HEAD"},
			{Page: list(404, jason, "MANIFEST_UNKNOWN", "manifest unknown", apiVersion)},
		}},
		{"GHCR 404", same(list(404, jason, "MANIFEST_UNKNOWN", "manifest unknown", apiVersion))},
		{"GHCR 403", same(list(403, jason, "DENIED", "denied", apiVersion))},
		{"Artifact Registry 403", same(list(403, jason, "DENIED", "Permission denied on resource (or it may not exist)", "Docker-Distribution-API-Version: registry/2.0"))},
		{"ECR 404", same(list(404, "application/json; charset=utf-8", "MANIFEST_UNKNOWN", "Requested image not found", apiVersion))},
		{"ECR 403", same(list(403, "application/json; charset=utf-8", "DENIED", "Your authorization token has expired. Reauthenticate and try again.", apiVersion))},
		{"ECR 401", same(scripted.Page{Status: 401, Type: plain, Body: "Not Authorized\n", Header: []string{apiVersion, `Www-Authenticate: Basic realm="https://ecr.example.com/",service="ecr.amazonaws.com"`}})},
		{"Quay 401", same(list(401, jason, "UNAUTHORIZED", "access to the requested resource is not authorized", apiVersion, `Www-Authenticate: Basic realm="quay"`))},
	}
}

// namedFronts is what a registry does, with what it is called.
type namedFronts struct {
	name   string
	fronts []scripted.Front
}
