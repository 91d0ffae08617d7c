package check

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/cmd/pullgate/nodecredentials"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/provider"
	"github.com/pullgate/pullgate/webhook"
)

// Options are the flags, but for those of the cluster.
type Options struct {
	Filenames      []string
	Kustomize      []string
	Recursive      bool
	Images         []string
	ServiceAccount string
	PullSecrets    []string
	Running        bool
	AllNamespaces  bool
	Selector       string
	// UseLogin is whether Login was given, which may be "".
	UseLogin bool
	Login    string
	Local    bool
	Output   string
	All      bool
	Strict   bool
	Timeout  time.Duration
	// NodeCredentials are those that nodes bring by themselves.
	NodeCredentials nodecredentials.Flags
}

// Settings are what the command gets from the program that it is part of.
type Settings struct {
	// Load reads the configuration file of --config, "" for the defaults.
	Load      func(path string) (webhook.Config, resolver.Config, error)
	Version   string
	UserAgent string
}

// The default of a flag with an optional value must not be "".
const dockersOwn = "docker's own"

// NewCommand makes the command.
func NewCommand(s Settings) *cobra.Command {
	var (
		o          Options
		configFile string
		flags      = genericclioptions.NewConfigFlags(true)
	)
	flags.CacheDir = nil // nothing is discovered that could be kept there
	flags.DisableCompression = nil
	cmd := &cobra.Command{
		Use:   "check [-f FILE] [-k FOLDER] [-A] [IMAGE ...] [-]",
		Short: "Check whether nodes could pull the images of manifests, of a cluster, or those named",
		Long: `check gives the webhook's verdicts without a webhook: on manifests (-f, -k, or -
for the standard input), on images, and on what runs in a cluster now
(--running, -A).

Pull Secrets and ServiceAccounts come from the manifests themselves, then from
the cluster that kubectl would use, if there is one; --docker-config puts the
local login in their place.

Exit codes: 0 all can be pulled, 1 an image certainly cannot, 2 something could
not be verified and --strict is given, 3 a usage or input error, which outranks
the others.`,
		Example: examples,
		// What is wrong with the command line is a usage error, whoever finds it.
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			o.UseLogin = cmd.Flags().Changed("docker-config")
			if o.Login == dockersOwn {
				o.Login = ""
			}
			if err := o.complete(args); err != nil {
				return &ExitError{exitInput, err}
			}
			w, r, err := s.Load(configFile)
			if err != nil {
				return &ExitError{exitInput, err}
			}
			streams := streams{cmd.InOrStdin(), cmd.OutOrStdout(), cmd.ErrOrStderr()}
			nodes, err := nodecredentials.Load(o.NodeCredentials, provider.Options{Log: streams.logger()}, streams.warn)
			if err != nil {
				return &ExitError{exitInput, err}
			}
			defer nodes.Close()
			return checker{
				options: o, flags: flags, nodeCredentials: nodes.NodeCredentials(), webhook: w, resolver: r, version: s.Version, userAgent: s.UserAgent,
				streams: streams,
			}.run(cmd.Context())
		},
	}
	cmd.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return &ExitError{exitInput, err} })
	addFlags(cmd, &o, &configFile)
	flags.AddFlags(cmd.Flags())
	addCompletion(cmd, flags)
	return cmd
}

func addFlags(cmd *cobra.Command, o *Options, configFile *string) {
	f := cmd.Flags()
	f.StringSliceVarP(&o.Filenames, "filename", "f", nil, "`file`, folder, quoted pattern or URL with manifests, or - for the standard input")
	f.StringSliceVarP(&o.Kustomize, "kustomize", "k", nil, "`folder` of a kustomization")
	f.BoolVarP(&o.Recursive, "recursive", "R", false, "look into the folders in a folder of -f too")
	f.StringArrayVar(&o.Images, "image", nil, "`image` to check")
	f.StringVar(&o.ServiceAccount, "service-account", "default", "`name` of the ServiceAccount whose pull Secrets --image is checked with")
	f.StringArrayVar(&o.PullSecrets, "pull-secret", nil, "`name` of a pull Secret that --image is checked with, in place of the ServiceAccount's")
	f.BoolVar(&o.Running, "running", false, "check the images of the Pods that run in the namespace: could they be pulled anew?")
	f.BoolVarP(&o.AllNamespaces, "all-namespaces", "A", false, "--running for all namespaces")
	f.StringVarP(&o.Selector, "selector", "l", "", "check only objects and Pods whose labels match the `selector`")
	f.StringVar(&o.Login, "docker-config", "", "use the local login in place of pull Secrets: docker's own, or that in a `file` or folder given with =")
	f.Lookup("docker-config").NoOptDefVal = dockersOwn
	f.BoolVar(&o.Local, "local", false, "ask no cluster, even if there is a kubeconfig")
	f.StringVarP(&o.Output, "output", "o", "", "`format`: "+strings.Join(report.Formats(), ", ")+"; a table if empty")
	f.BoolVarP(&o.All, "verbose", "v", false, "show in the table also what can be pulled and what was skipped")
	f.BoolVar(&o.Strict, "strict", false, "exit with 2 if something could not be verified")
	f.DurationVar(&o.Timeout, "timeout", 2*time.Minute, "`time` for everything; what is not known by then is not verified")
	o.NodeCredentials.Add(f)
	f.StringVar(configFile, "config", "", "path of the webhook's configuration `file`; without it the defaults hold")
	f.SortFlags = false
}

const examples = `  # A file, a folder with all in it, a kustomization
  pullgate check -f deploy.yaml -f manifests/ -R -k overlay/

  # What a chart comes to, with the local login for credentials
  helm template . | pullgate check --local --docker-config -

  # Why does this not pull? As the ServiceAccount ci of the namespace shop
  pullgate check -n shop --service-account ci ghcr.io/acme/app:1.2

  # Which of the Pods that run now could not be started elsewhere?
  pullgate check -A`

// complete sorts the arguments, and reports every option that makes no sense.
func (o *Options) complete(args []string) error {
	errs := []error{o.NodeCredentials.Validate()}
	for _, a := range args {
		if a == "-" {
			o.Filenames = append(o.Filenames, a)
			continue
		}
		o.Images = append(o.Images, a)
		if err := refusePath(a); err != nil {
			errs = append(errs, err)
		}
	}
	if len(o.Filenames)+len(o.Kustomize)+len(o.Images) == 0 && !o.Running && !o.AllNamespaces {
		errs = append(errs, errors.New("nothing to check: name manifests with -f, -k or -, or images, or what runs with --running or -A"))
	}
	if n := slices.Index(o.Filenames, "-"); n >= 0 && slices.Contains(o.Filenames[n+1:], "-") {
		errs = append(errs, errors.New("the standard input can be read once only"))
	}
	if o.Local && (o.Running || o.AllNamespaces) {
		errs = append(errs, errors.New("--local asks no cluster, and --running and -A do"))
	}
	if err := report.ValidateFormat(o.Output); err != nil {
		errs = append(errs, fmt.Errorf("--output %w", err))
	}
	if o.Timeout <= 0 {
		errs = append(errs, fmt.Errorf("--timeout %s is not positive", o.Timeout))
	}
	for flag, names := range map[string][]string{"service-account": {o.ServiceAccount}, "pull-secret": o.PullSecrets} {
		for _, name := range names {
			if problems := validation.IsDNS1123Subdomain(name); len(problems) > 0 {
				errs = append(errs, fmt.Errorf("--%s %q: %s", flag, name, problems[0]))
			}
		}
	}
	return errors.Join(errs...)
}
