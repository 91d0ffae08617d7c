package providers

import (
	"fmt"
	"time"

	"github.com/pullgate/pullgate/e2e/scripted"
)

// How long answers are kept, and how often plugins run: P32 to P37.
func cacheCases() []Case {
	return []Case{
		{ID: "P32", Setup: "cacheKeyType Image / Registry / Global", Kubelet: "kept per repository / host[:port] / all", Pullgate: "the same", Tries: []Try{
			kept("Image", "u:p", "p1", "p1", "p1"), kept("Registry", "u:p", "", "p1", "p1"), kept("Global", "u:p", "", "", ""),
		}},
		{ID: "P33", Setup: "Global, second image without key", Kubelet: "no run, no credential", Pullgate: "the same", Tries: []Try{{
			Providers: []Provider{provide("p1", says("Global", "", "r.io u p"), "r.io", "x.io")}, Steps: []Step{look("r.io/a", "u:p", "p1"), look("x.io/a", "", "")},
		}}},
		{ID: "P34", Setup: "cacheDuration 0, default 1 h / absent, default 1 h / absent, default 0 / −5 m / 12 h", Kubelet: "no / 1 h / no / no / 12 h", Pullgate: "60 s / 1 h, renewed in its last fifth / 60 s / 60 s / 6 h",
			Differs: "a Pod's images, and the Pods of a Deployment, ask within seconds; a credential is renewed before nobody has one", Tries: []Try{
				notKept("cacheDuration 0", "0s", "1h"), notKept("absent, default 0", "", "0s"), notKept("−5 m", "-5m", "1h"),
				{Name: "absent, default 1 h", Providers: []Provider{provide("p1", says("Image", "", "r.io u p"), "r.io")}, Steps: []Step{
					look(image, "u:p", "p1"), later(47*time.Minute, look(image, "u:p", "")), later(14*time.Minute, look(image, "u:p", "p1")),
				}},
				{Name: "the last fifth", Providers: []Provider{provide("p1", says("Image", "", "r.io u p{n}"), "r.io")}, Steps: []Step{
					look(image, "u:p1", "p1"),
					later(49*time.Minute, differs(look(image, "u:p1", ""), "u:p1", "p1")),
					later(time.Minute, differs(look(image, "u:p1", ""), "u:p2", "")),
				}},
				{Name: "12 h", Providers: []Provider{provide("p1", says("Image", "12h0m0s", "r.io u p{n}"), "r.io")}, Steps: []Step{
					look(image, "u:p1", "p1"), later(4*time.Hour, look(image, "u:p1", "")), later(3*time.Hour, differs(look(image, "u:p1", ""), "u:p2", "p1")),
				}},
			}},
		{ID: "P35", Setup: "failure", Kubelet: "not kept: each pull runs the plugin", Pullgate: "back-off of 10 s, doubled with each failure, up to 5 min",
			Differs: "a plugin that fails takes up to minutes to find out, and asks others for nothing", Tries: []Try{backOff()}},
		{ID: "P36", Setup: "8 Pods at once, one image; 8 images of one registry, cold, answer Registry / Image", Kubelet: "1 run; 8 runs; 8 runs", Pullgate: "1 run; 1 run; 8 runs",
			Differs: "runs for one registry wait for the first, which may answer for all of it", Tries: []Try{
				{Name: "one image", Providers: []Provider{provide("p1", sleeping(says("Registry", "", "r.io u p"), time.Second), "r.io")},
					Steps: []Step{{Images: []string{image}, Times: 8, Get: "u:p", Runs: "p1"}}},
				{Name: "8 images, Registry", Providers: []Provider{provide("p1", sleeping(says("Registry", "", "r.io u p"), time.Second), "r.io")},
					Steps: []Step{{Images: images(8), Get: "u:p", Runs: "p1*8", Ours: &Ours{Get: "u:p", Runs: "p1"}}}},
				{Name: "8 images, Image", Providers: []Provider{provide("p1", sleeping(says("Image", "", "r.io u p"), time.Second), "r.io")},
					Steps: []Step{{Images: images(8), Get: "u:p", Runs: "p1*8"}}},
			}},
		{ID: "P37", Setup: "cached credential now refused", Kubelet: "refused until its time ends", Pullgate: "plugin run once more, attempt once more",
			Differs: "nodes differ in the age of what they keep, and one that asks now has the new credential", Tries: []Try{{
				Registry:  map[string]scripted.Behaviour{"open": {}, "app": private()},
				Providers: []Provider{provide("p1", says("Registry", "1h0m0s", bad("old")), "{host}")},
				Steps: []Step{
					{Images: []string{"{host}/open:v1"}, Pull: always, Node: Pulled, Reason: "Pullable", Runs: "p1"},
					{Images: []string{"{host}/app:v1"}, Pull: always, Scripts: map[string]fakeScript{"p1": says("Registry", "1h0m0s", good())},
						Node: ErrPull, Reason: "Pullable", Ours: &Ours{Runs: "p1"}},
				},
			}}},
	}
}

// kept is an answer under a key of a type, asked for again: for the same image, another
// of the registry, one of the registry at another port, and one of another registry.
func kept(keyType, get, another, port, other string) Try {
	auth := says(keyType, "", "*.io u p", "*.io:5000 u p")
	return Try{Name: keyType, Providers: []Provider{provide("p1", auth, "r.io", "r.io:5000", "x.io")}, Steps: []Step{
		look("r.io/a", get, "p1"), look("r.io/a", get, ""), look("r.io/b", get, another), look("r.io:5000/a", get, port), look("x.io/a", get, other),
		look("r.io/b", get, ""), look("r.io:5000/a", get, ""), look("x.io/a", get, ""),
	}}
}

// notKept is an answer that a kubelet does not keep, and pullgate for a minute.
func notKept(name, duration, otherwise string) Try {
	p := provide("p1", says("Image", duration, "r.io u p"), "r.io")
	p.DefaultCacheDuration = otherwise
	return Try{Name: name, Providers: []Provider{p}, Steps: []Step{
		look(image, "u:p", "p1"), later(47*time.Second, differs(look(image, "u:p", "p1"), "u:p", "")), later(14*time.Second, look(image, "u:p", "p1")),
	}}
}

// backOff is a plugin that fails, and then does not.
func backOff() Try {
	failed := func(s Step) Step {
		s.Fails = []string{"p1: it ends with exit status 1"}
		return s
	}
	steps := []Step{failed(look(image, "", "p1")), failed(differs(look("r.io/b", "", "p1"), "", ""))}
	for _, seconds := range []int{10, 20, 40, 80, 160, 300, 300} {
		wait := time.Duration(seconds) * time.Second
		steps = append(steps, failed(later(wait-time.Second, differs(look(image, "", "p1"), "", ""))), failed(later(time.Second, look(image, "", "p1"))))
	}
	good := later(300*time.Second, look(image, "u:p", "p1"))
	good.Scripts = map[string]fakeScript{"p1": says("Image", "", "r.io u p")}
	return Try{Providers: []Provider{provide("p1", fails(), "r.io")}, Steps: append(steps, good, look(image, "u:p", ""))}
}

func later(d time.Duration, s Step) Step {
	s.After = d
	return s
}

// differs is a step with what pullgate does otherwise.
func differs(s Step, get, runs string) Step {
	s.Ours = &Ours{Get: get, Runs: runs}
	return s
}

func images(n int) (list []string) {
	for i := range n {
		list = append(list, fmt.Sprint("r.io/app-", i))
	}
	return list
}
