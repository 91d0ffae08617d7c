package providers

import (
	corev1 "k8s.io/api/core/v1"
)

const (
	ifNotPresent = corev1.PullIfNotPresent
	never        = corev1.PullNever
)

// Images that are on the node already: P62 to P65.
func presentCases() []Case {
	const app = "{host}/app:v1"
	pull := func(namespace, name, account string, policy corev1.PullPolicy, node NodeOutcome, reason, runs string) Step {
		return Step{Images: []string{app}, Namespace: namespace, Pod: name, Account: account, Pull: policy, Node: node, Reason: reason, Runs: runs, Present: true}
	}
	onceMore := func(s Step, ours string) Step {
		s.Ours = &Ours{Runs: ours}
		return s
	}
	two := []Account{{Namespace: "team", Name: "one"}, {Namespace: "team", Name: "two"}}
	mute := []Account{{Namespace: "team", Name: "one", NoToken: "it is out of order"}, {Namespace: "team", Name: "two", NoToken: "it is out of order"}}
	return []Case{
		{ID: "P62", Setup: "cached image, pulled with a provider (no token), Pod of another namespace, IfNotPresent", Kubelet: "runs, no plugin", Pullgate: "found again, or PresentOnNode at most", Tries: []Try{
			{Name: "found", Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", "1h0m0s", good()), "{host}")}, Steps: []Step{
				pull("one", "one", "default", ifNotPresent, Pulled, "Pullable", "p1"), pull("two", "two", "default", ifNotPresent, Pulled, "Pullable", ""),
			}},
			{Name: "refused to pullgate", Identity: AsNode, Registry: at("app", private()),
				Providers: []Provider{inTurn(provide("p1", says("Image", "1h0m0s", good()), "{host}"), says("Image", "1h0m0s", bad("u")))}, Steps: []Step{
					pull("one", "one", "default", ifNotPresent, Pulled, "PresentOnNode", "p1"),
				}},
		}},
		{ID: "P63", Setup: "cached image, pulled with one account's token; Pod of another account: IfNotPresent / Never", Kubelet: "pulled anew with the other's / ErrImageNeverPull", Pullgate: "as for the other's credential / NotPulled", Tries: []Try{
			{Name: "IfNotPresent", Tokens: PodTokens, Accounts: two, Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())}, Steps: []Step{
				pull("team", "one", "one", ifNotPresent, Pulled, "Pullable", "p1"), pull("team", "two", "two", ifNotPresent, Pulled, "Pullable", "p1"),
			}},
			{Name: "Never", Tokens: PodTokens, Accounts: two, Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())}, Steps: []Step{
				pull("team", "one", "one", ifNotPresent, Pulled, "Pullable", "p1"), onceMore(pull("team", "two", "two", never, NeverPull, "NotPulled", "p1"), ""),
			}},
		}, Differs: "with Never no registry is asked, and so no plugin: which records a node has cannot be seen"},
		{ID: "P64", Setup: "the same, first account, API server gives no token", Kubelet: "ErrImagePull though cached", Pullgate: "unverified", Tries: []Try{{
			Tokens: PodTokens, Accounts: two, Registry: at("app", private()), Providers: []Provider{onHost(answering1(takes(true, "ServiceAccount"), says("Image", "0s", good())))}, Steps: []Step{
				nodeOnly(pull("team", "one", "one", ifNotPresent, Pulled, "", "p1")),
				withAccounts(pull("team", "three", "one", ifNotPresent, ErrPull, "CredentialProviderFailed", ""), mute),
			},
		}}},
		{ID: "P65", Setup: "preloaded image, default policy / AlwaysVerify", Kubelet: "runs / pull", Pullgate: "as without providers: PresentOnNode at most", Tries: []Try{
			{Name: "default policy", Identity: AsNode, Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", "1h0m0s", bad("u")), "{host}")}, Steps: []Step{
				{Images: []string{app}, Preload: true}, onceMore(pull("one", "one", "default", ifNotPresent, Pulled, "PresentOnNode", ""), "p1"),
			}},
			{Name: "AlwaysVerify", VerifyAll: true, Identity: AsNode, Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", "1h0m0s", bad("u")), "{host}")}, Steps: []Step{
				{Images: []string{app}, Preload: true}, pull("one", "one", "default", ifNotPresent, ErrPull, "PresentOnNode", "p1"),
			}},
		}, Differs: "whether a node verifies what it has cannot be seen: an image that a node lists is no denial"},
	}
}

// nodeOnly is a step that pullgate has no part in.
func nodeOnly(s Step) Step {
	s.NodeOnly = true
	return s
}

func withAccounts(s Step, accounts []Account) Step {
	s.Accounts = accounts
	return s
}
