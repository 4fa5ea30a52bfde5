package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"slices"

	"ucbridge/bridge"
	"ucbridge/bridge/databricks"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/config"
)

// entry is what a client is to have: the name of a server and how it is started.
type entry struct {
	name   string
	server aiclient.Server
}

// entries are those that are to be installed: one, or with --each one for each server.
func (i *install) entries(ctx context.Context) ([]entry, error) {
	if !i.eachServer {
		return i.oneEntry()
	}
	switch {
	case i.name != "":
		return nil, usageError{error: errors.New("--each and --name contradict each other: each entry has the name of its server")}
	case !i.cfg.IsSeveral():
		return nil, usageError{errors.New("--each is for several servers"), []string{"run: ucbridge install CLIENT --all-servers --each"}}
	}
	endpoints, err := i.endpoints(ctx)
	if err != nil {
		return nil, err
	}
	var all []entry
	for _, e := range endpoints {
		one := i.cfg.For(e)
		if err := one.CheckSeveral(); err != nil {
			return nil, err
		}
		server, err := launch(one, os.LookupEnv)
		if err != nil {
			return nil, err
		}
		all = append(all, entry{fitName(e.Name()), server})
	}
	if len(all) == 0 {
		return nil, usageError{errors.New("there is no server that you may use"), []string{"list connections with: ucbridge connections"}}
	}
	return all, nil
}

// oneEntry is the entry of a target, or of several as one.
func (i *install) oneEntry() ([]entry, error) {
	if !i.cfg.IsSeveral() {
		if err := bridge.Target(i.cfg).Check(); err != nil {
			return nil, usageError{error: err}
		}
	}
	name, err := i.checkedName()
	if err != nil {
		return nil, err
	}
	server, err := launch(i.cfg, os.LookupEnv)
	if err != nil {
		return nil, err
	}
	return []entry{{name, server}}, nil
}

// endpoints are the servers that the flags name, and with --all-servers those that there
// are now.
func (i *install) endpoints(ctx context.Context) ([]config.Endpoint, error) {
	all := i.cfg.Endpoints
	if !i.cfg.All.Value {
		return all, nil
	}
	workspace, err := workspaceFor(i.cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		return nil, err
	}
	defer workspace.Close()
	return usable(ctx, all, workspace)
}

// usable are endpoints with those besides that the user may use now.
func usable(ctx context.Context, all []config.Endpoint, w *databricks.Workspace) ([]config.Endpoint, error) {
	found, err := unitycatalog.New(w).Usable(ctx)
	if err != nil {
		return nil, err
	}
	for _, s := range found.Servers {
		e := bridge.EndpointOf(s)
		if !slices.ContainsFunc(all, func(other config.Endpoint) bool { return other.Name() == e.Name() }) {
			all = append(all, e)
		}
	}
	return all, nil
}

// announceServers says what the one entry stands for.
func (i *install) announceServers() {
	if i.cfg.All.Value && !i.eachServer {
		fmt.Fprintln(i.out, "It offers every MCP service, and connection marked for MCP, that you may use, now and later.")
	}
}
