package providers

import (
	"time"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// What happens in operation: P66 to P70.
func operationCases() []Case {
	const app, digest = "{host}/app:v1", "{host}/app@{digest}"
	return []Case{
		{ID: "P66", Setup: "plugin vanishes after the start", Kubelet: "provider failed", Pullgate: "provider failed", Tries: []Try{{
			Providers: []Provider{provide("p1", says("Image", "", "*.io u p"), "r.io"), provide("p2", says("Image", "", "r.io v q"), "r.io")},
			Steps: []Step{
				look("r.io/a", "v:q u:p", "p1 p2"),
				failing(gone(look("r.io/b", "v:q", "p1 p2"), "p1"), "p1: it cannot be started: no such file or directory"),
			},
		}}},
		{ID: "P67", Setup: "credential renewed by the plugin now and then (each second here)", Kubelet: "–", Pullgate: "answers are kept under provider, key and ServiceAccount: no new look-up by the renewal",
			NoKubelet: "a node asks for each pull", Note: "seconds stand for hours", Tries: []Try{{
				Registry: at("app", scripted.Behaviour{}), Providers: []Provider{provide("p1", says("Image", "1s", "{host} ci good{n}"), "{host}")},
				Steps: []Step{
					{Images: []string{digest}, Pull: always, Reason: "Pullable", Runs: "p1"},
					{Images: []string{digest}, Pull: always, Reason: "Pullable", Runs: "p1", After: 1100 * time.Millisecond},
					{Images: []string{digest}, Pull: always, Reason: "Pullable", Runs: "p1", After: 1100 * time.Millisecond, Asked: 1},
				},
			}}},
		{ID: "P68", Setup: "500 Pods at once, cold, answer Registry", Kubelet: "500 nodes run it, and pull", Pullgate: "1 run, 1 look-up", NoKubelet: "they would be 500 nodes", Tries: []Try{{
			Registry: at("app", private()), Providers: []Provider{provide("p1", says("Registry", "", good()), "{host}")},
			Steps: []Step{{Images: []string{app}, Times: 500, Pull: always, Reason: "Pullable", Runs: "p1", Asked: 2}},
		}}},
		{ID: "P69", Setup: "Deployment (template), provider without token / with, tokens `pod`", Kubelet: "decided at Pod time", Pullgate: "checked / not: NodeManaged", NoKubelet: "no node sees a Deployment", Tries: []Try{
			{Name: "without", Tokens: PodTokens, Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", "", good()), "{host}")},
				Steps: []Step{{Images: []string{app}, Namespace: "team", Account: "app", Template: true, Pull: always, Reason: "Pullable", Runs: "p1"}}},
			{Name: "with", Tokens: PodTokens, Accounts: accountList(nil), Registry: at("app", private()), Providers: []Provider{onHost(goodByToken())},
				Steps: []Step{{Images: []string{app}, Namespace: "team", Account: "app", Template: true, Pull: always, Reason: "NodeManaged", Says: []string{"there is no Pod yet"}}}},
		}},
		{ID: "P70", Setup: "provider covers image, `nodeCredentials` empty", Kubelet: "–", Pullgate: "as if it were listed: a refusal is NodeManaged", NoKubelet: "it is about pullgate's configuration", Tries: []Try{
			{Name: "covered", NodeCredentials: []string{}, Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", ""), "{host}")},
				Steps: []Step{{Images: []string{app}, Pull: always, Reason: "NodeManaged", Runs: "p1"}}},
			{Name: "not covered", NodeCredentials: []string{}, Registry: at("app", private()), Providers: []Provider{provide("p1", says("Image", ""), "x.io")},
				Steps: []Step{{Images: []string{app}, Pull: always, Reason: "Unauthorized"}}},
		}},
	}
}

// gone is a step before which a plugin is taken away.
func gone(s Step, name string) Step {
	s.Remove = []string{name}
	return s
}
