package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"ucbridge/bridge/policy"
	"ucbridge/bridge/sharedfile"
	"ucbridge/cmd/internal/terminal"
)

// policyTemplate is a policy that forbids nothing until a line is uncommented. One
// line is not commented out, since a file without a rule counts as damaged.
const policyTemplate = `# What may pass through ucbridge. "ucbridge policy --help" lists every key,
# "ucbridge policy check" reads this file, "ucbridge policy show" says what applies.
# Uncomment what you want.

# Every server: only tools that their server declares read-only, and create_issue.
# read_only: true
# tools: {reads: [create_issue]}

# Ask before destructive calls.
# confirm: true

# Warn when the definition of a tool has changed; "enforce" blocks it until you
# approve the change.
pins: warn

# Block secrets in arguments, mask them in results.
# secrets: {arguments: block, results: mask}

# Rules for one connection, by name or glob.
# connections:
#   github:
#     tools:
#       allow: [get_*, list_*, search_*]
#       deny: ["*secret*"]
#     limits: {calls_per_minute: 60}

# One JSON line for each exchange; see "ucbridge policy log".
# audit:
#   required: true
`

func newPolicyInit(s streams) *cobra.Command {
	return &cobra.Command{
		Use:   "init",
		Short: "Write a policy file of your own, to be edited",
		Long: `Write a policy file of your own, to be edited. Its rules are commented out but for
"pins: warn", which warns of tools that have changed. Every ucbridge that you start reads
it. An existing file is left alone.`,
		Args: noArgs,
		RunE: func(*cobra.Command, []string) error {
			name, err := policy.UserFile()
			if err != nil {
				return usageError{errors.New("this machine has no configuration directory"), []string{"set HOME or XDG_CONFIG_HOME, or name a file with --policy"}}
			}
			if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
				return fmt.Errorf("creating the configuration directory: %w", err)
			}
			file, err := sharedfile.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
			if errors.Is(err, fs.ErrExist) {
				return usageError{fmt.Errorf("%s already exists", terminal.Line(name)), []string{"edit it, then run: ucbridge policy check"}}
			}
			if err != nil {
				return fmt.Errorf("creating the policy: %w", err)
			}
			if _, err := file.WriteString(policyTemplate); err != nil {
				return errors.Join(fmt.Errorf("writing the policy: %w", err), file.Close())
			}
			if err := file.Close(); err != nil {
				return fmt.Errorf("writing the policy: %w", err)
			}
			_, err = fmt.Fprintf(s.out, "%s\n  next: edit it, then run: ucbridge policy check\n", terminal.Line(name))
			return err
		},
	}
}
