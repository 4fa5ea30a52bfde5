package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"path"
	"runtime"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"ucbridge/bridge"
	"ucbridge/bridge/childprocess"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonlog"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/shell"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/terminal"
	"ucbridge/config"
	"ucbridge/config/route"
)

func newServe(s streams) *cobra.Command {
	cfg := config.NewGateway()
	cmd := &cobra.Command{
		Use:         "serve",
		Annotations: map[string]string{showsAll: "yes"},
		Short:       "Serve a team's AI clients over HTTP",
		Long: `Serve a team's AI clients over HTTP, as a gateway to MCP servers that Unity
Catalog governs. Each connection is an MCP server of Streamable HTTP at
/mcp/NAME, each MCP service at /mcp-services/NAME. Messages, headers and session ids
of MCP pass unchanged, so that any of several replicas can take any request. At /mcp
all of them are one server, whose sessions are kept by the replica that began them.

--auth says who the callers are:

  local  people on this machine, with a token that is printed at the start; calls
         use your own Databricks credentials
  oauth  people whose AI clients sign in to the workspace by themselves; each call
         uses the access token that came with it, which is not kept
  federation
         the same with your company's identity provider: its tokens, for --audience,
         are exchanged for Databricks tokens by the account's federation policy and
         kept until they end
  obo    the users of a Databricks App; each call uses the access token that the App
         forwards, which is not kept
  app    anyone who may use the Databricks App, all as its service principal

With --auth oauth, clients need only the address if --client-id names an OAuth app
that a Databricks administrator has published; otherwise give them a client id. The
workspace is that of --host or DATABRICKS_HOST.

In a Databricks App it listens at DATABRICKS_APP_PORT, and the workspace is that
of DATABRICKS_HOST. Elsewhere, forwarded tokens are trusted only with
--trust-forwarded, for a proxy in front that sets them and removes a caller's own.

Policies decide what may pass as for ucbridge stdio, for each connection by its name;
see "ucbridge policy --help". Lists are filtered and calls denied for clients and
the web page alike, and rows of --audit name the user. Limits count per user and per
replica. A result beyond max_result is cut, and the rest is not kept. If a call must
be confirmed, the user is asked by the client (MCP 2026-07-28), or gets an address
where to approve the call, which then passes once within ten minutes; replicas share
--key-file for that and know each other by --peer. Pins are kept in the configuration
directory, one file per connection, for all users.

A web page at / shows people who they are, what they may use, tools to call, what to
paste into an AI client, and their own latest calls. With --auth local, the printed
link signs one browser in.

/livez and /readyz are for load balancers, /metrics is for Prometheus, and the
OTEL_* variables of OpenTelemetry send traces. A line of JSON is logged for each
request, without messages and tokens. SIGTERM ends it once the calls in flight
are answered. The flags can be set by environment too: UCBRIDGE_AUTH for --auth
and so on.`,
		Example: `  ucbridge serve --connection github
  ucbridge serve --auth oauth --client-id ID --connection github
  ucbridge serve --auth obo --connection github --connection jira
  ucbridge serve --auth app --config gateway.yml --policy policy.yaml`,
		Args: targetByFlag,
	}
	cmd.Flags().SortFlags = false
	cfg.Bind(cmd.Flags())
	completeChoice(cmd, "route", route.Choices())
	completeChoice(cmd, "auth", config.Auths)
	cmd.RunE = func(cmd *cobra.Command, _ []string) error { return serveHTTP(cmd, cfg, s) }
	return cmd
}

func serveHTTP(cmd *cobra.Command, cfg *config.Gateway, s streams) error {
	if err := cfg.Load(os.LookupEnv, os.ReadFile); err != nil {
		return err
	}
	out, closeLog, err := logWriter(cfg.LogFile.Value, s.err)
	if err != nil {
		return usageError{error: err}
	}
	defer closeLog()
	level := slog.LevelInfo
	if cfg.Debug.Value {
		level = slog.LevelDebug
	}
	lines := jsonlog.New(out, level)
	defer lines.Flush()
	log := slog.New(lines)
	warnOfMistyped(log)
	version := currentBuild().Version
	log.Debug("starting", "version", version, "settings", cfg)
	if err := childprocess.EndWithUs(); err != nil {
		log.Debug("what this process starts may outlive it", "err", err)
	}
	b, err := bridge.NewGateway(cfg, managed, version, log)
	if err != nil {
		return usageError{error: err}
	}
	listener, err := net.Listen("tcp", cfg.Listen.Value)
	if err != nil {
		return cannotListen(cfg.Listen.Value, fmt.Errorf("listening on %s: %w", cfg.Listen.Value, err))
	}
	announce(s.out, cfg, listener.Addr(), b)
	warnOfPolicy(cfg, s.err)
	if cfg.Auth.Value == config.AuthApp && !cfg.InApp {
		printLine(s.err, "warning", "this is no Databricks App: everybody on this machine can call, with your credentials")
		printLine(s.err, "hint", "to ask for a token: --auth local")
	}
	if cfg.Auth.Value == config.AuthLocal || cfg.Auth.Value == config.AuthApp { // else nobody is signed in yet
		checked := make(chan struct{})
		ctx, cancel := context.WithCancel(cmd.Context())
		defer func() { cancel(); <-checked }()
		go func() {
			defer close(checked)
			warnOfTargets(ctx, cfg, log, s.err)
		}()
	}
	return b.Serve(cmd.Context(), listener)
}

