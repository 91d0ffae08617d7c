package providers

import (
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/cloud"
	"github.com/pullgate/pullgate/e2e/scripted"
)

const scriptedPlugins = "the plugins of Google and Azure cannot be had as Go modules: what they answer is scripted, as it was measured once"

// Clouds: P38 to P49.
func cloudCases() []Case {
	return []Case{
		{ID: "P38", Setup: "real ECR plugin, role good", Kubelet: "pulled", Pullgate: "Pullable", Tries: ecrModes()},
		{ID: "P39", Setup: "ECR, own role without rights: 403", Kubelet: "node's role: pulled", Pullgate: "NodeManaged", Tries: []Try{
			ecr(Roles{Node: may("team/"), Ours: may("other/")}, pulls("{host}/team/app:v1", Pulled, "NodeManaged", "refuses pullgate's own identity")),
		}, Note: noRealCloud},
		{ID: "P40", Setup: "ECR, GetAuthorizationToken denied for own role", Kubelet: "node's role: pulled", Pullgate: "CredentialProviderFailed", Tries: []Try{
			ecr(Roles{Node: may("team/"), Ours: cloud.Role{NoPassword: true}}, pulls("{host}/team/app:v1", Pulled, "CredentialProviderFailed", "it ends with exit status 1")),
		}, Note: noRealCloud},
		{ID: "P41", Setup: "ECR private, tag or repository missing; pullThrough unset / [] / covers it; identity own", Kubelet: "ErrImagePull, or imported and pulled", Pullgate: "unverified / definite / unverified", Tries: missing(), Note: noRealCloud},
		{ID: "P42", Setup: "GCP plugin without metadata: exit 0, no auth", Kubelet: "anonymous, then ErrImagePull", Pullgate: "NodeManaged", Tries: []Try{{
			Host: GAR, Roles: &Roles{Node: may("p/"), Ours: may("p/")}, Registry: at("p/r/app", scripted.Behaviour{}),
			Providers: []Provider{provide("auth-provider-gcp", cloud.GoogleFails(), "*.pkg.dev")},
			Steps:     []Step{pulls("{host}/p/r/app:v1", ErrPull, "NodeManaged", "no credential provider has credentials for", "auth-provider-gcp")},
		}}, Note: scriptedPlugins},
		{ID: "P43", Setup: "GCP: one password under two matching keys", Kubelet: "tried twice", Pullgate: "tried once",
			Differs: "an equal credential comes to an equal answer", Tries: []Try{
				{Name: "credentials", Host: GAR, Providers: []Provider{provide("auth-provider-gcp", cloud.Google("t"), "*.pkg.dev")},
					Steps: []Step{look("{host}/p/r/app", "_token:t _token:t", "auth-provider-gcp")}},
				{Name: "attempts", Host: GAR, Registry: at("p/r/app", private()), Providers: []Provider{provide("auth-provider-gcp", cloud.Google("t"), "*.pkg.dev")},
					Steps: []Step{counting(pulls("{host}/p/r/app:v1", ErrPull, "NodeManaged", "refuses pullgate's own identity", "auth-provider-gcp"), 10, 3)}},
				{Name: "attempts, one key", Host: GAR, Registry: at("p/r/app", private()), Providers: []Provider{provide("p1", says("Image", "", "{host} _token t"), "*.pkg.dev")},
					Steps: []Step{counting(pulls("{host}/p/r/app:v1", ErrPull, "NodeManaged", "refuses pullgate's own identity", "p1"), 5, 3)}},
			}, Note: scriptedPlugins},
		{ID: "P44", Setup: "GAR 403 \"(or it may not exist)\"; GAR 404 MANIFEST_UNKNOWN; private Harbor 404", Kubelet: "ErrImagePull", Pullgate: "own: NodeManaged; ImageNotFound; unverified", Tries: artifactRegistry(), Note: noRealCloud},
		{ID: "P45", Setup: "ACR: refused, then `*.azurecr.*` anonymous refused", Kubelet: "ErrImagePull, after both", Pullgate: "own: NodeManaged, in one message", Tries: []Try{
			{Name: "no rights", Host: ACR, Roles: &Roles{Node: may("other/"), Ours: may("other/")}, Registry: at("team/app", scripted.Behaviour{}),
				Providers: []Provider{provide("acr-credential-provider", cloud.Azure("{password}"), "*.azurecr.io")},
				Steps:     []Step{pulls("{host}/team/app:v1", ErrPull, "NodeManaged", `refuses pullgate's own identity (credential provider "acr-credential-provider")`, "acr-credential-provider")}},
			{Name: "rights", Host: ACR, Roles: &Roles{Node: may("team/"), Ours: may("team/")}, Registry: at("team/app", scripted.Behaviour{}),
				Providers: []Provider{provide("acr-credential-provider", cloud.Azure("{password}"), "*.azurecr.io")},
				Steps: []Step{
					pulls("{host}/team/app:v1", Pulled, "Pullable", "", "acr-credential-provider"),
					again(pulls("{host}/team/app:v2", ErrPull, "ImageNotFound", "", ""), "acr-credential-provider"),
				}},
			{Name: "credentials", Host: ACR, Providers: []Provider{provide("acr-credential-provider", cloud.Azure("t"), "*.azurecr.io")},
				Steps: []Step{look("{host}/team/app", cloud.AzureUser+":t :", "acr-credential-provider")}},
		}, Note: scriptedPlugins, Differs: "a kept credential that is refused has the plugin run once more, and so has the entry without a user"},
		{ID: "P46", Setup: "ACR plugin in a Pod with AZURE_FEDERATED_TOKEN_FILE", Kubelet: "–", Pullgate: "Workload Identity only with tokens `own` and the two annotations: the plugin is handed pullgate's own token",
			NoKubelet: "nodes have no Workload Identity", Note: scriptedPlugins, Tries: workloadIdentity()},
		{ID: "P47", Setup: "real ECR plugin with matchImages `*.*`, image ghcr.io/x", Kubelet: "sends AWS's password to ghcr.io", Pullgate: "the same, and warns as it starts", Tries: []Try{{
			Roles: &Roles{Node: may(""), Ours: may("")}, Providers: []Provider{amazon(cloud.StaticKey, "", "*.*")},
			Warnings: []string{"covers registries outside the plugin's cloud, and would send them the cloud's password"},
			Steps:    []Step{look("ghcr.io/x/app", "AWS:PASSWORD", ecrName)},
		}}},
		{ID: "P48", Setup: "ECR image with port :443, real plugin", Kubelet: "no credential: the key has no port", Pullgate: "the same: NodeManaged", Tries: []Try{{
			Host: ECRPort, Roles: &Roles{Node: may("team/"), Ours: may("team/")}, Registry: at("team/app", scripted.Behaviour{}),
			Providers: []Provider{amazon(cloud.StaticKey, "", "*.dkr.ecr.*.amazonaws.com:443")},
			Steps:     []Step{pulls("{host}/team/app:v1", ErrPull, "NodeManaged", "no credential provider has credentials for", ecrName)},
		}}},
		{ID: "P49", Setup: "metadata service silent (hop limit 1); STS silent; ECR hangs: for pullgate alone", Kubelet: "node has none of it: pulled", Pullgate: "unverified at the deadline; back-off, once the run has ended at its limit",
			Note: "pullgate's limit is scaled down to 3 s", Tries: silent()},
	}
}

