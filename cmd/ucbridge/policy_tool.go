package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/cmd/internal/remote"
)

// tried is the call that "policy test" asks about.
type tried struct {
	tool      string
	user      string
	groups    []string
	arguments string
	record    string
}

func newPolicyTest(s streams) *cobra.Command {
	var t tried
	cmd := &cobra.Command{
		Use:   "test [target] TOOL",
		Short: "Say whether a call to a tool would pass, and which rule decides",
		Long: `Say whether a call to a tool would pass, and which rule decides.

No tool is called. The server is asked for its tools, because rules such as
read_only depend on what it declares; if it cannot be reached, what pins remember of
the tool is used. Rules about people use the signed-in user, or --user and --groups;
rules about arguments use --arguments. Exit code 1 means that the call would be
denied, 3 that this is unknown.

With --record the policy is tried on a session recorded by "ucbridge stdio --record".
For each message, a line says whether it would have been passed, changed or denied, and
by which rule. You are not asked to confirm. Limits count as if all messages came at
once.`,
		Example: `  ucbridge policy test github create_issue --read-only
  ucbridge policy test create_issue --connection github --user bob@example.com
  ucbridge policy test create_issue --connection github --arguments '{"repo":"x"}'
  ucbridge policy test --record session.jsonl --policy policy.yaml --connection github`,
		Args: func(cmd *cobra.Command, args []string) error {
			if t.record != "" {
				return noArgs(cmd, args)
			}
			return noArgs(cmd, args[min(len(args), 2):])
		},
	}
	run := targeted(func(ctx context.Context, r rules, _ []string) error {
		if _, err := r.target().policy(); err != nil {
			return err
		}
		if t.record != "" {
			return r.testRecord(ctx, t)
		}
		return r.test(ctx, t)
	})
	bindTargetRules(cmd, s, func(ctx context.Context, r rules, args []string) (err error) {
		if t.record == "" {
			if t.tool, err = r.toolOf(args); err != nil {
				return err
			}
		}
		return run(ctx, r, nil)
	}, "profile", "host", "route", "path", "ca-file", "connect-timeout", "era")
	cmd.Flags().StringVar(&t.user, "user", "", "a user other than the signed-in one")
	cmd.Flags().StringSliceVar(&t.groups, "groups", nil, "groups of --user")
	cmd.Flags().StringVar(&t.record, "record", "", "try the policy on the session in this `file`")
	cmd.Flags().StringVar(&t.arguments, "arguments", "", "arguments of the call, as JSON")
	return cmd
}

// toolOf is the tool that the arguments name, after a target where no flag names one.
func (r rules) toolOf(args []string) (string, error) {
	if !r.hasTarget() && len(args) == 2 {
		if err := r.cfg.Name(args[0]); err != nil {
			return "", err
		}
		args = args[1:]
	}
	switch len(args) {
	case 0:
		return "", usageError{errors.New("missing tool name"), []string{"for example: ucbridge policy test github create_issue"}}
	case 1:
		return args[0], nil
	}
	return "", usageError{error: fmt.Errorf("unexpected argument %q", args[1])}
}

// unknownError says that nobody can tell what the policy would decide.
type unknownError struct {
	error
	examine string // the command that finds out why
}

func (e *unknownError) Unwrap() error { return e.error }

