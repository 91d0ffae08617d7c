package e2e

import (
	"bytes"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

// The secrets that are planted in and around credential providers.
const (
	answerPassword      = `planted-answer-"pass/word+9`
	rubbishPassword     = "planted-rubbish-password-10"
	stderrPassword      = "planted-stderr-password-11"
	configuredPassword  = "planted-configured-password-12"
	configuredNumber    = "4712004712004712" // which YAML takes for a number
	argumentPassword    = "planted-argument-password-13"
	environmentPassword = "planted-environment-password-14"
	nodePassword        = `planted-node-"pass/word+15`
	handedSignature     = "cGxhbnRlZC1oYW5kZWQtdG9rZW4tMTY"
)

// plantedEnv is in the environment of the process that runs plugins.
func plantedEnv() []string { return []string{"PLANTED_PASSWORD=" + environmentPassword} }

// plantedScripts are what plugins do with what is planted, by a part of the name of
// the registry that they are for.
func plantedScripts() map[string]fakeprovider.Script {
	answer := func(key, password string) string {
		return fakeprovider.Answer("Image", "0s", map[string]fakeprovider.Login{key: {Username: "ci", Password: password}})
	}
	good := answer("{host}", answerPassword)
	with := func(field, value string) fakeprovider.Script {
		return fakeprovider.Script{Stdout: strings.Replace(good, "{", "{"+fmt.Sprintf("%q:%s,", field, value), 1)}
	}
	rubbish := fmt.Sprintf("%q", rubbishPassword)
	return map[string]fakeprovider.Script{
		// Whose password reaches the registry.
		"answers": {Stdout: good, Stderr: stderrPassword},
		"key":     {Stdout: answer("https://ci:"+keyPassword+"@{host}/v1/", answerPassword)},
		"env":     {Stdout: answer("{host}", "{env}")},
		"token":   {Stdout: answer("{host}", "{token}")},
		// Whose answer is none.
		"before":    {Stdout: "I0101 password is " + rubbishPassword + "\n" + good},
		"after":     {Stdout: good + rubbishPassword},
		"html":      {Stdout: "<html>" + rubbishPassword},
		"string":    {Stdout: rubbish},
		"cut":       {Stdout: `{"kind":"CredentialProviderResponse","auth":{"{host}":{"password":"` + rubbishPassword},
		"field":     with("password", rubbish),
		"name":      with(rubbishPassword, "1"),
		"twice":     with("kind", rubbish),
		"kind":      {Stdout: strings.Replace(good, "CredentialProviderResponse", rubbishPassword, 1)},
		"version":   {Stdout: strings.Replace(good, "credentialprovider.kubelet.k8s.io/v1", rubbishPassword, 1)},
		"keytype":   {Stdout: strings.Replace(good, `"Image"`, rubbish, 1)},
		"duration":  {Stdout: strings.Replace(good, `"0s"`, rubbish, 1)},
		"list":      {Stdout: strings.Replace(good, `"password":`, `"password":[`+rubbish+`],"username":`, 1)},
		"flood":     {Bytes: bytes.Repeat([]byte(rubbishPassword), 100_000)},
		"invalid":   {Stdout: rubbishPassword, Bytes: []byte{0xff, 0, 0x1b}},
		"nothing":   {Stdout: fakeprovider.Answer("Image", "0s", nil), Stderr: "login failed: " + stderrPassword},
		"exit":      {Stdout: good, Stderr: "AccessDenied: " + stderrPassword, Exit: 1},
		"exit-env":  {Stdout: "{env} {token}", Stderr: "{env} {token} " + stderrPassword, Exit: 2},
		"hangs":     {Stdout: good, Stderr: stderrPassword, Linger: fakeprovider.Duration(time.Minute)},
		"long-word": {Stderr: strings.Repeat(stderrPassword, 1000), Exit: 1},
	}
}

func plantedScriptHost(script string) string { return "planted-" + script + ".example.com" }

// plantedProviders are the providers, each with its script in a file of a folder.
// Those of two of them are handed tokens.
func plantedProviders(dir string, tokens bool) (list []fakeprovider.Provider) {
	for name := range plantedScripts() {
		p := fakeprovider.Provider{
			Name: name, MatchImages: []string{plantedScriptHost(name)}, Args: []string{"--password=" + argumentPassword},
			Env: []string{fakeprovider.Variable + "=" + filepath.Join(dir, name+".script"), "CONFIGURED=" + configuredPassword, "NUMBER=" + configuredNumber},
		}
		if name == "token" || name == "exit-env" {
			if !tokens {
				continue
			}
			p.TokenAttributes = map[string]any{
				"serviceAccountTokenAudience": "planted", "requireServiceAccount": true, "cacheType": map[string]string{"token": "Token", "exit-env": "ServiceAccount"}[name],
			}
		}
		list = append(list, p)
	}
	return list
}

// brokenProviders are configurations that are refused, by what is wrong with them, and
// have a secret in the midst of it.
func brokenProviders() map[string]string {
	const head, kind = "apiVersion: kubelet.config.k8s.io/v1\n", "kind: CredentialProviderConfig\n"
	entry := func(env string) string {
		return "providers:\n- name: answers\n  matchImages: [" + plantedHost + "]\n  defaultCacheDuration: 1h\n" +
			"  apiVersion: credentialprovider.kubelet.k8s.io/v1\n  args: [" + argumentPassword + "]\n  env:\n" + env
	}
	pair := "  - {name: A, value: " + configuredPassword + "}\n"
	return map[string]string{
		"no kind":          head + entry(pair),
		"no version":       kind + entry(pair),
		"neither":          entry(pair),
		"another kind":     head + "kind: Secret\nstringData: {a: " + configuredPassword + "}\n",
		"another version":  "apiVersion: v1\nkind: Secret\nstringData: {a: " + configuredPassword + "}\n",
		"a list":           head + kind + entry("  - {name: A, value: ["+configuredPassword+"]}\n"),
		"an object":        head + kind + entry("  - {name: A, value: {"+configuredPassword+": "+configuredPassword+"}}\n"),
		"a number":         head + kind + entry("  - {name: A, value: "+configuredNumber+"}\n"),
		"no object":        head + kind + entry("  - "+configuredPassword+"\n"),
		"no list":          head + kind + entry("    "+configuredPassword+"\n"),
		"a misspelt field": head + kind + entry("  - {name: A, valeu: "+configuredPassword+"}\n"),
		"given twice":      head + kind + entry("  - {name: A, value: "+configuredPassword+", value: "+configuredPassword+"}\n"),
		"no colon":         head + kind + entry("  - name: A\n    value "+configuredPassword+"\n    x: y\n"),
		"two colons":       head + kind + entry("  - name: A\n    value: a: "+configuredPassword+"\n"),
		"an open quote":    head + kind + entry(`  - {name: A, value: "`+configuredPassword+"}\n"),
		"a tag":            head + kind + entry("  - {name: A, value: !!int "+configuredPassword+"}\n"),
		"an alias":         head + kind + entry("  - {name: A, value: *"+configuredPassword+"}\n"),
		"a tab":            head + kind + entry("  -\tname: A\n\tvalue: "+configuredPassword+"\n"),
		"a second":         head + kind + entry(pair) + "---\n" + configuredPassword + "\n",
		"only a word":      configuredPassword + "\n",
		"JSON, cut":        `{"apiVersion":"kubelet.config.k8s.io/v1","kind":"CredentialProviderConfig","providers":[{"env":[{"value":"` + configuredPassword,
		"JSON, no kind":    `{"providers":[{"name":"answers","env":[{"name":"A","value":"` + configuredPassword + `"}]}]}`,
		"bytes":            "\xff\xfe" + configuredPassword,
	}
}
