package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/pullgate/pullgate/cmd/pullgate/check"
	"github.com/pullgate/pullgate/cmd/pullgate/config"
	"github.com/pullgate/pullgate/resolver"
	"github.com/pullgate/pullgate/webhook"
)

func newCheckCommand() *cobra.Command {
	return check.NewCommand(check.Settings{
		Load: func(path string) (webhook.Config, resolver.Config, error) {
			// Only defects: what else there is to say, the report says.
			if err := setUpLogging(os.Stderr, "error", "text"); err != nil {
				return webhook.Config{}, resolver.Config{}, err
			}
			c, err := config.Load(path)
			return c.WebhookConfig, c.ResolverConfig, err
		},
		Version:   buildVersion().Version,
		UserAgent: userAgent(),
	})
}
