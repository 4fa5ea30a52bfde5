package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/childprocess"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/doctor"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

func newDoctor(s streams) *cobra.Command {
	var tool string
	var all, targetOnly bool
	cmd := &cobra.Command{
		Use:   "doctor [target]",
		Short: "Check every step from an AI client to an MCP server",
		Long: `Check every step from an AI client to an MCP server: the program, the settings of
AI clients, the policy, Databricks configuration, proxy, certificate, workspace,
clock, credentials, the connection and your permission, the routes, the handshake
and the list of tools.

Each line says what was found and, if something is wrong, one thing to do about it.
Checks that depend on a failed one are skipped. Without a target, the connections
that you can choose from are listed.

Nothing is changed: no settings, no cache. The only tool called is the one that you
name with --call (arguments as name=value), and only if the server declares it
read-only.

The target is a connection, an MCP service or a path, or is given by flags as for
"ucbridge stdio". Of several targets, or all that you may use (--all-servers), each is
checked.`,
		Example: `  ucbridge doctor
  ucbridge doctor github --profile work
  ucbridge doctor --connection github --call get_me
  ucbridge doctor --connection github --mcp-service system.ai.github
  ucbridge doctor --mcp-service system.ai.github -o json`,
	}
	cmd.Flags().StringVar(&tool, "call", "", "call this `tool` too, with the arguments name=value")
	cmd.Flags().BoolVar(&all, "all", false, "print a line for every check, passed ones too")
	cmd.Flags().BoolVar(&targetOnly, "target-only", false, "check the configuration, the credentials and the target, as is done for each entry of a client")
	if err := cmd.Flags().MarkHidden("target-only"); err != nil {
		panic(err) // the flag does not exist
	}
	t := bindTarget(cmd, true)
	for _, flag := range []string{"prefix", "tools"} {
		if err := cmd.Flags().MarkHidden(flag); err != nil {
			panic(err) // the flag does not exist
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if targetOnly {
			_ = childprocess.EndWithUs() // for the doctor that may end this one
		}
		return t.examine(cmd.Context(), s, tool, args, all, targetOnly)
	}
	return cmd
}

// examine runs the doctor's checks and prints them.
func (t *target) examine(ctx context.Context, s streams, tool string, args []string, all, targetOnly bool) error {
	args, err := t.loadWith(args)
	targeted := !errors.Is(err, config.ErrNoTarget)
	switch {
	case err == nil && tool == "" && len(args) > 0:
		hints := append(t.repeats(args[0]), severalTargets, "to call a tool: "+t.command("doctor", "--call", args[0]))
		return usageError{fmt.Errorf("unexpected argument %q", args[0]), hints}
	case err != nil && targeted:
		return err
	case tool != "" && (!targeted || t.cfg.IsSeveral()):
		return usageError{errors.New("--call needs one target"), []string{"for example: ucbridge doctor --connection github --call " + tool}}
	}
	log, _, closeLog, err := personalLog(t.cfg, s.err) // what is wrong is told by the checks
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	options := doctor.Options{Version: currentBuild().Version, Config: t.cfg, Tool: tool, Arguments: args, TargetOnly: targetOnly}
	options.Command = func(words ...string) string { return shell.Command(runtime.GOOS, "", "", words...) }
	options.Environment = aiclient.Relevant(os.Environ())
	if options.System, err = here(); err != nil {
		return err
	}
	options.Mistyped = mistyped
	options.Rules = t.rules
	if options.Workspace, err = workspaceFor(traceless(t.cfg), log); err != nil {
		return err
	}
	defer options.Workspace.Close()
	var bridges openBridges
	defer bridges.close()
	switch {
	case t.cfg.IsSeveral():
		for _, e := range t.endpoints(ctx, options.Workspace) {
			one := options
			one.Name, one.Config = e.Name(), t.cfg.For(e)
			options.Several = append(options.Several, bridges.toTarget(one, log))
		}
	case targeted:
		options = bridges.toTarget(options, log)
	}
	exam := doctor.New(options)
	results := t.follow(ctx, s, exam.Checks(), all)
	if err := exam.Close(ctx); err != nil {
		log.Debug("ending the session", "err", err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return t.conclude(s, options.Version, results)
}

// traceless is a configuration for the doctor: what it does is not remembered, nor does
// it go by what was.
func traceless(cfg *config.Config) *config.Config {
	without := *cfg
	without.CacheDir.Value = ""
	return &without
}

// endpoints are the targets, with --all-servers those that there are now. That they
// cannot be looked for is said by the checks of the workspace.
func (t *target) endpoints(ctx context.Context, w *databricks.Workspace) []config.Endpoint {
	if !t.cfg.All.Value {
		return t.cfg.Endpoints
	}
	all, err := usable(ctx, t.cfg.Endpoints, w)
	if err != nil {
		return t.cfg.Endpoints
	}
	return all
}

// openBridges are the bridges that were opened to targets, for the time of an
// examination. It is safe for concurrent use.
type openBridges struct {
	mu  sync.Mutex
	all []*bridge.Bridge
}

// toTarget is o with the target of its configuration, and the way to it.
func (bs *openBridges) toTarget(o doctor.Options, log *slog.Logger) doctor.Options {
	o.Target = bridge.Target(o.Config)
	var b *bridge.Bridge
	o.Connect = func(ctx context.Context) (_ *remote.Server, err error) {
		if b, err = (&target{cfg: traceless(o.Config)}).bridge(log); err != nil {
			return nil, err
		}
		bs.mu.Lock()
		bs.all = append(bs.all, b)
		bs.mu.Unlock()
		return remote.Connect(ctx, remote.Options{Server: b, Version: o.Version})
	}
	o.Effect = func() doctor.Effect { return effect(b) }
	o.Nearest = func(ctx context.Context, catalog *unitycatalog.Catalog, refused *refusal.Error) string {
		return nearestServer(ctx, o.Config, catalog, refused)
	}
	return o
}

func (bs *openBridges) close() {
	bs.mu.Lock()
	defer bs.mu.Unlock()
	for _, b := range bs.all {
		b.Close()
	}
}

// rules reads the policy, for the doctor.
func (t *target) rules() (doctor.Rules, error) {
	files, err := t.policy()
	all := t.cfg.IsSeveral() || t.name() == ""
	found := doctor.Rules{Files: []string{}}
	for _, f := range files {
		found.Files = append(found.Files, f.Name)
		for _, rule := range f.Rules {
			if all || rule.Concerns(bridge.PolicyTarget(t.cfg)) {
				found.Count += len(rule.Lines())
			}
		}
		if f.Audit != nil {
			found.Count += len(f.Audit.Lines())
		}
	}
	return found, err
}

// effect is that of the policy on the tools that the server has listed.
func effect(b *bridge.Bridge) doctor.Effect {
	found := doctor.Effect{}
	for _, tool := range b.Judged() {
		if tool.Denied {
			found.Hidden++
		}
	}
	if waiting, err := b.Pins().Waiting(); err == nil { // otherwise all tools are hidden, which is told
		found.Waiting = len(waiting)
	}
	return found
}

// follow runs the checks. In text each is printed as soon as it has ended.
func (t *target) follow(ctx context.Context, s streams, checks []doctor.Check, all bool) []doctor.Result {
	status := func(string) {}
	if terminal.Is(s.err) {
		status = terminal.NewConsole(s.in, s.err).Status
	}
	printer := doctor.Printer{W: s.out, Width: terminal.Width(s.out), All: all, Colours: terminal.Is(s.out) && os.Getenv("NO_COLOR") == ""}
	defer printer.Close()
	return doctor.Run(ctx, checks,
		func(id string) { status("checking " + id + " ...") },
		func(r doctor.Result) {
			status("")
			if t.output == "text" && ctx.Err() == nil {
				printer.Print(r)
			}
		})
}

// conclude prints what is printed at the end, and returns the verdict.
func (t *target) conclude(s streams, version string, results []doctor.Result) error {
	var ill unwell
	for _, r := range results {
		if r.Status == doctor.Failed {
			ill = append(ill, r)
		}
	}
	if t.output == "json" {
		report := doctor.Report{Version: version, Well: len(ill) == 0, Checks: results}
		if err := report.Print(s.out); err != nil {
			return err
		}
	}
	if len(ill) > 0 {
		return ill
	}
	return nil
}

// unwell are the checks that failed.
type unwell []doctor.Result

func (u unwell) Error() string {
	names := make([]string, len(u))
	for i, r := range u {
		names[i] = strings.TrimSpace(r.Target + " " + r.ID)
	}
	return "check failed: " + strings.Join(names, ", ")
}

// code is the exit code: that of the settings first, then that of the credentials,
// since without them nothing else can be told.
func (u unwell) code() int {
	failedWith := func(code int) bool {
		return slices.ContainsFunc(u, func(r doctor.Result) bool { return exitCode(context.Background(), r.Err) == code })
	}
	switch {
	case failedWith(exitUsage):
		return exitUsage
	case failedWith(exitUnauthenticated):
		return exitUnauthenticated
	case slices.ContainsFunc(u, func(r doctor.Result) bool { return r.Unreachable }):
		return exitUnreachable
	}
	return exitError
}