const (
	noRealCloud = "no real cloud is asked: the registry is scripted from reports"
	ecrName     = "ecr-credential-provider"
)

// may is a role that may pull what begins so.
func may(prefix string) cloud.Role { return cloud.Role{Pull: []string{prefix}} }

// amazon is AWS's own plugin. The node has its identity by a mode, and pullgate by
// another, if one is named.
func amazon(node, ours cloud.Mode, patterns ...string) Provider {
	p := Provider{Provider: cloud.Provider(nil), Mode: node, OurMode: ours}
	if len(patterns) > 0 {
		p.MatchImages = patterns
		p.Env = []string{"AWS_REGION=eu-west-1"} // as the metadata service would say
	}
	return p
}

// pulls is a pull, and a check. What runs is AWS's plugin, if nothing else is said.
func pulls(image string, node NodeOutcome, reason, words string, runs ...string) Step {
	s := Step{Images: []string{image}, Pull: always, Node: node, Reason: reason, Runs: ecrName}
	if words != "" {
		s.Says = []string{words}
	}
	if len(runs) > 0 {
		s.Runs = strings.Join(runs, " ")
	}
	return s
}

// again is a step for which pullgate runs a plugin once more.
func again(s Step, runs string) Step {
	s.Ours = &Ours{Get: s.Get, Runs: runs, Tried: s.Tried}
	return s
}

