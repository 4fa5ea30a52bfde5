package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"ucbridge/bridge"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
)

// installCheckTimeout bounds the look at the target before it is installed.
const installCheckTimeout = 3 * time.Second

// checkHosts refuses an address to which no token is ever sent: such an entry could never
// work. What else is wrong with the settings is said by check.
func (i *install) checkHosts() error {
	workspace, err := workspaceFor(i.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil
	}
	defer workspace.Close()
	targets := []databricks.Target{bridge.Target(i.cfg)}
	for _, e := range i.cfg.Endpoints {
		targets = append(targets, bridge.Target(i.cfg.For(e)))
	}
	for _, t := range targets {
		if err := workspace.Admits(t); err != nil {
			return err
		}
	}
	return nil
}

// check looks whether what is installed can work, and warns where it cannot: a
// client shows such a server as connected, since ucbridge answers for it. Only a
// policy that cannot be read is refused, as nothing would pass. Being offline is no
// fault.
func (i *install) check(ctx context.Context, clients []aiclient.Client) error {
	if i.noCheck || i.cfg.IsSeveral() {
		return nil
	}
	if file := i.cfg.Policy.Value; file != "" {
		if _, err := policy.ReadFile(file); err != nil {
			return usageError{fmt.Errorf("reading the policy: %w", err), policyHints(err, "run: "+checkCommand(i.cfg.Rules))}
		}
	}
	ctx, cancel := context.WithTimeout(ctx, installCheckTimeout)
	defer cancel()
	message, hint := i.fault(ctx)
	if message == "" {
		return nil
	}
	printLine(i.err, "warning", fmt.Sprintf("%s %s will show the server as connected, and it will have no tools.", message, titles(clients)))
	if hint != "" {
		printLine(i.err, "hint", hint)
	}
	return nil
}

// titles are the clients, as a subject.
func titles(clients []aiclient.Client) string {
	if len(clients) > 2 {
		return "The clients"
	}
	var names []string
	for _, c := range clients {
		names = append(names, c.Title)
	}
	return strings.Join(names, " and ")
}

// fault says what is wrong with the target, "" where nothing is or where it cannot
// be told.
func (i *install) fault(ctx context.Context) (message, hint string) {
	workspace, err := workspaceFor(i.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return sentence(err.Error()), ""
	}
	defer workspace.Close()
	catalog := unitycatalog.New(workspace)
	kind, name := unitycatalog.Connection, i.cfg.Connection.Value
	if i.cfg.Service.Given() {
		kind, name = unitycatalog.Service, i.cfg.Service.Value
	}
	if name == "" { // a path
		_, err = catalog.Me(ctx)
	} else {
		var server unitycatalog.Server
		if server, err = catalog.Find(ctx, kind, name); err == nil {
			if answer, _, _ := catalog.SignedIn(ctx, server); answer == unitycatalog.No {
				return fmt.Sprintf("You are not signed in to %s yet.", refusal.Quote(name)), "sign in with: " + (&target{cfg: i.cfg}).signIn()
			}
		}
	}
	refused, ok := errors.AsType[*refusal.Error](err)
	if !ok || ctx.Err() != nil && refused.Data.HTTPStatus == 0 {
		return "", ""
	}
	if hint := nearestServer(ctx, i.cfg, catalog, refused); hint != "" {
		return refused.Message, hint
	}
	return sentence(refused.Message), refused.Data.Hint
}

// sentence ends a text as one.
func sentence(text string) string { return strings.TrimRight(text, ". ") + "." }
