package providers

import (
	"strings"
	"time"
)

const audience = "sts.example.com"

// ServiceAccount tokens: P50 to P61.
func tokenCases() []Case {
	return []Case{
		{ID: "P50", Setup: "no ServiceAccount name, requireServiceAccount true / false", Kubelet: "not run / run without token", Pullgate: "the same", Tries: []Try{
			tokenTry("required", takes(true, "ServiceAccount"), nil, tokenStep("", "", "")),
			tokenTry("not required", takes(false, "ServiceAccount"), nil, tokenStep("", "u:got-", "p1")),
		}},
		{ID: "P51", Setup: "required annotation missing", Kubelet: "not run, no error", Pullgate: "not run; NodeManaged if nothing else opens the image", Tries: []Try{
			tokenTry("bare", takes(true, "ServiceAccount", "x.io/role"), accountList(nil), tokenStep("app", "", "")),
			tokenTry("there", takes(true, "ServiceAccount", "x.io/role"), accountList(map[string]string{"x.io/role": "r"}), tokenStep("app", "u:got-TOKEN", "p1")),
			{Name: "verdict", Tokens: PodTokens, Accounts: accountList(nil), Registry: at("app", private()), Providers: []Provider{onHost(takes(true, "ServiceAccount", "x.io/role"))},
				Steps: []Step{{Images: []string{"{host}/app:v1"}, Namespace: "team", Account: "app", Pull: always, Node: ErrPull, Reason: "NodeManaged"}}},
		}},
		{ID: "P52", Setup: "ServiceAccount or token not to be had, requireServiceAccount false", Kubelet: "provider failed", Pullgate: "provider failed", Tries: []Try{
			tokenTry("no ServiceAccount", takes(false, "ServiceAccount"), nil, failing(tokenStep("app", "", ""), "does not exist")),
			tokenTry("no token", takes(false, "ServiceAccount"), []Account{{Namespace: "team", Name: "app", NoToken: "forbidden"}},
				failing(tokenStep("app", "", ""), "p1: pullgate may not create serviceaccounts/token")),
		}},
		{ID: "P53", Setup: "tokens `none`, provider with tokenAttributes", Kubelet: "run", Pullgate: "not run: NodeManaged, and the message says why",
			Differs: "asking for tokens takes a right that is nearly a cluster admin's", Tries: []Try{
				{Name: "credentials", Tokens: NoTokens, Accounts: accountList(nil), Providers: []Provider{takes(true, "ServiceAccount")},
					Steps: []Step{{Images: []string{image}, Namespace: "team", Pod: "pod", Account: "app", Get: mine("u:got-TOKEN", "team", "app"), Runs: "p1", Ours: &Ours{}, Withheld: []string{"p1: it takes tokens of ServiceAccounts, and pullgate asks for none"}}}},
				{Name: "verdict", Tokens: NoTokens, Accounts: accountList(nil), Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())},
					Steps: []Step{{Images: []string{"{host}/app:v1"}, Namespace: "team", Pod: "pod", Account: "app", Pull: always, Node: Pulled, Reason: "NodeManaged", Says: []string{"pullgate asks for none"}, Runs: "p1", Ours: &Ours{}}}},
			}},
		{ID: "P54", Setup: "cacheType ServiceAccount: two Pods of one account; another account; the same name in another namespace; annotation changed", Kubelet: "shared; not shared, twice; a new run", Pullgate: "the same", Tries: []Try{
			tokenTry("", takes(true, "ServiceAccount", "x.io/role"), three("r"),
				pod("one", "team", "app", "u:got-TOKEN", "p1"), pod("two", "team", "app", "u:got-TOKEN", ""),
				pod("three", "team", "other", "u:got-TOKEN", "p1"), pod("four", "apart", "app", "u:got-TOKEN", "p1"),
				changed(pod("five", "team", "app", "u:got-TOKEN", "p1"), three("s")), pod("six", "team", "app", "u:got-TOKEN", "")),
		}},
		{ID: "P55", Setup: "cacheType Token", Kubelet: "per token, which is per Pod", Pullgate: "per token, which is per ServiceAccount: they are bound to no Pod", Differs: "there is no Pod yet that a token could be bound to", Tries: []Try{
			tokenTry("", takes(true, "Token"), three("r"), pod("one", "team", "app", "u:got-TOKEN", "p1"), pod("one", "team", "app", "u:got-TOKEN", ""),
				differs(pod("two", "team", "app", "u:got-TOKEN", "p1"), mine("u:got-TOKEN", "team", "app"), ""), pod("three", "team", "other", "u:got-TOKEN", "p1")),
		}},
		{ID: "P56", Setup: "token handed back as password, cacheType ServiceAccount / Token; as user name", Kubelet: "refused / used; used", Pullgate: "the same", Tries: []Try{
			tokenTry("ServiceAccount", answering1(takes(true, "ServiceAccount"), says("Image", "", "r.io u {token}")), three("r"),
				failing(pod("one", "team", "app", "", "p1"), "p1: it answers with the ServiceAccount's token as the password")),
			tokenTry("Token", answering1(takes(true, "Token"), says("Image", "", "r.io u {token}")), three("r"), pod("one", "team", "app", "u:TOKEN", "p1")),
			tokenTry("user name", answering1(takes(true, "ServiceAccount"), says("Image", "", "r.io {token} p")), three("r"), pod("one", "team", "app", "TOKEN:p", "p1")),
		}},
		{ID: "P57", Setup: "one provider with, one without tokenAttributes", Kubelet: "both, the longer key first", Pullgate: "the same", Tries: []Try{{
			Tokens: PodTokens, Accounts: three("r"), Providers: []Provider{provide("p0", says("Image", "", "r.io node 1"), "r.io"), answering1(takes(true, "ServiceAccount"), says("Image", "", "r.io/a u 2"))},
			Steps: []Step{pod("one", "team", "app", "u:2 node:1", "p0 p1"), pod("two", "team", "other", "u:2 node:1", "p1")},
		}}},
		{ID: "P58", Setup: "tokens `pod`, ServiceAccount not in the Role", Kubelet: "–", Pullgate: "CredentialProviderFailed, unverified: names the missing right",
			NoKubelet: "a node has the right by the Pods that run on it", Note: "the API server's words are its own, as measured once", Tries: []Try{
				verdictOfTokens("forbidden", "CredentialProviderFailed", "pullgate may not create serviceaccounts/token")}},
		{ID: "P59", Setup: "tokens `pod`, a policy refuses the audience", Kubelet: "–", Pullgate: "CredentialProviderFailed, unverified: names the policy",
			NoKubelet: "the policy is for pullgate's ServiceAccount", Note: "the API server's words are its own, as measured once", Tries: []Try{
				verdictOfTokens("this audience is none of the listed ones", "CredentialProviderFailed", `ValidatingAdmissionPolicy "pullgate-tokens" refuses a token`)}},
		{ID: "P60", Setup: "tokens `pod`, verifier wants a pod claim (EKS Pod Identity)", Kubelet: "pulled", Pullgate: "NodeManaged", Note: "that the verifier refuses pullgate's token is scripted", Tries: []Try{{
			Tokens: PodTokens, Accounts: accountList(nil), Registry: at("app", private()),
			Providers: []Provider{inTurn(onHost(goodByToken()), says("Image", "", bad("u")))},
			Steps:     []Step{{Images: []string{"{host}/app:v1"}, Namespace: "team", Pod: "pod", Account: "app", Pull: always, Node: Pulled, Reason: "NodeManaged", Runs: "p1"}},
		}}},
		{ID: "P61", Setup: "dry-run Pod, tokens `pod`", Kubelet: "–", Pullgate: "asks for a real token, which is kept in memory only: as for any Pod", NoKubelet: "no node sees a dry run", Note: "a verdict knows nothing of dry runs: it is the one for any Pod", Tries: []Try{{
			Tokens: PodTokens, Accounts: accountList(nil), Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())},
			Steps: []Step{{Images: []string{"{host}/app:v1"}, Namespace: "team", Account: "app", Pull: always, Reason: "Pullable", Runs: "p1"}},
		}}},
	}
}

