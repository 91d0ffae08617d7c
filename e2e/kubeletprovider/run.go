package kubeletprovider

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"

	"github.com/go-logr/logr"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	"k8s.io/kubernetes/pkg/credentialprovider"
	"k8s.io/kubernetes/pkg/credentialprovider/plugin"
	"k8s.io/kubernetes/pkg/credentialprovider/secrets"

	"github.com/pullgate/pullgate/e2e/kubeletplugin"
)

// Do does what a Job says, in this process, whose kubelet must be untouched. Its
// error is that the Job is none; what the kubelet finds wrong is in the Result.
func Do(ctx context.Context, job Job) (Result, error) {
	k := &kubelet{job: job, clock: &movable{}, witness: &witness{}, accounts: job.Accounts}
	klog.SetLogger(logr.New(sink{k.witness}))
	if err := plugin.RegisterCredentialProviderPlugins(job.Config, job.BinDir, k.token, k.account); err != nil {
		return Result{Refused: err.Error(), Providers: kubeletplugin.Registered()}, nil
	}
	if err := kubeletplugin.SetClock(k.clock); err != nil {
		return Result{}, err
	}
	if err := kubeletplugin.Replace(func(provider string, p plugin.Plugin) plugin.Plugin { return seen{p, provider, k.witness} }); err != nil {
		return Result{}, err
	}
	if job.Home != "" {
		credentialprovider.SetPreferredDockercfgPath(job.Home)
	}
	k.node = credentialprovider.NewDefaultDockerKeyring()
	if job.Containerd != "" {
		if err := k.join(ctx); err != nil {
			return Result{}, err
		}
		defer k.puller.Stop()
	}
	k.witness.take()
	result := Result{Providers: kubeletplugin.Registered()}
	for n, step := range job.Steps {
		found, err := k.step(ctx, step)
		if err != nil {
			return result, fmt.Errorf("step %d: %w", n+1, err)
		}
		found.Runs, found.Failures = k.witness.take()
		result.Steps = append(result.Steps, found)
	}
	return result, nil
}

// kubelet is what the kubelet has besides the providers.
type kubelet struct {
	job      Job
	accounts []Account
	clock    *movable
	witness  *witness
	node     credentialprovider.DockerKeyring
	puller   puller
}

func (k *kubelet) step(ctx context.Context, s Step) (Found, error) {
	k.clock.ahead += s.Forward
	if s.Accounts != nil {
		k.accounts = s.Accounts
	}
	for path, content := range s.Write {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			return Found{}, err
		}
	}
	for _, path := range s.Remove {
		if err := os.Remove(path); err != nil {
			return Found{}, err
		}
	}
	switch {
	case s.Preload != "":
		return Found{}, k.preload(ctx, s)
	case s.Pull != "":
		return k.pull(ctx, s)
	default:
		return k.lookUp(s), nil
	}
}

// lookUp is what the image manager does before a pull
// (pkg/kubelet/images/image_manager.go, makeLookupPullCredentialsFunc).
func (k *kubelet) lookUp(s Step) Found {
	found := Found{Credentials: make([][]Credential, len(s.Images))}
	failed := make([]error, len(s.Images))
	var wg sync.WaitGroup
	for n, image := range s.Images {
		wg.Go(func() {
			external := plugin.NewExternalCredentialProviderDockerKeyring(s.Namespace, s.Pod, "uid-of-"+s.Pod, s.Account)
			ring, err := secrets.MakeDockerKeyring(s.Secrets, credentialprovider.UnionDockerKeyring{k.node, external})
			if err != nil {
				failed[n] = err
				return
			}
			tracked, _ := ring.Lookup(image)
			found.Credentials[n] = credentials(tracked)
		})
	}
	wg.Wait()
	if err := errors.Join(failed...); err != nil {
		found.Error = err.Error()
	}
	return found
}

func credentials(tracked []credentialprovider.TrackedAuthConfig) []Credential {
	list := []Credential{}
	for _, t := range tracked {
		c := Credential{Username: t.Username, Password: t.Password}
		switch {
		case t.Source == nil:
		case t.Source.Secret != nil:
			c.Source = "secret " + t.Source.Secret.Namespace + "/" + t.Source.Secret.Name
		case t.Source.ServiceAccount != nil:
			c.Source = "account " + t.Source.ServiceAccount.Namespace + "/" + t.Source.ServiceAccount.Name
		}
		list = append(list, c)
	}
	return list
}

func (k *kubelet) find(namespace, name string) (Account, error) {
	for _, a := range k.accounts {
		if a.Namespace == namespace && a.Name == name {
			return a, nil
		}
	}
	return Account{}, fmt.Errorf("serviceaccounts %q not found", name)
}

// account is what the kubelet asks the API server for.
func (k *kubelet) account(namespace, name string) (*corev1.ServiceAccount, error) {
	a, err := k.find(namespace, name)
	if err != nil {
		return nil, err
	}
	return &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: namespace, Name: name, UID: types.UID(cmp.Or(a.UID, "uid-of-"+namespace+"/"+name)), Annotations: a.Annotations,
	}}, nil
}

// token is the API server's TokenRequest. The kubelet's manager of tokens before it
// has one for each Pod, and so has this.
func (k *kubelet) token(namespace, name string, request *authenticationv1.TokenRequest) (*authenticationv1.TokenRequest, error) {
	a, err := k.find(namespace, name)
	switch {
	case err != nil:
		return nil, err
	case a.NoToken != "":
		return nil, errors.New(a.NoToken)
	case request.Spec.BoundObjectRef == nil || len(request.Spec.Audiences) != 1:
		return nil, fmt.Errorf("a token of another kind is asked for: %+v", request.Spec)
	}
	made := request.DeepCopy()
	made.Status.Token = cmp.Or(a.Token, "token-of-"+namespace+"/"+name) + " for " + request.Spec.BoundObjectRef.Name
	return made, nil
}
