package main

import (
	"fmt"

	"github.com/spf13/cobra"
)

// newCommand makes the command line.
func newCommand() *cobra.Command {
	root := &cobra.Command{
		Use:   "pullgate",
		Short: "Stops ImagePullBackOff before it happens",
		Long: `pullgate answers one question before a Pod reaches a kubelet: could a node pull
these images, with these credentials?`,
		// Errors are printed once, by main, without the usage text behind them.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	root.AddCommand(newWebhookCommand(), newCheckCommand(), newConfigCommand(), newProbeCommand(), newVersionCommand())
	return root
}

func newVersionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print version, commit and Go version",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			v := buildVersion()
			_, err := fmt.Fprintf(cmd.OutOrStdout(), "pullgate %s\ncommit   %s\ngo       %s\n", v.Version, v.Commit, v.Go)
			return err
		},
	}
}
