package main

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/cmd/internal/remote"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
	"ucbridge/config/route"
)

// target is what a command needs that speaks to the MCP server itself: the flags
// of ucbridge stdio, and the form of its output.
type target struct {
	cfg    *config.Config
	output string
}

// bindTarget defines the flags on a command.
func bindTarget(cmd *cobra.Command) *target {
	t := &target{cfg: config.New()}
	cmd.Flags().SortFlags = false
	cmd.Flags().StringVarP(&t.output, "output", "o", "text", "text or json")
	t.cfg.Bind(cmd.Flags())
	if err := cmd.Flags().MarkHidden("fail-fast"); err != nil {
		panic(err) // the flag does not exist
	}
	completeChoice(cmd, "route", route.Choices())
	completeServers(cmd, t.cfg)
	return t
}

// load completes the settings after their flags were parsed.
func (t *target) load() error {
	if t.output != "text" && t.output != "json" {
		return badOutput(t.output)
	}
	return t.cfg.Load(os.LookupEnv)
}

// name is what the user calls the target.
func (t *target) name() string {
	return cmp.Or(t.cfg.Connection.Value, t.cfg.Service.Value, t.cfg.URL.Value)
}

// speak connects to the server and has a conversation with it. The options lack
// what is the same for every command.
func (t *target) speak(ctx context.Context, s streams, opts remote.Options, converse func(*remote.Server) error) (err error) {
	log, closeLog, err := openLog(t.cfg, s.err)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	b, err := t.bridge(log)
	if err != nil {
		return err
	}
	defer b.Close()
	opts.Version, opts.Server = currentBuild().Version, b
	if t.cfg.Debug.Value {
		opts.Log = func(m remote.LogMessage) { logServer(log, m) }
	}
	server, err := remote.Connect(ctx, opts)
	if err != nil {
		return err
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
	t.cfg.FailFast.Value = true
	b, err := bridge.New(t.cfg, managed, currentBuild().Version, log)
	if err != nil {
		return nil, usageError{error: err}
	}
	return b, nil
}

// logServer logs what the server has to say.
func logServer(log *slog.Logger, m remote.LogMessage) {
	log.Debug("the server logs", "level", terminal.Line(m.Level), "logger", terminal.Line(m.Logger), "data", terminal.Line(string(m.Data)))
}