// takes is a provider that takes tokens, and needs these annotations.
func takes(required bool, cacheType string, annotations ...string) Provider {
	p := provide("p1", says("Image", "", "r.io u got-{token}"), "r.io")
	p.TokenAttributes = map[string]any{"serviceAccountTokenAudience": audience, "requireServiceAccount": required, "cacheType": cacheType}
	if len(annotations) > 0 {
		p.TokenAttributes["requiredServiceAccountAnnotationKeys"] = annotations
	}
	return p
}

// onHost is a provider for the try's own registry.
func onHost(p Provider) Provider {
	p.MatchImages = []string{"{host}"}
	return p
}

// goodByToken is one whose answer opens the registry.
func goodByToken() Provider {
	return answering1(takes(true, "ServiceAccount"), says("Image", "", good()))
}

func answering1(p Provider, does fakeScript) Provider {
	p.Script = does
	return p
}

func tokenTry(name string, p Provider, accounts []Account, steps ...Step) Try {
	return Try{Name: name, Tokens: PodTokens, Accounts: accounts, Providers: []Provider{p}, Steps: steps}
}

func tokenStep(account, get, runs string) Step {
	return pod("pod", "team", account, get, runs)
}

// pod is a look for a Pod of a ServiceAccount, whose token is TOKEN in what it gets.
func pod(name, namespace, account, get, runs string) Step {
	return Step{Images: []string{image}, Namespace: namespace, Pod: name, Account: account, Get: mine(get, namespace, account), Runs: runs}
}

func mine(get, namespace, account string) string {
	return strings.ReplaceAll(get, "TOKEN", Account{Namespace: namespace, Name: account}.token())
}

func failing(s Step, why ...string) Step {
	s.Fails = why
	return s
}

// changed is a step before which the ServiceAccounts change: so long that pullgate has
// read them anew.
func changed(s Step, accounts []Account) Step {
	s.Accounts, s.After = accounts, 31*time.Second
	return s
}

func accountList(annotations map[string]string) []Account {
	return []Account{{Namespace: "team", Name: "app", Annotations: annotations}}
}

// three are two ServiceAccounts of a namespace and one of another, with a role.
func three(role string) []Account {
	annotations := map[string]string{"x.io/role": role}
	return []Account{
		{Namespace: "team", Name: "app", Annotations: annotations}, {Namespace: "team", Name: "other", Annotations: annotations},
		{Namespace: "apart", Name: "app", Annotations: annotations},
	}
}

// verdictOfTokens is a try of an image that only a token would open, of which there is
// none.
func verdictOfTokens(why, reason, words string) Try {
	return Try{
		Tokens: PodTokens, Accounts: []Account{{Namespace: "team", Name: "app", NoToken: why}}, Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())},
		Steps: []Step{{Images: []string{"{host}/app:v1"}, Namespace: "team", Account: "app", Pull: always, Reason: reason, Says: []string{words}}},
	}
}
