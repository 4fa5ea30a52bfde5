package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"runtime"
	"slices"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/aggregate"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/commandline"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
	"ucbridge/config/route"
)

// target is what a command needs that speaks to the MCP server itself: the flags
// of ucbridge stdio, and the form of its output.
type target struct {
	cmd    *cobra.Command // whose flags they are; nil without
	cfg    *config.Config
	output string
	// judged returns what the policy says of the tools that were listed, while
	// there is a conversation.
	judged func() []bridge.Judged
	// names returns the tools of several servers, and outOfReach those of the servers that
	// cannot be reached.
	names      func() []aggregate.Named
	outOfReach func() map[string]*refusal.Error
	showNotes  func() // what has been warned of and not shown yet
}

// bindTarget defines the flags on a command. It takes several targets as one.
func bindTarget(cmd *cobra.Command) *target {
	t := &target{cmd: cmd, cfg: config.New()}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&t.output, "output", "o", "text", "text or json")
	t.cfg.Bind(cmd.Flags())
	if err := cmd.Flags().MarkHidden("fail-fast"); err != nil {
		panic(err) // the flag does not exist
	}
	completeChoice(cmd, "route", route.Choices())
	completeServers(cmd, t.cfg)
	completeTarget(cmd, t.cfg, cobra.ShellCompDirectiveNoFileComp)
	return t
}

// load completes the settings after their flags were parsed.
func (t *target) load() error {
	if t.output != "text" && t.output != "json" {
		return badOutput(t.output)
	}
	if err := t.cfg.LoadSeveral(os.LookupEnv, os.ReadFile); err != nil {
		return err
	}
	return t.cfg.CheckSeveral()
}

// loadWith is load for a command that takes a target as its first argument, where
// no flag and no variable names one. It returns the other arguments.
func (t *target) loadWith(args []string) ([]string, error) {
	err := t.load()
	if errors.Is(err, config.ErrNoTarget) && len(args) == 0 {
		return args, usageError{err, []string{"name it: " + t.cmd.CommandPath() + " NAME"}}
	}
	if !errors.Is(err, config.ErrNoTarget) {
		return args, err
	}
	if err := t.cfg.Name(args[0]); err != nil {
		return args, err
	}
	return args[1:], t.load()
}

// severalTargets is the hint for more arguments than the one target.
const severalTargets = "for several targets repeat --connection, --mcp-service or --url"

// repeats is a hint for an argument that is taken for something else, as the target was
// named already; none for another.
func (t *target) repeats(arg string) []string {
	for _, given := range t.cfg.Given() {
		if given.Value == arg && slices.Contains([]string{t.cfg.Connection.Value, t.cfg.Service.Value, t.cfg.URL.Value}, arg) {
			return []string{fmt.Sprintf("the target is given twice: leave out %q, as %s names it", arg, given.Name)}
		}
	}
	return nil
}

// name is what the user calls the target.
func (t *target) name() string {
	return cmp.Or(t.cfg.Connection.Value, t.cfg.Service.Value, t.cfg.URL.Value)
}

// speak connects to the server and has a conversation with it. The options lack
// what is the same for every command.
func (t *target) speak(ctx context.Context, s streams, opts remote.Options, converse func(*remote.Server) error) (err error) {
	log, kept, closeLog, err := personalLog(t.cfg, s.err)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	t.showNotes = func() { kept.flush(s.err) }
	defer t.showNotes()
	b, err := t.bridge(log)
	if err != nil {
		return err
	}
	defer b.Close()
	t.judged, t.names, t.outOfReach = b.Judged, b.Tools, b.OutOfReach
	opts.Version, opts.Server = currentBuild().Version, b
	if t.cfg.Debug.Value {
		opts.Log = func(m remote.LogMessage) { logServer(log, m) }
	}
	server, err := remote.Connect(ctx, opts)
	if err != nil {
		return t.withSignIn(withNearest(ctx, t.cfg, err))
	}
	defer func() { err = errors.Join(err, server.Close(ctx)) }()
	if t.cfg.Debug.Value {
		if err := server.SetLogLevel(ctx, "debug"); err != nil {
			log.Debug("setting the server's log level", "err", err)
		}
	}
	return converse(server)
}

// bridge returns the bridge to the target. Nothing that its standby says is meant
// for a person.
func (t *target) bridge(log *slog.Logger) (*bridge.Bridge, error) {
	if _, err := t.policy(); err != nil {
		return nil, err
	}
	t.cfg.FailFast.Value = true
	b, err := bridge.New(t.cfg, managed, currentBuild().Version, log)
	if err != nil {
		return nil, usageError{error: err}
	}
	return b, nil
}

