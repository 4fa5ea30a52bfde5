package main

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
)

func newPolicyTest(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test TOOL",
		Short: "Say whether a call to a tool would pass, and which rule decides",
		Long: `Say whether a call to a tool would pass, and which rule decides.

Nothing is called. What the server says of its tools is known where pins are on
and the tool was listed before; otherwise the tool counts as one that may destroy.
Exit code 1 says that the call would be denied.`,
		Example: `  ucbridge policy test create_issue --connection github --read-only`,
		Args:    oneTool,
	}
	bindRules(cmd, s, targeted(func(_ context.Context, r rules, args []string) error { return r.test(args[0]) }), "profile", "host")
	return cmd
}

func oneTool(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("want the name of one tool, not %d", len(args)), []string{"see: " + cmd.CommandPath() + " --help"}}
	}
	return nil
}

func (r rules) test(name string) error {
	applied := bridge.PolicySources(r.cfg.Rules, managed).Load(bridge.PolicyTarget(r.cfg))
	if applied == nil {
		fmt.Fprintf(r.out, "%s passes: no rule applies\n", name)
		return nil
	}
	tool, known := policy.Tool{Name: name, Destructive: true}, false
	err := r.withPins(func(remembered *pins.Pins) error {
		if seen, ok := remembered.Known(name); ok {
			tool, known = seen, true
		}
		return nil
	})
	if err != nil {
		return err
	}
	if !known {
		fmt.Fprintf(r.err, "ucbridge: note: nothing is known of what the server says of %s\n", name)
	}
	tool.Changed = tool.Changed && applied.Pinning().Mode == policy.PinEnforce
	ruling := applied.Tool(tool)
	if ruling.Denied {
		return fmt.Errorf("%s is denied: %s", name, ruling.Rule)
	}
	if by, must := applied.Confirm(tool); must {
		fmt.Fprintf(r.out, "%s passes if the user agrees: %s\n", name, by.Rule)
		return nil
	}
	fmt.Fprintf(r.out, "%s passes: %s\n", name, ruling.Rule)
	return nil
}
