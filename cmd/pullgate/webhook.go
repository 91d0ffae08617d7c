package main

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/cmd/pullgate/nodecredentials"
)

// webhookOptions are the flags of `pullgate webhook`.
type webhookOptions struct {
	kubeconfig        string
	configFile        string
	bindAddress       string
	port              int
	tlsCertDir        string
	namespace         string
	serviceName       string
	secretName        string
	webhookConfigName string
	metricsAddress    string
	healthAddress     string
	shutdownDelay     time.Duration
	logLevel          string
	logFormat         string
	nodeCredentials   nodecredentials.Flags
}

func newWebhookCommand() *cobra.Command {
	var o webhookOptions
	cmd := &cobra.Command{
		Use:   "webhook",
		Short: "Serve the validating admission webhook",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if err := o.validate(cmd.Flags().Changed); err != nil {
				return err
			}
			c, err := config.Load(o.configFile)
			if err != nil {
				return err
			}
			if err := setUpLogging(os.Stderr, o.logLevel, o.logFormat); err != nil {
				return err
			}
			saveMemory()
			return serve(cmd.Context(), o, c)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.kubeconfig, "kubeconfig", "", "path of a kubeconfig `file`; without it the Pod's own ServiceAccount is used")
	f.StringVar(&o.configFile, "config", "", "path of the configuration `file`, re-read when it changes; without it the defaults hold")
	f.StringVar(&o.bindAddress, "bind-address", "", "IP `address` to serve admission on; all if empty")
	f.IntVar(&o.port, "port", 10250, "`port` to serve admission on; 10250 is what firewalls between control plane and nodes let through")
	f.StringVar(&o.tlsCertDir, "tls-cert-dir", "", "`folder` with tls.crt and tls.key from outside, re-read when they change; without it pullgate makes its own and writes the caBundle")
	f.StringVar(&o.namespace, "namespace", "pullgate-system", "`namespace` that pullgate runs in")
	f.StringVar(&o.serviceName, "service-name", "pullgate", "`name` of the Service that the API server calls")
	f.StringVar(&o.secretName, "secret-name", "pullgate-certs", "`name` of the Secret that holds the CA")
	f.StringVar(&o.webhookConfigName, "webhook-configuration-name", "pullgate", "`name` of the ValidatingWebhookConfiguration that gets the caBundle")
	f.StringVar(&o.metricsAddress, "metrics-bind-address", ":8080", "`address` to serve /metrics on, 0 for none")
	f.StringVar(&o.healthAddress, "health-bind-address", ":8081", "`address` to serve /healthz and /readyz on")
	f.DurationVar(&o.shutdownDelay, "shutdown-delay", 5*time.Second, "`time` between SIGTERM, upon which /readyz fails, and the end: the API server must have stopped to call by then")
	o.nodeCredentials.Add(f)
	o.nodeCredentials.AddTokenDir(f)
	f.StringVar(&o.logLevel, "log-level", "info", "least `level` that is logged: debug, info, warn or error")
	f.StringVar(&o.logFormat, "log-format", "json", "`format` of the log: json or text")
	return cmd
}

// validate reports every flag that makes no sense. changed tells whether a flag
// was given.
func (o webhookOptions) validate(changed func(flag string) bool) error {
	errs := []error{o.nodeCredentials.Validate()}
	if o.port < 1 || o.port > 65535 {
		errs = append(errs, fmt.Errorf("--port %d is no port", o.port))
	}
	if o.shutdownDelay < 0 {
		errs = append(errs, fmt.Errorf("--shutdown-delay %s is negative", o.shutdownDelay))
	}
	for flag, name := range map[string]string{
		"namespace":                  o.namespace,
		"service-name":               o.serviceName,
		"secret-name":                o.secretName,
		"webhook-configuration-name": o.webhookConfigName,
	} {
		if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
			errs = append(errs, fmt.Errorf("--%s %q: %s", flag, name, problems[0]))
		}
	}
	if o.tlsCertDir != "" {
		for _, flag := range []string{"secret-name", "webhook-configuration-name"} {
			if changed(flag) {
				errs = append(errs, fmt.Errorf("--tls-cert-dir and --%s contradict each other: certificates come from the folder, or are made by pullgate", flag))
			}
		}
	}
	return errors.Join(errs...)
}
