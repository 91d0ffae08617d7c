package providers

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Measured is a try with what came of it.
type Measured struct {
	Try
	// Node and Ours are what the two sides came to: of the configuration, and of each
	// step.
	Node, Ours Outcome
	// Skipped tells that the kubelet's side was left out, since it takes long.
	Skipped bool
	// Err is what kept the try from being made.
	Err        error
	Score      Score
	Complaints []string
}

// MeasuredCase is a case with what came of it.
type MeasuredCase struct {
	Case
	Measured []Measured
}

// Outcome is what one side came to.
type Outcome struct {
	// Refused is why it does not start.
	Refused string
	// Registered are the providers, in their order.
	Registered string
	// Warnings are pullgate's, as it starts.
	Warnings []string
	Steps    []Came
}

// Came is what came of a step.
type Came struct {
	// Get and Runs are as a Step has them.
	Get, Runs       string
	Fails, Withheld []string
	// Requests are what the plugins read, sorted, and Saw what they found in their
	// environment.
	Requests []string
	Saw      map[string]string
	// Node is the kubelet's outcome, with its Message, and Verdict pullgate's.
	Node    NodeOutcome
	Message string
	Verdict Verdict
	// Tried are the users that the registry was asked with, Asked how many requests
	// HEAD for manifests reached it, and Trace all that did.
	Tried string
	Asked int
	Trace []string `json:",omitempty"`
	// Early is how many runs of plugins had ended when the verdict was there.
	Early int
}

// ofPod ends the tokens that are bound to a Pod.
var ofPod = regexp.MustCompile(` for [a-z]+$`)

// login is a credential, as a Step has it: of passwords that are made anew each time, no
// more than what they are, and of tokens, no more than whose.
func login(user, password string) string {
	user, password = ofPod.ReplaceAllString(user, ""), ofPod.ReplaceAllString(password, "")
	for prefix, stands := range map[string]string{"registry-password-": "PASSWORD", "token-eyJ": "token-OWN"} {
		if strings.HasPrefix(password, prefix) {
			password = stands
		}
	}
	return user + ":" + password
}

// counted is a list of names with how often each is there, in the order of first.
func counted(names, order []string) string {
	times := map[string]int{}
	for _, n := range names {
		if !slices.Contains(order, n) {
			order = append(order, n)
		}
		times[n]++
	}
	var parts []string
	for _, n := range order {
		switch times[n] {
		case 0:
		case 1:
			parts = append(parts, n)
		default:
			parts = append(parts, fmt.Sprintf("%s*%d", n, times[n]))
		}
	}
	return strings.Join(parts, " ")
}

// same is what all images of a step came to, or what each did.
func same(each []string) string {
	for _, got := range each {
		if got != each[0] {
			return strings.Join(each, " | ")
		}
	}
	if len(each) == 0 {
		return ""
	}
	return each[0]
}

// names are the try's providers, in their order.
func (t Try) names() (names []string) {
	for _, p := range t.Providers {
		names = append(names, p.Name)
	}
	return names
}

// all are the images of a step, each as often as it is asked for.
func (s Step) all(fill func(string) string) (images []string) {
	for _, image := range s.Images {
		for range max(1, s.Times) {
			images = append(images, fill(image))
		}
	}
	return images
}

// looks tells that the credentials are all that is asked for.
func (s Step) looks() bool { return s.Pull == "" && !s.Preload }

// runs is how many runs of plugins a step brings about at pullgate.
func (s Step) runs() (n int) {
	for name := range strings.FieldsSeq(s.ours().Runs) {
		times := 1
		if _, factor, ok := strings.Cut(name, "*"); ok {
			_, _ = fmt.Sscan(factor, &times) // A table that is wrong fails when it is compared.
		}
		n += times
	}
	return n
}

// ours is what pullgate is to come to.
func (s Step) ours() Ours {
	if s.Ours != nil {
		return *s.Ours
	}
	return Ours{Get: s.Get, Runs: s.Runs, Tried: s.Tried}
}
