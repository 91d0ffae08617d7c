package providers

import (
	"time"

	corev1 "k8s.io/api/core/v1"
)

const always = corev1.PullAlways

// The order of credentials, and what a refusal proves: P23 to P31.
func orderCases() []Case {
	const app = "{host}/app:v1"
	return []Case{
		{ID: "P23", Setup: "Secret good, provider also matches", Kubelet: "Secret first, plugin run all the same", Pullgate: "Secret first; the plugin is not waited for", Tries: []Try{
			{Name: "slow plugin", Registry: at("app", private()), Limit: 15 * time.Second,
				Providers: []Provider{inTurn(provide("p1", says("Image", "", bad("p1")), "{host}"), sleeping(says("Image", "", bad("p1")), time.Minute))},
				Steps:     []Step{{Images: []string{app}, Pull: always, Secrets: []Secret{{"{host}", "ci", "good", ""}}, Node: Pulled, Reason: "Pullable", Runs: "p1", Tried: "ci", Early: true}}},
		}},
		{ID: "P24", Setup: "Secret refused, provider good", Kubelet: "pulled by the provider's credential", Pullgate: "Pullable", Tries: []Try{
			{Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Secrets: []Secret{{"{host}", "secret", "wrong", ""}}, Node: Pulled, Reason: "Pullable", Runs: "p1", Tried: "secret ci"}}},
			{Name: "Secret, config.json, provider", Registry: at("app", private()), NodeFile: &Secret{"{host}", "node", "wrong", ""},
				Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
				Steps:     []Step{{Images: []string{app}, Pull: always, Secrets: []Secret{{"{host}", "secret", "wrong", ""}}, Node: Pulled, Reason: "Pullable", Runs: "p1", Tried: "secret node ci"}}},
			{Name: "config.json good", Registry: at("app", private()), NodeFile: &Secret{"{host}", "ci", "good", ""},
				Providers: []Provider{provide("p1", says("Image", "", bad("p1")), "{host}")},
				Steps:     []Step{{Images: []string{app}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1", Tried: "ci"}}},
		}},
		{ID: "P25", Setup: "malformed Secret", Kubelet: "raw error, no plugin", Pullgate: "InvalidPullSecret, no plugin", Tries: []Try{{
			Registry: at("app", public()), Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
			Steps: []Step{{Images: []string{app}, Pull: always, Secrets: []Secret{{Raw: `{"auths":[]}`}}, Node: SecretError, Reason: "InvalidPullSecret"}},
		}}},
		{ID: "P26", Setup: "two providers, same key", Kubelet: "order of the file", Pullgate: "the same", Tries: []Try{
			{Name: "p1 p2", Providers: []Provider{provide("p1", says("Image", "", "r.io one 1"), "r.io"), provide("p2", says("Image", "", "r.io two 2"), "r.io")}, Steps: []Step{look(image, "one:1 two:2", "p1 p2")}},
			{Name: "p2 p1", Providers: []Provider{provide("p2", says("Image", "", "r.io two 2"), "r.io"), provide("p1", says("Image", "", "r.io one 1"), "r.io")}, Steps: []Step{look(image, "two:2 one:1", "p2 p1")}},
			{Name: "both refused", Registry: at("app", private()), Providers: []Provider{provide("p2", says("Image", "", bad("two")), "{host}"), provide("p1", says("Image", "", bad("one")), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Node: ErrPull, Reason: "NodeManaged", Runs: "p2 p1", Tried: "two one"}}},
		}},
		{ID: "P27", Setup: "second provider has the longer key", Kubelet: "the second's first", Pullgate: "the same", Tries: []Try{{
			Providers: []Provider{provide("p1", says("Image", "", "r.io one 1"), "r.io"), provide("p2", says("Image", "", "r.io/a two 2", "*.io glob 3"), "r.io")},
			Steps:     []Step{look(image, "two:2 one:1 glob:3", "p1 p2"), look("r.io/b", "one:1 glob:3", "p1 p2")},
		}}},
		{ID: "P28", Setup: "first fails, second answers nothing, third answers", Kubelet: "the third's", Pullgate: "the same", Tries: []Try{{
			Providers: []Provider{provide("p1", fails(), "r.io"), provide("p2", says("Image", ""), "r.io"), provide("p3", says("Image", "", "r.io three 3"), "r.io")},
			Steps:     []Step{{Images: []string{image}, Get: "three:3", Runs: "p1 p2 p3", Fails: []string{"p1: it ends with exit status 1"}}},
		}}},
		{ID: "P29", Setup: "answer with keys that don't match the image", Kubelet: "dropped, then one anonymous attempt", Pullgate: "the same", Tries: []Try{
			{Name: "credentials", Providers: []Provider{provide("p1", says("Image", "", "x.io u p", "r.io/b v q", "r.io:443 w s"), "r.io")}, Steps: []Step{look(image, "", "p1")}},
			{Name: "public image", Registry: at("app", public()), Providers: []Provider{provide("p1", says("Image", "", "x.io u p"), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1"}}},
		}},
		{ID: "P30", Setup: "provider credential refused, image public", Kubelet: "ErrImagePull, no anonymous attempt", Pullgate: "own: NodeManaged; node: Unauthorized, and that it breaks a public image",
			Tries: []Try{
				refusedCredential("own", Own, "NodeManaged", "refuses pullgate's own identity (credential provider \"p1\")"),
				refusedCredential("node", AsNode, "Unauthorized", "without a credential provider for this registry it could be pulled"),
				{Name: "the node's is good", Registry: at("app", private()),
					Providers: []Provider{inTurn(provide("p1", says("Image", "", good()), "{host}"), says("Image", "", bad("other")))},
					Steps:     []Step{{Images: []string{app}, Pull: always, Node: Pulled, Reason: "NodeManaged", Runs: "p1"}}},
			}},
		{ID: "P31", Setup: "provider fails, image public", Kubelet: "pulled anonymously", Pullgate: "Pullable", Tries: []Try{
			{Registry: at("app", public()), Providers: []Provider{provide("p1", fails(), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1"}}},
			{Name: "private", Registry: at("app", private()), Providers: []Provider{provide("p1", fails(), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Node: ErrPull, Reason: "CredentialProviderFailed", Says: []string{`credential provider "p1" failed here: it ends with exit status 1`}, Runs: "p1"}}},
		}},
	}
}

// inTurn is a provider whose plugin does something else for pullgate.
func inTurn(p Provider, ours fakeScript) Provider {
	p.Ours = &ours
	return p
}

// refusedCredential is P30 for an identity.
func refusedCredential(name string, identity Identity, reason, words string) Try {
	return Try{
		Name: name, Identity: identity, Registry: at("app", public()), Providers: []Provider{provide("p1", says("Image", "", bad("p1")), "{host}")},
		Steps: []Step{{Images: []string{"{host}/app:v1"}, Pull: always, Node: ErrPull, Reason: reason, Says: []string{words}, Runs: "p1"}},
	}
}
