package main

import (
	"github.com/spf13/cobra"

	"github.com/pullgate/pullgate/cmd/pullgate/config"
)

func newConfigCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Look at the configuration",
		// Without these an unknown command prints the help, and is no error.
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newConfigPrintCommand())
	return cmd
}

func newConfigPrintCommand() *cobra.Command {
	var file string
	cmd := &cobra.Command{
		Use:   "print",
		Short: "Print the configuration that a file means, with all defaults",
		Long: `Print the configuration that a file means, with all defaults; without a file,
the defaults. What is printed is a configuration file itself, and means the same.

A file that pullgate would refuse is refused here too, with each error's line and
field, and an exit code that is not 0.`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := config.Load(file)
			if err != nil {
				return err
			}
			data, err := c.YAML()
			if err != nil {
				return err
			}
			_, err = cmd.OutOrStdout().Write(data)
			return err
		},
	}
	cmd.Flags().StringVar(&file, "config", "", "path of the configuration `file`; without it the defaults hold")
	return cmd
}