// addressInUse is WSAEADDRINUSE, which Windows reports and syscall.EADDRINUSE is not.
const addressInUse = syscall.Errno(10048)

// cannotListen is the refusal of an address at which nothing can be served.
func cannotListen(address string, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, addressInUse) {
		err = fmt.Errorf("%s is in use", address)
	}
	return usageError{err, []string{"for a free port: --listen 127.0.0.1:0"}}
}

// announce tells the person who started it what to connect clients to, and where to
// look. The secrets of --auth local are written here and nowhere else.
func announce(w io.Writer, cfg *config.Gateway, at net.Addr, b *bridge.Gateway) {
	for _, e := range cfg.Endpoints {
		fmt.Fprintf(w, "serving http://%s%s\n", at, e.Location())
	}
	if len(cfg.Endpoints) > 1 {
		fmt.Fprintf(w, "serving http://%s/mcp, all of them as one server\n", at)
	}
	secret := b.Secret()
	if secret != "" {
		fmt.Fprintf(w, "each request needs the header\nAuthorization: Bearer %s\n", secret)
	}
	fmt.Fprintf(w, "web page: http://%s%s\n", at, b.EntryPath())
	if secret != "" && len(cfg.Endpoints) > 0 && terminal.Is(w) { // a log gets no more copies of the secret
		connectClients(w, cfg.Endpoints[0], at, secret)
	}
}

// connectClients prints what adds the first server to two clients, by their own
// commands: "claude mcp add" and "code --add-mcp".
func connectClients(w io.Writer, e config.Endpoint, at net.Addr, secret string) {
	name, url := path.Base(e.Location()), fmt.Sprintf("http://%s%s", at, e.Location())
	fmt.Fprintf(w, "\nClaude Code:\n  %s\n", shell.Command(runtime.GOOS,
		"claude", "mcp", "add", "--transport", "http", name, url, "--header", "Authorization: Bearer "+secret))
	entry := fmt.Sprintf(`{"name":%q,"type":"http","url":%q,"headers":{"Authorization":%q}}`, name, url, "Bearer "+secret)
	fmt.Fprintf(w, "VS Code:\n  %s\n", shell.Command(runtime.GOOS, "code", "--add-mcp", entry))
}

// warnOfPolicy says which policy files keep everything from passing. It is no reason not to
// serve: a file that is corrected, or appears, holds within two seconds.
func warnOfPolicy(cfg *config.Gateway, w io.Writer) {
	_, faults := bridge.PolicySources(cfg.Rules, managed).Files()
	for _, fault := range faults {
		printLine(w, "warning", "nothing passes until this is mended: "+fault.Error())
	}
	if len(faults) > 0 {
		for _, hint := range policyHints(errors.Join(faults...), "run: "+checkCommand(cfg.Rules)) {
			printLine(w, "hint", hint)
		}
	}
}

// checkTimeout bounds the look at the targets when the gateway starts.
const checkTimeout = 5 * time.Second

// warnOfTargets says which of the targets cannot be found, or not be used by whoever
// started the gateway. It is no reason not to serve: a grant may come later.
func warnOfTargets(ctx context.Context, cfg *config.Gateway, log *slog.Logger, w io.Writer) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	workspace, err := databricks.OpenWorkspace(databricks.Options{
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value, Version: currentBuild().Version, Log: log,
	})
	if err != nil {
		return // the gateway has refused it already
	}
	defer workspace.Close()
	catalog := unitycatalog.New(workspace)
	for i, refused := range lookUp(ctx, catalog, cfg.Endpoints) {
		if refused == nil || ctx.Err() != nil && refused.Data.HTTPStatus == 0 {
			continue
		}
		printLine(w, "warning", cfg.Endpoints[i].Location()+": "+refused.Message)
		kind, name := sought(cfg.Endpoints[i])
		if hint := cmp.Or(nearestOf(ctx, catalog, kind, name, refused), refused.Data.Hint); hint != "" {
			printLine(w, "hint", hint)
		}
		if refused.Data.HTTPStatus == 0 || refused.Data.Reason == refusal.NotAuthenticated {
			return // the same for all
		}
	}
}

// sought is what the catalog knows a target by.
func sought(e config.Endpoint) (unitycatalog.Kind, string) {
	if e.Service != "" {
		return unitycatalog.Service, e.Service
	}
	return unitycatalog.Connection, e.Connection
}

// maxLookUps is how many targets are looked up at once.
const maxLookUps = 8

// lookUp looks every target up and returns what is said against each, nil for nothing.
func lookUp(ctx context.Context, catalog *unitycatalog.Catalog, targets []config.Endpoint) []*refusal.Error {
	refused := make([]*refusal.Error, len(targets))
	slots := make(chan struct{}, maxLookUps)
	var all sync.WaitGroup
	for i, e := range targets {
		kind, name := sought(e)
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			_, err := catalog.Find(ctx, kind, name)
			refused[i], _ = errors.AsType[*refusal.Error](err)
		})
	}
	all.Wait()
	return refused
}
