package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/config"
)

// policyFlags are the settings that say what is governed by what.
var policyFlags = []string{"connection", "mcp-service", "url", "policy", "read-only", "allow", "deny", "audit"}

// rules is a policy command: what was set, and where to print.
type rules struct {
	streams
	cfg *config.Config
}

func newPolicy(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "policy",
		Short: "Show, check and test what may pass; approve changed tools; read the audit log",
		Long: `Show, check and test what may pass; approve changed tools; read the audit log.

Rules come from the administrator's file, your own file, the file of --policy, and
the flags. All of them apply: each can forbid, none can permit what another forbids.
"ucbridge policy check" names the files. What a file can say:

  read_only: true            # only tools that the server declares read-only
  tools:                     # globs of names; * matches anything, / included
    allow: [get_*, list_*]   # only these; deny beats allow
    deny: ["*_secret"]
    reads: [search]          # count as read-only, whatever the server says
    writes: [get_and_set]    # count as writing
    confirm: [merge_*]       # ask the user before the call
  confirm: true              # ask the user before destructive calls
  prompts: {deny: [x]}       # and allow
  resources: {allow: ["repo://octo/*"]}   # by URI, and deny
  methods: ["vendor/*"]      # allowed besides those of MCP
  limits: {calls_per_minute: 60, tools: {"create_*": 5}, max_call: 64KiB}
  pins: enforce              # or warn: tools whose definition has changed
  secrets: {arguments: block, results: mask}
  max_result: 8000 tokens    # or 64KiB; the whole result is kept in a file
  connections:               # rules for some connections, by glob
    github: {read_only: true}
  rules:                     # rules for some people and calls
    - groups: [contractors]  # the caller's, or users: [globs] of names
      not_users: [ada@example.com]   # and not_groups: [...] are left out
      tools: {deny: [merge_*]}
    - when: {amount: {gt: 100}, repo: [octo/*, acme/*]}  # arguments of the call:
      confirm: true          # a value, a list, or is, not, gt, gte, lt, lte, present
  meta:                      # members of _meta in each tools/call, whatever the client says
    warehouse_id: 1234567890abcdef
  audit:                     # a JSON line for each request
    file: /var/log/ucbridge.jsonl
    required: true           # block calls that cannot be recorded
    values: true             # arguments, not just their sizes
    max_size: 10MiB
    keep: 5`,
		Example: `  ucbridge policy check
  ucbridge policy show github
  ucbridge policy test github create_issue
  ucbridge policy log --follow`,
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) > 0 {
				return unknownCommand(cmd, args[0])
			}
			return nil
		},
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPolicyInit(s), newPolicyShow(s), newPolicyCheck(s), newPolicyTest(s), newPolicyDiff(s), newPolicyApprove(s), newPolicyLog(s))
	return cmd
}

// bindTargetRules is bindRules for a command that takes a target as its first argument.
func bindTargetRules(cmd *cobra.Command, s streams, run func(context.Context, rules, []string) error, more ...string) {
	cfg := bindRules(cmd, s, run, more...)
	completeTarget(cmd, cfg, cobra.ShellCompDirectiveNoFileComp)
}

// bindRules gives a command the settings of a policy; more are flags beside them.
func bindRules(cmd *cobra.Command, s streams, run func(context.Context, rules, []string) error, more ...string) *config.Config {
	r := rules{streams: s, cfg: config.New()}
	flags := append(more, policyFlags...)
	cmd.Flags().SortFlags = false
	r.cfg.Bind(cmd.Flags(), flags...)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if err := r.cfg.LoadOnly(os.LookupEnv, flags...); err != nil {
			return err
		}
		showMistyped(s.err)
		return run(cmd.Context(), r, args)
	}
	return r.cfg
}

// target is what the rules are about, for the commands that speak to it.
func (r rules) target() *target { return &target{cfg: r.cfg} }

func (r rules) hasTarget() bool {
	return r.cfg.Connection.Given() || r.cfg.Service.Given() || r.cfg.URL.Given()
}

func newPolicyShow(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "show [target]",
		Short: "Print the rules that apply, with file and line",
		Long: `Print the rules that apply, with file and line.

With a target, only those for it: a connection, an MCP service or a path, as an
argument or by a flag.`,
	}
	bindTargetRules(cmd, s, named(func(_ context.Context, r rules, _ []string) error { return r.show() }))
	return cmd
}

func (r rules) show() error {
	files, err := r.target().policy()
	if err != nil {
		return err
	}
	shown := false
	out := tabwriter.NewWriter(r.out, 0, 0, 2, ' ', 0)
	for _, f := range files {
		for _, line := range linesOf(f, r.target().concerns) {
			fmt.Fprintf(out, "%s\t%s\t%s\n", line.connections, line.Rule, line.At)
			shown = true
		}
	}
	if r.cfg.Audit.Value != "" {
		fmt.Fprintf(out, "*\taudit %q\t%s\n", r.cfg.Audit.Value, r.cfg.Audit.Source)
		shown = true
	}
	if !shown {
		fmt.Fprintln(r.out, "no rule applies: everything passes")
		r.noteOthers(files)
	}
	return out.Flush()
}