// policy reads the policy files that apply. With one that cannot be read nothing
// would pass.
func (t *target) policy() ([]*policy.File, error) {
	files, faults := bridge.PolicySources(t.cfg.Rules, managed).Files()
	if len(faults) == 0 {
		return files, nil
	}
	err := errors.Join(faults...)
	return nil, usageError{err, policyHints(err, "run: "+checkCommand(t.cfg.Rules))}
}

// policyHints are what can be done about policy files that cannot be read.
func policyHints(err error, otherwise string) []string {
	if unknown, ok := errors.AsType[*policy.UnknownKeyError](err); ok {
		return didYouMean(unknown.Key, unknown.Known, otherwise)
	}
	if errors.Is(err, fs.ErrNotExist) {
		return []string{"name a file that is there; " + keysOfPolicy}
	}
	return []string{otherwise}
}

const keysOfPolicy = "what a policy can say: ucbridge policy --help"

// checkCommand is the command that checks the policy files of those rules.
func checkCommand(r config.Rules) string {
	if r.Policy.Value == "" {
		return "ucbridge policy check"
	}
	return "ucbridge policy check --policy " + shell.Word(runtime.GOOS, r.Policy.Value)
}

// logServer logs what the server has to say.
func logServer(log *slog.Logger, m remote.LogMessage) {
	log.Debug("the server logs", "level", terminal.Line(m.Level), "logger", terminal.Line(m.Logger), "data", terminal.Line(string(m.Data)))
}

// ruling finds out whether the policy hides a tool that the server has.
func (t *target) ruling(tool string) (bridge.Judged, bool) {
	for _, j := range t.judged() {
		if j.Name == tool && j.Denied {
			return j, true
		}
	}
	return bridge.Judged{}, false
}

// noteHidden says on w how many tools the policy hides.
func (t *target) noteHidden(w io.Writer) {
	hidden := 0
	for _, j := range t.judged() {
		if j.Denied {
			hidden++
		}
	}
	switch {
	case hidden == 1:
		fmt.Fprintln(w, "ucbridge: note: 1 tool is hidden by policy; see: "+t.policyCommand("show"))
	case hidden > 1:
		fmt.Fprintf(w, "ucbridge: note: %d tools are hidden by policy; see: %s\n", hidden, t.policyCommand("show"))
	}
}

// noteServers says on w which of several servers cannot be reached, and why.
func (t *target) noteServers(w io.Writer) {
	causes := t.outOfReach()
	for _, name := range slices.Sorted(maps.Keys(causes)) {
		printLine(w, "warning", name+": "+causes[name].Message)
		if hint := causes[name].Data.Hint; hint != "" {
			printLine(w, "hint", hint)
		}
	}
}

// withSignIn is err with the command that signs in to the server, where that is what it
// asks for. Its link is for programs.
func (t *target) withSignIn(err error) error {
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || refused.Data.Reason != refusal.ConnectionLoginRequired && refused.Data.Reason != refusal.ConnectionLoginExpired {
		return err
	}
	if !t.cfg.Connection.Given() && !t.cfg.Service.Given() {
		return err
	}
	named := *refused
	return named.WithHint("sign in with: %s", t.signIn())
}

// signIn is the command that signs in to the connection or service.
func (t *target) signIn() string {
	flag, name := "--connection", t.cfg.Connection.Value
	if t.cfg.Service.Given() {
		flag, name = "--mcp-service", t.cfg.Service.Value
	}
	return t.commands().ForWorkspace("login", flag, name)
}

// commands spells commands to paste.
func (t *target) commands() commandline.Commands { return commandline.Commands{Config: t.cfg} }

// command is another command for the same target, to be pasted.
func (t *target) command(words ...string) string {
	if t.cfg.IsSeveral() {
		return t.forSeveral(words...)
	}
	return t.commands().ForTarget(words...)
}

// policyCommand is a policy command about the same target and policy.
func (t *target) policyCommand(word string) string {
	if t.cfg.IsSeveral() {
		return t.forSeveral("policy", word)
	}
	return t.commands().ForPolicy(word)
}

// forSeveral is a command for the same targets.
func (t *target) forSeveral(words ...string) string {
	words = append([]string{"ucbridge"}, words...)
	if args, _, err := t.cfg.Launch(); err == nil {
		words = append(words, args[1:]...) // without stdio
	}
	return shell.Command(runtime.GOOS, config.ShownWords(words)...)
}
