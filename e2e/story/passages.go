package story

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// platformImage is the image that the documents take for pullgate's.
const platformImage = openHost + "/platform/pullgate"

// Why some of what is found is not run.
const (
	aName  = "the name of a command, not a command"
	words  = "words of a message"
	images = "builds or pushes an image, for which there is no Docker here"
	clouds = "needs an account at a cloud"
	plugin = "needs a credential provider's plugin in pullgate's Pod"
)

// passages are all commands of the documents, in an order in which they make sense.
func passages() []passage {
	const system = "kubectl --namespace pullgate-system "
	return []passage{
		{text: "docker build -t registry.example.com/platform/pullgate:v1 .", notRun: images},
		{text: "docker push registry.example.com/platform/pullgate:v1", notRun: images},
		{text: "docker build -t registry.example.com/platform/ecr-credential-provider:v1.37.1 .", notRun: images},
		{text: "docker push registry.example.com/platform/ecr-credential-provider:v1.37.1", notRun: images},
		{text: "docker build -t registry.example.com/platform/auth-provider-gcp:v1 .", notRun: images},
		{text: "docker push registry.example.com/platform/auth-provider-gcp:v1", notRun: images},
		{text: "docker build -t registry.example.com/platform/acr-credential-provider:v1 .", notRun: images},
		{text: "docker push registry.example.com/platform/acr-credential-provider:v1", notRun: images},
		{text: "eksctl create iamserviceaccount --cluster prod --namespace pullgate-system --name pullgate --role-only --role-name pullgate " +
			"--attach-policy-arn arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly --approve", notRun: clouds},
		{text: "eksctl create podidentityassociation --cluster prod --namespace pullgate-system --service-account-name pullgate " +
			"--role-name pullgate --permission-policy-arns arn:aws:iam::aws:policy/AmazonEC2ContainerRegistryPullOnly", notRun: clouds},
		{text: "gcloud iam service-accounts create pullgate --project shop", notRun: clouds},
		{text: "gcloud projects add-iam-policy-binding shop --role roles/artifactregistry.reader " +
			"--member serviceAccount:pullgate@shop.iam.gserviceaccount.com", notRun: clouds},
		{text: "gcloud iam service-accounts add-iam-policy-binding pullgate@shop.iam.gserviceaccount.com --role roles/iam.workloadIdentityUser " +
			`--member "serviceAccount:shop.svc.id.goog[pullgate-system/pullgate]"`, notRun: clouds},
		{text: "az aks show --resource-group shop --name prod --query identityProfile.kubeletidentity.clientId --output tsv", notRun: clouds},
		{text: system + "create configmap pullgate-azure --from-file=azure.json", notRun: clouds},
		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --values eks.yaml", notRun: clouds},
		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --values gke.yaml", notRun: clouds},
		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --values aks.yaml", notRun: clouds},
		{text: system + "exec deployment/pullgate -- /pullgate check --local --config=/etc/pullgate/config.yaml " +
			"--image-credential-provider-config=/etc/pullgate-credential-providers " +
			"--image-credential-provider-bin-dir=/opt/pullgate-credential-providers 111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:1.2", notRun: plugin},
		{text: "kubectl get --raw /api/v1/namespaces/pullgate-system/services/pullgate:metrics/proxy/metrics | grep pullgate_credential_provider", notRun: plugin},
		{text: "make demo", notRun: "CI runs it"},
		{text: "make test", notRun: "CI runs it"},
		{text: system + "describe certificate", notRun: "needs cert-manager"},
		{text: system + "logs deployment/pullgate | grep <registry>", notRun: "a pattern"},
		{text: "kubectl label namespace … pullgate.dev/enforce=off", notRun: "a pattern"},
		{text: "kubectl get namespace … --show-labels", notRun: "a pattern"},
		{text: "pullgate check … -o yaml", notRun: "a pattern"},
		{text: "pullgate check", notRun: aName},
		{text: "pullgate webhook", notRun: aName},
		{text: "pullgate webhook --config FILE", notRun: aName},
		{text: "pullgate config print", notRun: aName},
		{text: "helm uninstall", notRun: aName},
		{text: "kubectl apply", notRun: aName},
		{text: "kubectl debug", notRun: aName},
		{text: "kubectl create secret docker-registry", notRun: aName},
		{text: `pullgate cannot read Secret "…"`, notRun: words},
		{text: "pullgate validates Pods and what makes them, not …", notRun: words},

		// What the steps before have installed goes, and comes anew as the README says.
		{text: "helm uninstall pullgate --namespace pullgate-system"},
		{text: "kubectl delete namespace pullgate-system"},
		{
			text: "helm install pullgate deploy/chart/pullgate --namespace pullgate-system --create-namespace " +
				"--set image.repository=registry.example.com/platform/pullgate --set image.tag=v1",
			says: []string{"STATUS: deployed"}, then: notes,
		},
		{text: "kubectl run app --image registry.example.com/acme/app:v1.2.4", exit: 1},
		{text: "kubectl label namespace dev pullgate.dev/enforce=off", then: func(ctx context.Context, w *walk) error {
			return w.ask(ctx, dev, missing, false)
		}},
		{text: "pullgate webhook --help", says: []string{"--shutdown-delay"}},
		{text: "pullgate check -f manifests/ -R -o sarif", exit: 1, says: []string{`"ImageNotFound"`}},
		{text: "pullgate check -n shop registry.example.com/acme/app:1.2", exit: 1, says: []string{`tag "1.2" does not exist`}},
		{text: "pullgate check -n shop registry.example.com/acme/app:1.2 -o yaml", exit: 1, says: []string{"reason: ImageNotFound"}},
		{text: "pullgate check -A", exit: 1, says: []string{missing}}, // it waits in the namespace that nobody guards
		{text: "pullgate config print --config FILE", says: []string{"enforce: definite"}},

		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --set config.defaults.enforce=off", then: func(ctx context.Context, w *walk) error {
			return w.soon(ctx, missing, false)
		}},
		{text: "kubectl label namespace shop pullgate.dev/enforce=definite", then: func(ctx context.Context, w *walk) error {
			return w.soon(ctx, missing, true)
		}},
		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --set image.tag=v2", then: func(ctx context.Context, w *walk) error {
			if err := w.ready(ctx); err != nil {
				return err
			}
			if err := w.replaced(ctx); err != nil {
				return err
			}
			image, err := w.kubectl(ctx, "", "get", "pods", "-n", namespace, "-o", "jsonpath={.items[0].spec.containers[0].image}")
			if err == nil && image != platformImage+":v2" {
				err = fmt.Errorf("the image is %s", image)
			}
			return err
		}},

		{text: system + "rollout status deployment/pullgate", says: []string{"successfully rolled out"}},
		// Clouds cannot be reached from here.
		{text: "kubectl run try --image=111122223333.dkr.ecr.eu-west-1.amazonaws.com/team/app:no-such-tag --dry-run=server", says: []string{"Warning: image"}},
		{text: system + "create secret generic node-config --from-file=config.json", then: func(ctx context.Context, w *walk) error {
			return w.ask(ctx, shop, secret, true) // nobody names a Secret for it
		}},
		{text: "helm upgrade pullgate deploy/chart/pullgate --namespace pullgate-system --reuse-values --set credentialProviders.nodeConfig=node-config", then: func(ctx context.Context, w *walk) error {
			if err := w.ready(ctx); err != nil {
				return err
			}
			if err := w.replaced(ctx); err != nil {
				return err
			}
			return w.soon(ctx, secret, false)
		}},

		// The pages for the night.
		{text: system + "get deployment,pods -l app.kubernetes.io/name=pullgate", says: []string{"deployment.apps/pullgate", "2/2", "Running"}},
		{text: system + "describe pods -l app.kubernetes.io/name=pullgate", says: []string{"/readyz"}},
		{text: system + "logs deployment/pullgate --previous", exit: 1, says: []string{"previous terminated container"}},
		{text: system + "get pods -l app.kubernetes.io/name=pullgate -o jsonpath='{.items[*].status.containerStatuses[*].lastState}'", says: []string{"{}"}},
		// What they look for is not in the log of a pullgate that is well.
		{text: system + "logs deployment/pullgate | grep 'Certificate step failed'", exit: 1},
		{text: system + "logs deployment/pullgate | grep -e 'configuration refused' -e 'config.json refused'", exit: 1},
		{text: system + "logs deployment/pullgate | grep 'not verified'", exit: 1},
		{text: system + "logs deployment/pullgate | grep 'credential provider'", exit: 1},
		{text: system + "logs deployment/pullgate | grep 'not ready'", exit: 1},
		{text: system + "logs deployment/pullgate | grep -e panic -e 'decode the request' -e 'look up the namespace'", exit: 1},
		{text: "kubectl auth can-i update secrets/pullgate-certs --namespace pullgate-system --as system:serviceaccount:pullgate-system:pullgate", says: []string{"yes"}},
		{text: "kubectl auth can-i list nodes --as system:serviceaccount:pullgate-system:pullgate", says: []string{"yes"}},
		{text: "kubectl get validatingwebhookconfiguration pullgate --show-managed-fields -o yaml", says: []string{"manager: pullgate", "f:caBundle"}},
		{
			text: `kubectl patch validatingwebhookconfiguration pullgate --type json -p '[{"op":"replace","path":"/webhooks/0/failurePolicy","value":"Ignore"},{"op":"replace","path":"/webhooks/1/failurePolicy","value":"Ignore"}]'`,
			says: []string{"validatingwebhookconfiguration.admissionregistration.k8s.io/pullgate patched"},
		},
		{text: system + `patch secret pullgate-certs --type json -p '[{"op":"remove","path":"/data"}]'`},
		{
			text: `kubectl -n pullgate-system patch secret pullgate-certs --type=json -p '[{"op":"add","path":"/data","value":{}}]'`,
			then: certificatesMade,
		},
		{text: "kubectl delete validatingwebhookconfiguration pullgate", then: func(ctx context.Context, w *walk) error {
			return errors.Join(w.soon(ctx, missing, false), w.uninstall(ctx))
		}},

		// And by the manifest, where there is no Helm.
		{text: "kubectl apply -f deploy/install.yaml", then: byManifest},
	}
}