// counting is a step with how many requests for manifests each side makes.
func counting(s Step, node, ours int) Step {
	s.NodeAsked, s.Asked = node, ours
	return s
}

// ecr is a try with the real plugin at a registry that has team/app.
func ecr(r Roles, steps ...Step) Try {
	return Try{Host: ECR, Roles: &r, Registry: at("team/app", scripted.Behaviour{}), Providers: []Provider{amazon(cloud.StaticKey, "")}, Steps: steps}
}

func ecrModes() (tries []Try) {
	for _, mode := range cloud.Modes() {
		t := ecr(Roles{Node: may("team/"), Ours: may("team/")},
			pulls("{host}/team/app:v1", Pulled, "Pullable", ""), pulls("{host}/team/app:v1", Pulled, "Pullable", "", ""))
		t.Name, t.Providers = string(mode), []Provider{amazon(mode, "")}
		tries = append(tries, t)
	}
	return tries
}

// missing is P41: a tag that is not there, and a repository that is not, or not yet.
func missing() (tries []Try) {
	const tag, repository, hidden = "{host}/team/app:v2", "{host}/team/none:v1", "{host}/cache/nginx:v1"
	both := Roles{Node: cloud.Role{Pull: []string{"team/", "cache/"}, Import: true}, Ours: cloud.Role{Pull: []string{"team/", "cache/"}}}
	one := func(name string, through []string, steps ...Step) {
		t := ecr(both, steps...)
		t.Name, t.PullThrough = name, through
		t.Registry["cache/nginx"] = scripted.Behaviour{}
		t.Hidden = []string{"cache/nginx"}
		tries = append(tries, t)
	}
	kept := func(s Step) Step { // the password is
		s.Runs = ""
		return s
	}
	// The node's pull has imported it; for pullgate it is hidden once more.
	imported := kept(pulls(hidden, Pulled, "NodeManaged", "a node's first pull may import it"))
	one("unset", nil, pulls(tag, ErrPull, "NodeManaged", "a node's first pull may import it"), kept(pulls(repository, ErrPull, "NodeManaged", "a node's first pull may import it")), imported)
	one("[]", []string{}, pulls(tag, ErrPull, "ImageNotFound", ""), kept(pulls(repository, ErrPull, "RepositoryNotFound", "")))
	one("covers", []string{"{host}/cache"}, pulls(tag, ErrPull, "ImageNotFound", ""), kept(pulls(repository, ErrPull, "RepositoryNotFound", "")), imported)
	return tries
}

