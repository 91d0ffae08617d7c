package providers

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"

	"github.com/pullgate/pullgate/e2e/build"
	"github.com/pullgate/pullgate/e2e/kubeletprovider"
	"github.com/pullgate/pullgate/e2e/scripted"
)

// askKubelet makes the try with the kubelet's code.
func (st *stage) askKubelet(ctx context.Context) (o Outcome, err error) {
	job, err := st.job()
	if err != nil {
		return o, err
	}
	env, err := st.environment(kubelet)
	if err != nil {
		return o, err
	}
	result, err := kubeletprovider.Ask(ctx, st.programs[build.KubeletProvider], st.folder(kubelet), env, job)
	if err != nil {
		return o, err
	}
	o.Refused, o.Registered = result.Refused, strings.Join(result.Providers, " ")
	for _, found := range result.Steps {
		o.Steps = append(o.Steps, st.came(found))
	}
	return o, st.tried(&o, scripted.Node)
}

// job is the try as the kubelet gets it.
func (st *stage) job() (kubeletprovider.Job, error) {
	job := kubeletprovider.Job{
		Config: st.config(), BinDir: st.bin(kubelet), Accounts: accountsOf(st.try.Accounts), VerifyAll: st.try.VerifyAll,
		Home: filepath.Join(st.folder(kubelet), "home"), Records: filepath.Join(st.folder(kubelet), "records"),
	}
	if err := os.MkdirAll(job.Home, 0o750); err != nil {
		return job, err
	}
	if f := st.try.NodeFile; f != nil {
		if err := os.WriteFile(filepath.Join(job.Home, "config.json"), f.content(st.host), 0o600); err != nil {
			return job, err
		}
	}
	for _, s := range st.try.Steps {
		step := kubeletprovider.Step{
			Forward: s.After, Accounts: accountsOf(s.Accounts), Images: s.all(st.fillHost), Write: map[string]string{},
			Namespace: cmp.Or(s.Namespace, "ns"), Pod: cmp.Or(s.Pod, "pod"), Account: s.Account, Pull: s.Pull,
		}
		if s.Preload {
			step.Preload = login(scripted.User, scripted.Password)
		}
		for name, does := range s.Scripts {
			step.Write[script(name)] = st.scriptText(kubelet, name, does)
		}
		for _, name := range s.Remove {
			step.Remove = append(step.Remove, filepath.Join(st.bin(kubelet), name))
		}
		for n, secret := range s.Secrets {
			step.Secrets = append(step.Secrets, *secret.object(n, step.Namespace, st.host))
		}
		if !s.looks() {
			job.Containerd = st.node.Endpoint()
		}
		job.Steps = append(job.Steps, step)
	}
	return job, nil
}

func (st *stage) fillHost(text string) string {
	return strings.NewReplacer("{host}", st.host, "{digest}", st.digest).Replace(text)
}

// came is what came of a step at the kubelet.
func (st *stage) came(found kubeletprovider.Found) (c Came) {
	var names []string
	for _, r := range found.Runs {
		names = append(names, r.Provider)
	}
	c.Runs = counted(names, st.try.names())
	var each []string
	for _, credentials := range found.Credentials {
		var list []string
		for _, one := range credentials {
			list = append(list, login(one.Username, one.Password))
		}
		each = append(each, strings.Join(list, " "))
	}
	c.Get = same(each)
	for _, p := range found.Pulled {
		c.Node, c.Message = nodeOutcome(p), p.Message
	}
	if found.Error != "" {
		c.Node, c.Message = SecretError, found.Error
	}
	c.Fails = found.Failures
	return c
}

func nodeOutcome(p kubeletprovider.Pulled) NodeOutcome {
	switch o := NodeOutcome(p.Reason); {
	case p.Pulled:
		return Pulled
	case o == ErrPull, o == NeverPull:
		return o
	default:
		return SecretError
	}
}

// tried fills in what the plugins and the registry saw of a side. The kubelet's steps
// can't be told apart, so all is the last one's.
func (st *stage) tried(o *Outcome, who scripted.Side) error {
	if len(o.Steps) == 0 {
		return nil
	}
	last := &o.Steps[len(o.Steps)-1]
	var users []string
	for name := range st.try.Registry {
		for _, r := range st.registry.Requests(st.host + "/" + name) {
			if r.Side != who {
				continue
			}
			last.Trace = append(last.Trace, fmt.Sprintf("%s %s %s %d", r.Method, r.Path, r.User, r.Status))
			if !strings.Contains(r.Path, "/manifests/") {
				continue
			}
			if r.Method == http.MethodHead {
				last.Asked++
			}
			if r.User != "" {
				users = append(users, r.User)
			}
		}
	}
	last.Tried = strings.Join(slices.Compact(users), " ") // a client asks more than once
	s := kubelet
	if who == scripted.Pullgate {
		s = pullgate
	}
	runs, err := st.plugins(s)
	if err != nil {
		return fmt.Errorf("what the plugins saw: %w", err)
	}
	last.Requests = requests(runs)
	last.Saw = saw(runs, st.try.Steps[len(o.Steps)-1].Saw)
	return nil
}

func accountsOf(list []Account) (all []kubeletprovider.Account) {
	for _, a := range list {
		all = append(all, kubeletprovider.Account{Namespace: a.Namespace, Name: a.Name, UID: a.UID, Annotations: a.Annotations, NoToken: a.NoToken, Token: a.token()})
	}
	return all
}

// content is a Secret's, or a config.json's.
func (s Secret) content(host string) []byte {
	text := s.Raw
	if text == "" {
		text = fmt.Sprintf(`{"auths":{%q:{"username":%q,"password":%q}}}`, s.Key, s.User, s.Password)
	}
	return []byte(strings.ReplaceAll(text, "{host}", host))
}

func (s Secret) object(n int, namespace, host string) *corev1.Secret {
	name := fmt.Sprint("secret-", n+1)
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, UID: types.UID("uid-of-" + namespace + "/" + name)},
		Type:       corev1.SecretTypeDockerConfigJson,
		Data:       map[string][]byte{corev1.DockerConfigJsonKey: s.content(host)},
	}
}