// soon waits for an answer in the namespace shop: the API server hears of a change a moment later.
func (w *walk) soon(ctx context.Context, image string, wantDenied bool) error {
	return eventually(ctx, func(ctx context.Context) error { return w.ask(ctx, shop, image, wantDenied) })
}

// notes does what Helm's notes say, in that order.
func notes(ctx context.Context, w *walk) error {
	printed, err := w.mustSh(ctx, "helm get notes pullgate --namespace pullgate-system")
	if err != nil {
		return err
	}
	commands := commandsIn(printed)
	if len(commands) < 4 {
		return fmt.Errorf("there are only %d commands in the notes: %s", len(commands), printed)
	}
	for _, command := range commands {
		if strings.Contains(command, "label namespace dev") {
			continue // the README has it too
		}
		printed, err := w.mustSh(ctx, command)
		// registry.k8s.io cannot be reached from here.
		if err == nil && strings.Contains(command, "kubectl run try") && !strings.Contains(printed, "Warning: image") {
			err = fmt.Errorf("%s: no warning: %s", command, printed)
		}
		if err != nil {
			return fmt.Errorf("the notes' %w", err)
		}
	}
	return nil
}

// certificatesMade waits until pullgate has made itself a CA again.
func certificatesMade(ctx context.Context, w *walk) error {
	return eventually(ctx, func(ctx context.Context) error {
		data, err := w.kubectl(ctx, "", "get", "secret", "pullgate-certs", "-n", namespace, "-o", "jsonpath={.data}")
		if err == nil && len(data) < 100 {
			err = fmt.Errorf("the Secret has %s", data)
		}
		return err
	})
}

// uninstall is as the documents have it.
func (w *walk) uninstall(ctx context.Context) error {
	for _, line := range []string{"helm uninstall pullgate --namespace pullgate-system", "kubectl delete namespace pullgate-system"} {
		if _, err := w.mustSh(ctx, line); err != nil {
			return err
		}
	}
	return nil
}

// byManifest takes away what was applied when it has been tried.
func byManifest(ctx context.Context, w *walk) error {
	if err := w.ready(ctx); err != nil {
		return err
	}
	if err := w.soon(ctx, missing, true); err != nil {
		return err
	}
	if err := w.soon(ctx, good, false); err != nil {
		return err
	}
	return w.must(ctx, "delete", "-f", w.home+"/deploy/install.yaml")
}
