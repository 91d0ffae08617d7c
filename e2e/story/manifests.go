package story

import "fmt"

// The namespaces: pullgate's own, that of a team, one that is only warned, and one
// whose Pods may fail.
const (
	namespace = "pullgate-system"
	shop      = "shop"
	dev       = "dev"
	unguarded = "unguarded"
)

// deployment is a Deployment of one Pod; secrets are the names of pull Secrets.
func deployment(name, image string, secrets ...string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: Deployment
metadata: {name: %[1]s}
spec:
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
%[3]s      containers: [{name: app, image: %[2]q}]
`, name, image, pullSecrets(secrets))
}

func pullSecrets(names []string) (lines string) {
	for _, name := range names {
		lines += fmt.Sprintf("      imagePullSecrets: [{name: %s}]\n", name)
	}
	return lines
}

func daemonSetOf(name, image string) string {
	return fmt.Sprintf(`apiVersion: apps/v1
kind: DaemonSet
metadata: {name: %[1]s}
spec:
  selector: {matchLabels: {app: %[1]s}}
  template:
    metadata: {labels: {app: %[1]s}}
    spec:
      containers: [{name: app, image: %[2]q}]
`, name, image)
}

// jobOf runs `pullgate version`, which ends well.
func jobOf(name, image string) string {
	return fmt.Sprintf(`apiVersion: batch/v1
kind: Job
metadata: {name: %s}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: job, image: %q, args: [version]}]
`, name, image)
}

// cronJobOf is never due by itself.
func cronJobOf(name, image string) string {
	return fmt.Sprintf(`apiVersion: batch/v1
kind: CronJob
metadata: {name: %s}
spec:
  schedule: "0 0 29 2 *"
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: job, image: %q, args: [version]}]
`, name, image)
}

// podOf is a Pod that can run, with an image as a volume if there is one.
func podOf(name, volume string) string {
	if volume == "" {
		return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers: [{name: app, image: %q}]
`, name, good)
	}
	return fmt.Sprintf(`apiVersion: v1
kind: Pod
metadata: {name: %s}
spec:
  containers: [{name: app, image: %q, volumeMounts: [{name: data, mountPath: /data}]}]
  volumes: [{name: data, image: {reference: %q}}]
`, name, good, volume)
}