func (r rules) test(ctx context.Context, t tried) error {
	if t.arguments != "" && !isObject(t.arguments) {
		return usageError{errors.New("--arguments is not a JSON object"), []string{`for example: --arguments '{"repo":"octo"}'`}}
	}
	if t.groups != nil && t.user == "" {
		return usageError{errors.New("--groups needs --user"), nil}
	}
	all := bridge.PolicySources(r.cfg.Rules, managed).Load(bridge.PolicyTarget(r.cfg))
	if all == nil {
		if _, err := r.declared(ctx, t.tool); isMissing(err) {
			return err
		}
		if ctx.Err() != nil { // by Ctrl-C: the server was not asked whether it has the tool
			return context.Cause(ctx)
		}
		fmt.Fprintf(r.out, "%s passes: no rule applies\n", t.tool)
		if files, err := r.target().policy(); err == nil {
			r.noteOthers(files)
		}
		return nil
	}
	applied, err := r.about(ctx, all, t)
	if err != nil {
		return err
	}
	tool, err := r.declared(ctx, t.tool)
	if isMissing(err) {
		return err
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	ruling := applied.Tool(tool)
	if err != nil {
		// The ruling holds all the same where it goes by the name alone.
		harmless := applied.Tool(policy.Tool{Name: t.tool, ReadOnly: true})
		if harmless != ruling {
			return &unknownError{fmt.Errorf("it is not known whether %s would pass, because the server cannot be asked what it declares: %w", t.tool, err), r.target().command("doctor")}
		}
	}
	for _, line := range all.Skipped(applied) {
		fmt.Fprintf(r.out, "%s: not about this call: it is %s\n", line.At, line.Rule)
	}
	if ruling.Denied {
		return fmt.Errorf("%s is denied: %s", t.tool, ruling.Rule)
	}
	if by, must := applied.Confirm(tool); must {
		fmt.Fprintf(r.out, "%s passes if the user agrees: %s\n", t.tool, by.Rule)
		return nil
	}
	fmt.Fprintf(r.out, "%s passes: %s\n", t.tool, ruling.Rule)
	return nil
}

// isMissing reports whether declared found that the server has no such tool.
func isMissing(err error) bool {
	_, missing := errors.AsType[usageError](err)
	return missing
}

func isObject(text string) bool {
	var object map[string]json.RawMessage
	return json.Unmarshal([]byte(text), &object) == nil && object != nil
}

// about returns what of a policy is about the person and the arguments of a call.
func (r rules) about(ctx context.Context, all *policy.Policy, t tried) (*policy.Policy, error) {
	applied := all
	if _, people := all.AboutPeople(); people {
		who := policy.Person{Name: t.user, Groups: t.groups}
		if t.user == "" {
			var err error
			if who, err = r.signedIn(ctx); err != nil {
				return nil, &unknownError{fmt.Errorf("it is not known who is signed in: %w", err), r.target().command("doctor")}
			}
		}
		applied = all.For(who)
	}
	if t.arguments == "" {
		return applied.ForLists(), nil
	}
	applied, err := applied.ForCall([]byte(t.arguments))
	if err != nil {
		return nil, fmt.Errorf("%s is denied: the message is ambiguous: %w", t.tool, err)
	}
	return applied, nil
}

func (r rules) signedIn(ctx context.Context) (who policy.Person, err error) {
	err = r.withBridge(func(b *bridge.Bridge) error {
		who, err = b.SignedIn(ctx)
		return err
	})
	return who, err
}

// declared returns a tool as the server declares it now, or as pins remember it. The
// error is a usageError where the server has no such tool; with any other the tool
// is one that declares nothing.
func (r rules) declared(ctx context.Context, name string) (policy.Tool, error) {
	t := r.target()
	tool := policy.Tool{Name: name, Destructive: true}
	var names []string
	quiet := streams{in: r.in, out: r.out, err: io.Discard}
	err := t.speak(ctx, quiet, remote.Options{}, func(server *remote.Server) error {
		if server.Declares(remote.Tools) {
			for listed, err := range server.List(ctx, remote.Tools) {
				if err != nil {
					return err
				}
				names = append(names, jsonrpc.Text(listed, "name"))
			}
		}
		for _, j := range t.judged() { // the hidden ones, too, and none without a policy
			if names = append(names, j.Name); j.Name == name {
				tool = j.Tool
			}
		}
		if slices.Contains(names, name) {
			return nil
		}
		slices.Sort(names)
		names = slices.Compact(names)
		return usageError{fmt.Errorf("the MCP server has no tool %q", name), didYouMean(name, names, "it has: "+alike(name, names, t.command("tools")))}
	})
	if err == nil || isMissing(err) {
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
