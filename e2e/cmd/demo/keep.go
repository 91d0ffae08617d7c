package main

import (
	"context"
	"fmt"
	"os/exec"

	"github.com/pullgate/pullgate/e2e/build"
)

// leaveRunning says how to use what runs and waits until the user has had
// enough, which is no error.
func (s *setup) leaveRunning(ctx context.Context, out *terminal) error {
	if err := s.open.Restart(ctx); err != nil {
		return err
	}
	kubectl := ""
	if _, err := exec.LookPath("kubectl"); err != nil {
		kubectl = fmt.Sprintf("  alias kubectl=%s\n", s.binaries[build.Kubectl])
	}
	out.printf(`%s In another terminal:

  export KUBECONFIG=%s
%s
  kubectl run one --image=%[4]s/shop/web:v1.4.1 -n %[6]s
  kubectl run two --image=%[4]s/shop/web:v1.4.1x -n %[6]s
  kubectl label namespace %[6]s pullgate.dev/enforce=off
  kubectl get pods -A

Images:     %[4]s/shop/web:v1.4.0, v1.4.1, v1.4.2; %[4]s/shop/cart:v3.0.0
            %[5]s/shop/billing:v2.0.1, for the user %[8]s with the password %[9]s
Namespaces: %[6]s; %[7]s, which is warn-only. There is no controller here: a namespace of your own
            needs a ServiceAccount first (kubectl create serviceaccount default -n NAME),
            and Pods stay Pending, for there is no node.
Log:        %[10]s
Metrics:    %[11]s

`, out.style(bold, "It keeps running until you press Ctrl-C."), s.cluster.Kubeconfig(), kubectl,
		openHost, privateHost, shop, dev, user, password, s.server.LogFile(), s.server.MetricsURL())
	select {
	case <-ctx.Done():
		return nil
	case <-s.server.Exited():
		if ctx.Err() == nil {
			return fmt.Errorf("pullgate has ended by itself; its log ends:\n%s", s.server.Log())
		}
		return nil
	}
}