// noteOthers says which connections there are rules for, where there are none for the
// target: its name may be spelled wrongly there.
func (r rules) noteOthers(files []*policy.File) {
	var globs []string
	for _, f := range files {
		for _, rule := range f.Rules {
			if glob := rule.Connection.Glob; len(rule.Lines()) > 0 && !slices.Contains(globs, glob) {
				globs = append(globs, glob)
			}
		}
	}
	if len(globs) > 0 {
		printLine(r.err, "note", "there are rules for other connections: "+strings.Join(globs, ", "))
	}
}

func newPolicyCheck(s streams) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check [FILE...]",
		Short: "Check the policy files for errors",
		Long: `Check the policy files for errors.

Without arguments, all files that apply here: the administrator's, your own and that
of --policy.`,
	}
	bindRules(cmd, s, func(_ context.Context, r rules, files []string) error { return r.check(files) })
	return cmd
}

func (r rules) check(files []string) error {
	named := files
	if len(named) == 0 {
		sources := bridge.PolicySources(r.cfg.Rules, managed)
		named = []string{sources.Managed.File(), sources.User, sources.Named}
	}
	var faults []error
	for _, name := range named {
		if name == "" {
			continue
		}
		file, err := policy.ReadFile(name)
		switch {
		case errors.Is(err, os.ErrNotExist) && len(files) == 0 && name != r.cfg.Policy.Value:
			fmt.Fprintf(r.out, "%s: not there\n", name)
		case errors.Is(err, os.ErrNotExist):
			faults = append(faults, err)
			fmt.Fprintf(r.out, "%s: there is no such file\n", name)
		case err != nil:
			faults = append(faults, err)
			fmt.Fprintf(r.out, "%v\n", err)
		default:
			count, rules := len(linesOf(file, nil)), "rules"
			if count == 1 {
				rules = "rule"
			}
			fmt.Fprintf(r.out, "%s: OK, %d %s\n", name, count, rules)
		}
	}
	if len(faults) > 0 {
		effect := "all calls are blocked until this is fixed"
		if len(files) > 0 {
			effect = "where such a file is in force, all calls are blocked"
		}
		return usageError{fmt.Errorf("%s; %s", invalidFiles(len(faults)), effect), policyHints(errors.Join(faults...), keysOfPolicy)}
	}
	return nil
}

func invalidFiles(n int) string {
	if n == 1 {
		return "1 policy file is invalid"
	}
	return fmt.Sprintf("%d policy files are invalid", n)
}

// ruleLine is a rule of a policy in words, and the glob of the connections that it is for.
type ruleLine struct {
	policy.Line
	connections string
}

// linesOf are the rules of a file, and its audit log: of rules those that concern a target,
// all where nothing is said of one.
func linesOf(f *policy.File, concern func(*policy.Rules) bool) []ruleLine {
	var all []ruleLine
	for _, rules := range f.Rules {
		if concern != nil && !concern(rules) {
			continue
		}
		for _, line := range rules.Lines() {
			all = append(all, ruleLine{line, rules.Connection.Glob})
		}
	}
	if f.Audit != nil {
		for _, line := range f.Audit.Lines() {
			all = append(all, ruleLine{line, "*"})
		}
	}
	return all
}

// concerns reports whether rules are about the target; any are where there is none, or
// there are several.
func (t *target) concerns(rules *policy.Rules) bool {
	return t.cfg.IsSeveral() || t.name() == "" || rules.Concerns(bridge.PolicyTarget(t.cfg))
}

// errNoTarget asks for what a command is about.
var errNoTarget = usageError{errors.New("no target: give one of --connection, --mcp-service and --url"), []string{"add a target, such as: --connection github"}}

// named runs a command that takes a target as its argument, where no flag names one.
func named(run func(context.Context, rules, []string) error) func(context.Context, rules, []string) error {
	return func(ctx context.Context, r rules, args []string) error {
		if !r.hasTarget() && len(args) > 0 {
			if err := r.cfg.Name(args[0]); err != nil {
				return err
			}
			args = args[1:]
		}
		if len(args) > 0 {
			return usageError{error: fmt.Errorf("unexpected argument %q", args[0])}
		}
		return run(ctx, r, args)
	}
}

// targeted refuses to go on without a target.
func targeted(run func(context.Context, rules, []string) error) func(context.Context, rules, []string) error {
	return func(ctx context.Context, r rules, args []string) error {
		if !r.hasTarget() {
			return errNoTarget
		}
		if err := r.cfg.Load(os.LookupEnv); err != nil {
			return err
		}
		return run(ctx, r, args)
	}
}

// withPins runs something on what is remembered of the target's tools.
func (r rules) withPins(run func(*pins.Pins) error) error {
	return r.withBridge(func(b *bridge.Bridge) error { return run(b.Pins()) })
}

// withBridge runs something on a bridge to the target, which has not spoken to it.
func (r rules) withBridge(run func(*bridge.Bridge) error) error {
	log, closeLog, err := openLog(r.cfg, io.Discard)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	b, err := bridge.New(r.cfg, managed, currentBuild().Version, log)
	if err != nil {
		return usageError{error: err}
	}
	defer b.Close()
	return run(b)
}
