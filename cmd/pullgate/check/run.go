package check

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/go-logr/logr"
	"github.com/go-logr/logr/funcr"
	"golang.org/x/term"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/resolver/words"
	"github.com/pullgate/pullgate/webhook"
)

// Exit codes. An input error outranks a failure: what was not looked at may be
// worse than what was. The report tells of both.
const (
	exitDefinite    = 1
	exitUnverified  = 2
	exitInput       = 3
	exitInterrupted = 130
)

// ExitError ends the process with a code, and with a message if Err is not nil.
type ExitError struct {
	Code int
	Err  error
}

// Error is the message, "" if all is said.
func (e *ExitError) Error() string {
	if e.Err == nil {
		return ""
	}
	return e.Err.Error()
}

// Unwrap returns Err.
func (e *ExitError) Unwrap() error { return e.Err }

// streams are those of the process.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// warn says something beside the report.
func (s streams) warn(text string) {
	_, _ = fmt.Fprintln(s.err, "warning:", words.Printable(text))
}

// logger says what goes wrong with credential providers, of which a verdict has only
// the gist.
func (s streams) logger() logr.Logger {
	return funcr.New(func(_, text string) { s.warn(text) }, funcr.Options{})
}

// checker is a check with all that it needs.
type checker struct {
	options   Options
	flags     *genericclioptions.ConfigFlags
	webhook   webhook.Config
	resolver  resolver.Config
	version   string
	userAgent string
	streams   streams

	nodeCredentials *resolver.NodeCredentials
}

// run makes the report and writes it.
func (c checker) run(parent context.Context) error {
	ctx, cancel := context.WithTimeout(parent, c.options.Timeout)
	defer cancel()
	r, err := c.report(ctx)
	if err != nil {
		return &ExitError{exitInput, err}
	}
	if parent.Err() != nil {
		return &ExitError{exitInterrupted, errors.New("interrupted")}
	}
	for _, e := range r.Errors {
		_, _ = fmt.Fprintln(c.streams.err, "error:", words.Printable(e.Error()))
	}
	err = report.Write(c.streams.out, r, report.Options{
		Format: c.options.Output, All: c.options.All, Strict: c.options.Strict,
		Color: colorful(c.streams.out), Version: c.version,
	})
	if err != nil {
		return &ExitError{exitInput, fmt.Errorf("write the report: %w", err)}
	}
	if code := exitCode(r.Summary, c.options.Strict); code != 0 {
		return &ExitError{Code: code}
	}
	return nil
}

func exitCode(s report.Summary, strict bool) int {
	switch {
	case s.Errors > 0:
		return exitInput
	case s.Definite > 0:
		return exitDefinite
	case s.Unverified > 0 && strict:
		return exitUnverified
	default:
		return 0
	}
}

// report reads everything, and then checks everything.
func (c checker) report(ctx context.Context) (report.Report, error) {
	selector, err := labels.Parse(c.options.Selector)
	if err != nil {
		return report.Report{}, fmt.Errorf("--selector: %w", err)
	}
	namespace, err := c.namespace()
	if err != nil {
		return report.Report{}, err
	}
	m := newManifests(c.webhook, namespace, selector, c.streams.warn)
	c.read(ctx, m)
	s := &sources{secrets: m.secrets, accounts: m.accounts}
	nodes := c.connect(ctx, s)
	targets := m.targets
	for _, image := range c.options.Images {
		targets = append(targets, askedAbout(c.options, namespace, image))
	}
	if c.options.Running || c.options.AllNamespaces {
		pods, err := c.running(ctx, s, namespace, selector)
		if err != nil {
			m.failed(report.InputError{Message: err.Error()})
		}
		targets = append(targets, pods...)
	}
	if c.options.UseLogin {
		if s.login, err = readLogin(c.options.Login, hostsOf(targets), c.streams.warn); err != nil {
			return report.Report{}, err
		}
	}
	items, err := c.examine(ctx, s, nodes, targets)
	return report.New(items, m.errs, m.others), err
}

// namespace is that of objects that name none, as kubectl has it.
func (c checker) namespace() (string, error) {
	if c.options.Local {
		if n := *c.flags.Namespace; n != "" {
			return n, nil
		}
		return "default", nil
	}
	namespace, _, err := c.flags.ToRawKubeConfigLoader().Namespace()
	return namespace, err
}

// read reads the manifests.
func (c checker) read(ctx context.Context, m *manifests) {
	in := input{stdin: c.streams.in, recursive: c.options.Recursive, each: m.addDocument, failed: m.failed}
	for _, path := range c.options.Filenames {
		in.read(ctx, path)
	}
	for _, folder := range c.options.Kustomize {
		m.addKustomization(folder)
	}
}

// connect adds the cluster to the sources, if there is one, and lists its nodes.
// A cluster that does not answer is as good as none, but for a warning.
func (c checker) connect(ctx context.Context, s *sources) webhook.NodeLister {
	if c.options.Local {
		s.noCluster = errors.New("--local asks no cluster")
		return nil
	}
	cl, err := connect(c.flags, c.userAgent)
	if err != nil {
		s.noCluster = err
		if !errors.Is(err, errNoCluster) {
			c.streams.warn(fmt.Sprintf("no cluster is asked: %v", err))
		}
		return nil
	}
	nodes, err := cl.nodes(ctx)
	if status := apierrors.APIStatus(nil); err != nil && !errors.As(err, &status) {
		s.noCluster = fmt.Errorf("the cluster does not answer: %w", err)
		c.streams.warn(s.noCluster.Error())
		return nil
	}
	s.cluster = cl
	if err != nil {
		c.streams.warn(fmt.Sprintf("images are not held against the nodes, which cannot be listed: %v", err))
		return nil
	}
	return nodes
}

func (c checker) running(ctx context.Context, s *sources, namespace string, selector labels.Selector) ([]target, error) {
	if s.cluster == nil {
		return nil, fmt.Errorf("no Pods can be listed: %w", s.noCluster)
	}
	if c.options.AllNamespaces {
		namespace = ""
	}
	return s.cluster.running(ctx, c.webhook, namespace, selector)
}

func (c checker) examine(ctx context.Context, s *sources, nodes webhook.NodeLister, targets []target) ([]report.Item, error) {
	config := c.resolver
	config.Registries.Content = config.Registries.Content.Waiting()
	r, err := resolver.New(config, c.userAgent, resolver.WithNodeCredentials(c.nodeCredentials), resolver.Patiently())
	if err != nil {
		return nil, err
	}
	progress := newBar(c.streams.err)
	defer progress.end()
	return examination{
		examiner: webhook.Examiner{Checker: r, Secrets: s, Accounts: s, Nodes: nodes},
		sources:  s, config: c.resolver, progress: progress,
	}.run(ctx, targets), nil
}

// colorful reports whether colours would be seen, and are wanted:
// https://no-color.org.
func colorful(w io.Writer) bool {
	return isTerminal(w) && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
