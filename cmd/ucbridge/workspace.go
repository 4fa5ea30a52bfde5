package main

import (
	"log/slog"
	"os"

	"ucbridge/bridge/databricks"
	"ucbridge/config"
)

// workspaceFlags choose a workspace and the way to it, for commands that have no
// target.
var workspaceFlags = []string{"profile", "host", "ca-file", "debug"}

// openWorkspace completes cfg and opens the workspace that it names. It uses no
// network.
func openWorkspace(cfg *config.Config, s streams) (*databricks.Workspace, error) {
	if err := cfg.LoadOnly(os.LookupEnv, workspaceFlags...); err != nil {
		return nil, err
	}
	log, _, _, err := personalLog(cfg, s.err) // what is wrong is in the table, or the error
	if err != nil {
		return nil, err
	}
	return workspaceFor(cfg, log)
}

// workspaceFor opens the workspace that a complete cfg names.
func workspaceFor(cfg *config.Config, log *slog.Logger) (*databricks.Workspace, error) {
	workspace, err := databricks.OpenWorkspace(databricks.Options{
		Profile: cfg.Profile.Value, Host: cfg.Host.Value, CAFile: cfg.CAFile.Value,
		CacheDir: cfg.CacheDir.Value, Version: currentBuild().Version, Log: log,
	})
	if err != nil {
		return nil, usageError{error: err}
	}
	return workspace, nil
}
