package check

import (
	"context"
	"time"

	"github.com/spf13/cobra"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"

	"github.com/pullgate/pullgate/cmd/pullgate/check/report"
)

// completionTimeout is how long somebody waits for a Tab.
const completionTimeout = 2 * time.Second

// addCompletion completes what the shell cannot know.
func addCompletion(cmd *cobra.Command, flags *genericclioptions.ConfigFlags) {
	for flag, complete := range map[string]cobra.CompletionFunc{
		"output":    cobra.FixedCompletions(report.Formats(), cobra.ShellCompDirectiveNoFileComp),
		"namespace": namespaces(flags),
		"kustomize": func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return nil, cobra.ShellCompDirectiveFilterDirs
		},
		"image": cobra.NoFileCompletions,
	} {
		if err := cmd.RegisterFlagCompletionFunc(flag, complete); err != nil {
			panic(err) // a flag of that name does not exist: a test finds it
		}
	}
	cmd.ValidArgsFunction = cobra.NoFileCompletions
}

// namespaces lists the cluster's namespaces, if it is quick about it.
func namespaces(flags *genericclioptions.ConfigFlags) cobra.CompletionFunc {
	return func(cmd *cobra.Command, _ []string, _ string) (names []string, _ cobra.ShellCompDirective) {
		c, err := connect(flags, cmd.Root().Name())
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(cmd.Context(), completionTimeout)
		defer cancel()
		list, err := c.client.CoreV1().Namespaces().List(ctx, metav1.ListOptions{Limit: pageSize})
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		for _, n := range list.Items {
			names = append(names, n.Name)
		}
		return names, cobra.ShellCompDirectiveNoFileComp
	}
}
