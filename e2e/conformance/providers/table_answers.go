package providers

import (
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/fakeprovider"
)

const image = "r.io/a"

// What a plugin does, and what it answers: P13 to P22.
func answerCases() []Case {
	return []Case{
		{ID: "P13", Setup: "plugin exits 1 with a perfect answer on stdout", Kubelet: "no credentials", Pullgate: "provider failed", Tries: []Try{
			fails1("", exiting(says("Image", "", "r.io u p"), 1), "p1: it ends with exit status 1"),
		}},
		{ID: "P14", Setup: "answer: log line before/after, YAML, unknown field, wrong case, `cacheKeyType: image`, none, other version, two objects",
			Kubelet: "no credentials", Pullgate: "provider failed; says which rule", Tries: wrongAnswers()},
		{ID: "P15", Setup: "`auth` null, missing, {}", Kubelet: "no credentials; the answer is kept", Pullgate: "no credentials; the answer is kept", Tries: []Try{
			answersNothing("null", `"auth":null`), answersNothing("missing", `"cacheDuration":"1h"`), answersNothing("{}", `"auth":{}`),
		}},
		{ID: "P16", Setup: "entry with empty user", Kubelet: "counts as a credential, and is sent anonymously", Pullgate: "anonymous attempt, no other", Tries: []Try{
			{Name: "credential", Providers: []Provider{provide("p1", says("Image", "", "r.io"), "r.io")}, Steps: []Step{look(image, ":", "p1")}},
			{Name: "null", Providers: []Provider{provide("p1", writes(answer1(`"auth":{"r.io":null}`)), "r.io")}, Steps: []Step{look(image, ":", "p1")}},
			{Name: "public image", Providers: []Provider{provide("p1", says("Image", "", "{host}"), "{host}")}, Registry: at("app", public()),
				Steps: []Step{{Images: []string{"{host}/app:v1"}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1"}}},
		}},
		{ID: "P17", Setup: "60 kB on stderr, exit 0, stdin unread", Kubelet: "fine", Pullgate: "fine", Tries: []Try{{
			Providers: []Provider{provide("p1", noisy(says("Image", "", "r.io u p")), "r.io")}, Steps: []Step{look(image, "u:p", "p1")},
		}}},
		{ID: "P18", Setup: "64 MiB before the answer", Kubelet: "accepted", Pullgate: "provider failed: 1 MiB is the limit",
			Differs: "whoever can make a plugin write must not be able to fill the memory", Tries: []Try{
				{Name: "64 MiB", Providers: []Provider{provide("p1", padded(says("Image", "", "r.io u p"), 64<<20), "r.io")},
					Steps: []Step{{Images: []string{image}, Get: "u:p", Runs: "p1", Ours: &Ours{Runs: "p1"}, Fails: []string{"p1: it answers with more than 1024 KiB"}}}},
				{Name: "almost 1 MiB", Providers: []Provider{provide("p1", padded(says("Image", "", "r.io u p"), 1<<20-4096), "r.io")}, Steps: []Step{look(image, "u:p", "p1")}},
			}},
		{ID: "P19", Setup: "plugin sleeps 90 s (for pullgate as well, whose limit is 3 s in this try)", Kubelet: "failed after 60 s; the pull goes on",
			Pullgate: "unverified at the review's deadline; the run is ended at its limit",
			Note:     "pullgate's limit is scaled down, and the kubelet's side is made in full runs only",
			Differs:  "the kubelet waits a minute, and a review has no minute", Tries: []Try{
				{Name: "private", Slow: true, Limit: 3 * time.Second, Registry: at("app", private()), Providers: []Provider{provide("p1", sleeping(says("Image", "", good()), 90*time.Second), "{host}")},
					Steps: []Step{{Images: []string{"{host}/app:v1"}, Pull: always, Node: ErrPull, Reason: "CredentialProviderFailed", Says: []string{"it did not answer in time"}, Runs: "p1", Deadline: 2 * time.Second, Early: true}}},
				{Name: "public", Slow: true, Limit: 3 * time.Second, Registry: at("app", public()), Providers: []Provider{provide("p1", sleeping(says("Image", "", good()), 90*time.Second), "{host}")},
					Steps: []Step{{Images: []string{"{host}/app:v1"}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1"}}},
			}},
		{ID: "P20", Setup: "exits 0, grandchild holds stdout 75 s", Kubelet: "blocks 75 s, and throws the answer away", Pullgate: "uses the answer after 0.5 s, and ends the process group",
			Note: "the kubelet's side is made in full runs only", Differs: "what a plugin leaves behind must not hold up a Pod", Tries: []Try{{
				Slow: true, Providers: []Provider{provide("p1", forking(says("Image", "", "r.io u p"), 75*time.Second), "r.io")},
				Steps: []Step{{Images: []string{image}, Get: "", Runs: "p1", Ours: &Ours{Get: "u:p", Runs: "p1"}}},
			}}},
		{ID: "P21", Setup: "exits 0, grandchild holds stdout 4 s", Kubelet: "accepts the answer after 4 s", Pullgate: "accepts it after 0.5 s", Tries: []Try{{
			Providers: []Provider{provide("p1", forking(says("Image", "", "r.io u p"), 4*time.Second), "r.io")}, Steps: []Step{look(image, "u:p", "p1")},
		}}},
		{ID: "P22", Setup: "env in config and in the process's environment; name twice; `$HOME`; args", Kubelet: "config wins; the last wins; literal", Pullgate: "the same", Tries: []Try{{
			Providers: []Provider{{Script: says("Image", "", "r.io u p"), Provider: fakeprovider.Provider{
				Name: "p1", MatchImages: []string{"r.io"}, Args: []string{"get", "$(HOME)", ""},
				Env: []string{"OTHER=$HOME", "TWICE=first", "CONFORMANCE_WINS=config", "TWICE=second", "EMPTY="},
			}}},
			Steps: []Step{{Images: []string{image}, Get: "u:p", Runs: "p1", Saw: map[string]string{
				"OTHER": "$HOME", "TWICE": "second", "CONFORMANCE_OUTER": "outer", "CONFORMANCE_WINS": "config", "EMPTY": "",
			}}},
		}}},
	}
}

// fails1 is a try of one plugin that comes to nothing on both sides, and why pullgate
// says that it did.
func fails1(name string, does fakeprovider.Script, why string) Try {
	return Try{Name: name, Providers: []Provider{provide("p1", does, "r.io")}, Steps: []Step{{Images: []string{image}, Runs: "p1", Fails: []string{why}}}}
}

// answer1 is an answer with these fields.
func answer1(fields string) string {
	return `{"kind":"CredentialProviderResponse","apiVersion":"` + v1 + `","cacheKeyType":"Image",` + fields + "}\n"
}

func answersNothing(name, fields string) Try {
	return Try{Name: name, Providers: []Provider{provide("p1", writes(answer1(fields)), "r.io")}, Steps: []Step{look(image, "", "p1"), look(image, "", "")}}
}

func wrongAnswers() (tries []Try) {
	answer := says("Image", "1h0m0s", "r.io u p").Stdout
	one := func(name, stdout, why string) { tries = append(tries, fails1(name, writes(stdout), "p1: "+why)) }
	change := func(name, old, changed, why string) { one(name, strings.Replace(answer, old, changed, 1), why) }
	one("empty", "", "it answers nothing")
	one("log line before", "I0101 starting\n"+answer, "its answer is not one JSON object")
	one("log line after", answer+"I0101 done\n", "its answer is not one JSON object")
	one("two objects", answer+answer, "its answer is not one JSON object")
	one("byte order mark", "\ufeff"+answer, "its answer is not one JSON object")
	one("YAML", "kind: CredentialProviderResponse\napiVersion: "+v1+"\ncacheKeyType: Image\n", "its answer is not one JSON object")
	change("unknown field", `"kind"`, `"expires":"1h","kind"`, "its answer has a field that nodes do not know")
	change("identitytoken", `"username"`, `"identitytoken":"t","username"`, "its answer has a field that nodes do not know")
	change("wrong case", `"cacheKeyType"`, `"CacheKeyType"`, "its answer has a field that nodes do not know")
	change("a field twice", `"username":"u"`, `"username":"u","username":"v"`, "its answer has a field that nodes do not know, or one that is given twice")
	change("a registry twice", `{"r.io":`, `{"r.io":{"username":"x","password":"y"},"r.io":`, "its answer has a field that nodes do not know, or one that is given twice")
	change("cacheKeyType image", `"Image"`, `"image"`, "the cacheKeyType of its answer is none of")
	change("no cacheKeyType", `"cacheKeyType":"Image",`, "", "the cacheKeyType of its answer is none of")
	change("other version", "/v1", "/v1beta1", "its answer is not of apiVersion")
	change("no version", `"apiVersion":"`+v1+`",`, "", "its answer is not of apiVersion")
	change("another kind", "CredentialProviderResponse", "CredentialProviderRequest", "its answer is not of kind")
	change("a number for the password", `"p"`, "1", "its answer has a value of the wrong type")
	change("a number for the duration", `"1h0m0s"`, "3600", "its answer has a value of the wrong type")
	return tries
}

func exiting(s fakeprovider.Script, code int) fakeprovider.Script {
	s.Exit = code
	return s
}

func noisy(s fakeprovider.Script) fakeprovider.Script {
	s.StderrSize, s.Unread = 60_000, true
	return s
}

func padded(s fakeprovider.Script, size int) fakeprovider.Script {
	s.Padding = size
	return s
}

func sleeping(s fakeprovider.Script, d time.Duration) fakeprovider.Script {
	s.Sleep = fakeprovider.Duration(d)
	return s
}

func forking(s fakeprovider.Script, d time.Duration) fakeprovider.Script {
	s.Child = fakeprovider.Duration(d)
	return s
}