// artifactRegistry is P44.
func artifactRegistry() []Try {
	google := func(name string, r Roles, s Step) Try {
		return Try{Name: name, Host: GAR, Roles: &r, Registry: at("p/r/app", scripted.Behaviour{}),
			Providers: []Provider{provide("p1", cloud.Google("{password}"), "*.pkg.dev")}, Steps: []Step{s}}
	}
	harbor := scripted.Page{Status: 404, Type: "application/json; charset=utf-8", Header: []string{"X-Request-Id: 1"}, Body: `{"errors":[{"code":"NOT_FOUND","message":"artifact team/app:v1 not found"}]}`}
	return []Try{
		google("403, for both", Roles{Node: may("other/"), Ours: may("other/")}, pulls("{host}/p/r/app:v1", ErrPull, "NodeManaged", "refuses pullgate's own identity", "p1")),
		google("403, for pullgate", Roles{Node: may("p/"), Ours: may("other/")}, pulls("{host}/p/r/app:v1", Pulled, "NodeManaged", "refuses pullgate's own identity", "p1")),
		google("404", Roles{Node: may("p/"), Ours: may("p/")}, pulls("{host}/p/r/app:1", ErrPull, "ImageNotFound", "", "p1")),
		{Name: "Harbor 404", Registry: at("team/app", scripted.Behaviour{Auth: private().Auth, Front: []scripted.Front{{Page: harbor, At: scripted.AtManifests}}}),
			Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
			Steps:     []Step{pulls("{host}/team/app:v1", ErrPull, "NodeManaged", "or pullgate's own identity (credential provider \"p1\") may not see it, and nodes' may", "p1")}},
		{Name: "Harbor 404, for pullgate", Registry: at("team/app", scripted.Behaviour{Auth: private().Auth, Front: []scripted.Front{{Page: harbor, At: scripted.AtManifests, Sees: scripted.SeesPullgate}}}),
			Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
			Steps:     []Step{pulls("{host}/team/app:v1", Pulled, "NodeManaged", "or pullgate's own identity (credential provider \"p1\") may not see it, and nodes' may", "p1")}},
	}
}

// workloadIdentity is P46.
func workloadIdentity() []Try {
	const clientID, tenantID, audience = "kubernetes.azure.com/acr-client-id", "kubernetes.azure.com/acr-tenant-id", "api://AzureADTokenExchange"
	p := provide("acr-credential-provider", says("Registry", "1h0m0s", "{host} u token-{token}"), "*.azurecr.io")
	p.TokenAttributes = map[string]any{
		"serviceAccountTokenAudience": audience, "requireServiceAccount": true, "cacheType": "ServiceAccount", "requiredServiceAccountAnnotationKeys": []string{clientID, tenantID},
	}
	own := Account{Namespace: "pullgate-system", Name: "pullgate", Annotations: map[string]string{clientID: "1", tenantID: "2"}}
	bare := Account{Namespace: "pullgate-system", Name: "pullgate"}
	one := func(name string, a Account, s Step) Try {
		s.Images, s.Account, s.Namespace = []string{"{host}/team/app"}, "app", "team"
		return Try{Name: name, Host: ACR, Tokens: OwnTokens, OwnTokens: []string{audience}, Accounts: []Account{a}, Providers: []Provider{p}, Steps: []Step{s}}
	}
	none := one("no token of that audience", own, Step{Fails: []string{"acr-credential-provider: pullgate has no token of its own"}})
	none.OwnTokens = []string{"another"}
	return []Try{
		one("annotations", own, Step{Get: "u:token-OWN", Runs: "acr-credential-provider"}), one("no annotations", bare, Step{}), none,
	}
}

// silent is P49. The node has a key of its own; pullgate asks somebody who does not answer.
func silent() (tries []Try) {
	for _, one := range []struct {
		name     string
		mode     cloud.Mode
		endpoint cloud.Endpoint
	}{{"metadata", cloud.Instance, cloud.Metadata}, {"STS", cloud.IRSA, cloud.STS}, {"ECR", cloud.StaticKey, cloud.ECR}} {
		first := pulls("{host}/team/app:v1", Pulled, "CredentialProviderFailed", "it did not answer in time")
		first.Deadline, first.Early = 2*time.Second, true
		// The run has ended by now, at its limit, and the next is some time off.
		second := pulls("{host}/team/app:v1", Pulled, "CredentialProviderFailed", "it did not answer in time", "")
		t := ecr(Roles{Node: may("team/"), Ours: may("team/")}, first, second)
		t.Name, t.Limit, t.Providers, t.States = one.name, 3*time.Second, []Provider{amazon(cloud.StaticKey, one.mode)}, map[cloud.Endpoint]cloud.State{one.endpoint: cloud.Silent}
		tries = append(tries, t)
	}
	return tries
}
