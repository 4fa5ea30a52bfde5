package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"
	"strings"
	"sync"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/childprocess"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/doctor"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
)

// examination is one run of doctor.
type examination struct {
	streams
	*target
	tool       string // of --call, "" for none
	all        bool   // a line for every check
	targetOnly bool   // without what is on this machine, see doctor.Options
}

func newDoctor(s streams) *cobra.Command {
	x := examination{streams: s}
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
	cmd.Flags().StringVar(&x.tool, "call", "", "call this `tool` too, with the arguments name=value")
	cmd.Flags().BoolVar(&x.all, "all", false, "print a line for every check, passed ones too")
	cmd.Flags().BoolVar(&x.targetOnly, "target-only", false, "check the configuration, the credentials and the target, as is done for each entry of a client")
	if err := cmd.Flags().MarkHidden("target-only"); err != nil {
		panic(err) // the flag does not exist
	}
	x.target = bindTarget(cmd)
	for _, flag := range []string{"prefix", "tools"} {
		if err := cmd.Flags().MarkHidden(flag); err != nil {
			panic(err) // the flag does not exist
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if x.targetOnly {
			_ = childprocess.EndWithUs() // for the doctor that may end this one
		}
		return x.run(cmd.Context(), args)
	}
	return cmd
}

// run carries out the checks and prints them.
func (x examination) run(ctx context.Context, args []string) error {
	arguments, targeted, err := x.loadTarget(args)
	if err != nil {
		return err
	}
	log, _, closeLog, err := personalLog(x.cfg, x.err) // what is wrong is told by the checks
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	options := doctor.Options{
		Version: currentBuild().Version, Config: x.cfg, Tool: x.tool, Arguments: arguments, TargetOnly: x.targetOnly,
		Environment: aiclient.Relevant(os.Environ()), Mistyped: mistyped, Rules: x.rules,
	}
	if options.System, err = here(); err != nil {
		return err
	}
	if options.Workspace, err = workspaceFor(traceless(x.cfg), log); err != nil {
		return err
	}
	defer options.Workspace.Close()
	var bridges openBridges
	defer bridges.close()
	switch {
	case x.cfg.IsSeveral():
		for _, e := range x.endpoints(ctx, options.Workspace) {
			one := options
			one.Name, one.Config = e.Name(), x.cfg.For(e)
			options.Several = append(options.Several, bridges.toTarget(one, log))
		}
	case targeted:
		options = bridges.toTarget(options, log)
	}
	exam := doctor.New(options)
	results := x.follow(ctx, exam.Checks())
	if err := exam.Close(ctx); err != nil {
		log.Debug("ending the session", "err", err)
	}
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return x.conclude(options.Version, results)
}

// loadTarget completes the settings. It returns the arguments of --call, and reports whether
// there is a target.
func (x examination) loadTarget(args []string) (arguments []string, targeted bool, err error) {
	args, err = x.loadWith(args)
	targeted = !errors.Is(err, config.ErrNoTarget)
	switch {
	case err == nil && x.tool == "" && len(args) > 0:
		hints := append(x.repeats(args[0]), severalTargets, "to call a tool: "+x.command("doctor", "--call", args[0]))
		return nil, true, usageError{fmt.Errorf("unexpected argument %q", args[0]), hints}
	case err != nil && targeted:
		return nil, true, err
	case x.tool != "" && (!targeted || x.cfg.IsSeveral()):
		return nil, targeted, usageError{errors.New("--call needs one target"), []string{"for example: ucbridge doctor --connection github --call " + x.tool}}
	}
	return args, targeted, nil
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
func (x examination) endpoints(ctx context.Context, w *databricks.Workspace) []config.Endpoint {
	if !x.cfg.All.Value {
		return x.cfg.Endpoints
	}
	all, err := usable(ctx, x.cfg.Endpoints, w)
	if err != nil {
		return x.cfg.Endpoints
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
func (x examination) rules() (doctor.Rules, error) {
	files, err := x.policy()
	found := doctor.Rules{Files: []string{}}
	for _, f := range files {
		found.Files = append(found.Files, f.Name)
		found.Count += len(linesOf(f, x.concerns))
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
func (x examination) follow(ctx context.Context, checks []doctor.Check) []doctor.Result {
	status := func(string) {}
	if terminal.Is(x.err) {
		status = terminal.NewConsole(x.in, x.err).Status
	}
	printer := doctor.Printer{W: x.out, Width: terminal.Width(x.out), All: x.all, Colours: terminal.Is(x.out) && os.Getenv("NO_COLOR") == ""}
	defer printer.Close()
	return doctor.Run(ctx, checks,
		func(id string) { status("checking " + id + " ...") },
		func(r doctor.Result) {
			status("")
			if x.output == "text" && ctx.Err() == nil {
				printer.Print(r)
			}
		})
}

// conclude prints what is printed at the end, and returns the verdict.
func (x examination) conclude(version string, results []doctor.Result) error {
	var ill unwell
	for _, r := range results {
		if r.Status == doctor.Failed {
			ill = append(ill, r)
		}
	}
	if x.output == "json" {
		report := doctor.Report{Version: version, Well: len(ill) == 0, Checks: results}
		if err := report.Print(x.out); err != nil {
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
