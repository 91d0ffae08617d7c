package providers

import (
	"cmp"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/process"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// job is what the program of cmd/pullgate/conformance is asked; its types have the same
// fields.
type job struct {
	Config, BinDir, NodeConfig, TokenDir string
	CertsD                               string
	Tokens, Identity                     string
	PullThrough, NodeCredentials         []string
	Limit                                time.Duration
	Accounts                             []jobAccount
	Bubble                               bool
	Steps                                []jobStep
}

type jobAccount struct {
	Namespace, Name, UID string
	Annotations          map[string]string
	Token, NoToken       string
}

type jobStep struct {
	After              time.Duration
	Accounts           []jobAccount
	Write              map[string]string
	Remove             []string
	Images             []string
	Namespace, Account string
	Template           bool
	Secrets            []jobSecret
	Check              bool
	Policy             string
	Present            bool
	Deadline           time.Duration
	Runs               int
}

type jobSecret struct{ Name, Data string }

// answer is what comes of a job.
type answer struct {
	Refused              string
	Registered, Warnings []string
	Steps                []struct {
		Credentials     [][]struct{ Username, Password string }
		Fails, Withheld []string
		Verdicts        []Verdict
		Early           int
		Runs            []string
	}
}

// Verdict is pullgate's on an image.
type Verdict struct{ Class, Reason, Message string }

// askPullgate makes the try with pullgate's code.
func (st *stage) askPullgate(ctx context.Context) (o Outcome, err error) {
	j, err := st.pullgateJob()
	if err != nil {
		return o, err
	}
	env, err := st.environment(pullgate)
	if err != nil {
		return o, err
	}
	var a answer
	err = process.Call(ctx, process.Options{
		Name: "pullgate", Path: st.programs[build.PullgateProviders], Args: []string{"-test.run=^TestJob$"},
		Dir: st.folder(pullgate), Env: append(env, "PULLGATE_CONFORMANCE=stdin"),
	}, j, &a)
	if err != nil {
		return o, err
	}
	o.Refused, o.Registered, o.Warnings = a.Refused, strings.Join(a.Registered, " "), a.Warnings
	for n, s := range a.Steps {
		c := Came{Runs: counted(s.Runs, st.try.names()), Fails: s.Fails, Withheld: s.Withheld, Early: s.Early}
		var each []string
		for _, credentials := range s.Credentials {
			var list []string
			for _, one := range credentials {
				list = append(list, login(one.Username, one.Password))
			}
			each = append(each, strings.Join(list, " "))
		}
		if st.try.Steps[n].looks() {
			c.Get = same(each)
		} else {
			c.Verdict = worst(s.Verdicts)
		}
		o.Steps = append(o.Steps, c)
	}
	return o, st.tried(&o, scripted.Pullgate)
}

// worst is the verdict that differs from the first one, if any does: all are of Pods
// that are the same.
func worst(all []Verdict) (v Verdict) {
	for n, one := range all {
		if n == 0 || one.Reason != v.Reason {
			v = one
		}
	}
	return v
}

func (st *stage) pullgateJob() (j job, err error) {
	t := st.try
	j = job{
		Config: st.config(), BinDir: st.bin(pullgate), CertsD: st.certsD(), PullThrough: nil,
		Tokens: string(t.Tokens), Identity: string(t.Identity), Limit: t.Limit, Accounts: st.jobAccounts(t.Accounts), Bubble: t.bubble(),
	}
	for _, p := range t.PullThrough {
		j.PullThrough = append(j.PullThrough, st.fillHost(p))
	}
	if t.PullThrough != nil && j.PullThrough == nil {
		j.PullThrough = []string{} // there are none, which is known
	}
	for _, p := range t.NodeCredentials {
		j.NodeCredentials = append(j.NodeCredentials, st.fillHost(p))
	}
	if t.NodeFile != nil {
		j.NodeConfig = st.path(pullgate, "node.json")
		if err := os.WriteFile(j.NodeConfig, t.NodeFile.content(st.host), 0o600); err != nil {
			return j, err
		}
	}
	if t.OwnTokens != nil {
		if j.TokenDir, err = st.ownTokens(); err != nil {
			return j, err
		}
	}
	for _, s := range t.Steps {
		if s.Preload || s.NodeOnly {
			s.Images, s.Runs, s.Ours = nil, "", nil
		}
		j.Steps = append(j.Steps, st.jobStep(s))
	}
	return j, nil
}

func (st *stage) jobStep(s Step) jobStep {
	out := jobStep{
		After: s.After, Accounts: st.jobAccounts(s.Accounts), Write: map[string]string{}, Images: s.all(st.fillHost),
		Namespace: cmp.Or(s.Namespace, "ns"), Account: s.Account, Template: s.Template,
		Check: !s.looks(), Policy: string(s.Pull), Present: s.Present, Deadline: s.Deadline, Runs: s.runs(),
	}
	for name, does := range s.Scripts {
		out.Write[script(name)] = st.scriptText(pullgate, name, does)
	}
	for _, name := range s.Remove {
		out.Remove = append(out.Remove, filepath.Join(st.bin(pullgate), name))
	}
	for n, secret := range s.Secrets {
		out.Secrets = append(out.Secrets, jobSecret{fmt.Sprint("secret-", n+1), string(secret.content(st.host))})
	}
	return out
}

func (st *stage) jobAccounts(list []Account) (all []jobAccount) {
	for _, a := range list {
		all = append(all, jobAccount{a.Namespace, a.Name, a.uid(), a.Annotations, a.token(), a.NoToken})
	}
	return all
}

// bubble tells that time has to pass which nobody waits for. Nothing there may wait for
// the world outside.
func (t Try) bubble() bool {
	for _, s := range t.Steps {
		if s.After > 0 && s.looks() {
			return true
		}
	}
	return false
}

// token is what the tokens of a ServiceAccount begin with: the kubelet's go on with the
// Pod's name.
func (a Account) token() string { return "token-of-" + a.Namespace + "/" + a.Name }

func (a Account) uid() string { return cmp.Or(a.UID, "uid-of-"+a.Namespace+"/"+a.Name) }

// ownTokens are those of pullgate's own ServiceAccount, as a projected volume has them.
func (st *stage) ownTokens() (dir string, err error) {
	dir = st.path(pullgate, "tokens")
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return "", err
	}
	own := Account{Namespace: "pullgate-system", Name: "pullgate"}
	for n, audience := range st.try.OwnTokens {
		claims, err := json.Marshal(map[string]any{
			"iss": "https://issuer.example.com", "aud": []string{audience}, "exp": time.Now().Add(time.Hour).Unix(),
			"sub": "system:serviceaccount:" + own.Namespace + ":" + own.Name,
			"kubernetes.io": map[string]any{
				"namespace": own.Namespace, "serviceaccount": map[string]string{"name": own.Name, "uid": own.uid()},
			},
		})
		if err != nil {
			return "", err
		}
		token := "eyJhbGciOiJub25lIn0." + base64.RawURLEncoding.EncodeToString(claims) + ".c2ln"
		if err := os.WriteFile(filepath.Join(dir, fmt.Sprint("token-", n+1)), []byte(token), 0o600); err != nil {
			return "", err
		}
	}
	return dir, nil
}
