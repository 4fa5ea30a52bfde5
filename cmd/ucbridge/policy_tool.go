package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/cmd/internal/remote"
)

func newPolicyTest(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "test TOOL",
		Short: "Say whether a call to a tool would pass, and which rule decides",
		Long: `Say whether a call to a tool would pass, and which rule decides.

No tool is called. The server is asked for its tools, since rules such as read_only
go by what it declares. If it cannot be reached, what pins remember of the tool is
used. Exit code 1 means that the call would be denied, 3 that it is not known.`,
		Example: `  ucbridge policy test create_issue --connection github --read-only`,
		Args:    oneTool,
	}
	bindRules(cmd, s, targeted(func(ctx context.Context, r rules, args []string) error { return r.test(ctx, args[0]) }), "profile", "host", "route", "path", "ca-file", "connect-timeout", "era")
	return cmd
}

func oneTool(cmd *cobra.Command, args []string) error {
	if len(args) != 1 {
		return usageError{fmt.Errorf("want the name of one tool, not %d", len(args)), []string{"see: " + cmd.CommandPath() + " --help"}}
	}
	return nil
}

// unknownError says that nobody can tell what the policy would decide.
type unknownError struct {
	error
	flags string
}

func (e *unknownError) Unwrap() error { return e.error }

func (r rules) test(ctx context.Context, name string) error {
	applied := bridge.PolicySources(r.cfg.Rules, managed).Load(bridge.PolicyTarget(r.cfg))
	if applied == nil {
		fmt.Fprintf(r.out, "%s passes: no rule applies\n", name)
		return nil
	}
	tool, err := r.declared(ctx, name)
	if missing, ok := errors.AsType[usageError](err); ok {
		return missing
	}
	ruling := applied.Tool(tool)
	if err != nil {
		// The ruling holds all the same where it goes by the name alone.
		harmless := applied.Tool(policy.Tool{Name: name, ReadOnly: true})
		if harmless != ruling {
			return &unknownError{fmt.Errorf("it is not known whether %s would pass, as the server cannot be asked what it declares: %w", name, err), (&target{cfg: r.cfg}).flags()}
		}
	}
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

// declared returns a tool as the server declares it now, or as pins remember it. The
// error is a usageError where the server has no such tool; with any other the tool
// is one that declares nothing.
func (r rules) declared(ctx context.Context, name string) (policy.Tool, error) {
	t := &target{cfg: r.cfg}
	tool := policy.Tool{Name: name, Destructive: true}
	var names []string
	quiet := streams{in: r.in, out: r.out, err: io.Discard}
	err := t.speak(ctx, quiet, remote.Options{}, func(server *remote.Server) error {
		if server.Declares(remote.Tools) {
			for _, err := range server.List(ctx, remote.Tools) {
				if err != nil {
					return err
				}
			}
		}
		for _, j := range t.judged() {
			if names = append(names, j.Name); j.Name == name {
				tool = j.Tool
				return nil
			}
		}
		return usageError{fmt.Errorf("the MCP server has no tool %q", name), []string{"it has: " + alike(name, names)}}
	})
	if _, missing := errors.AsType[usageError](err); err == nil || missing {
		return tool, err
	}
	seen := false
	pinned := r.withPins(func(remembered *pins.Pins) error {
		if t, ok := remembered.Known(name); ok {
			tool, seen = t, true
		}
		return nil
	})
	if seen && pinned == nil {
		return tool, nil
	}
	return tool, err
}
