package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"ucbridge/bridge/shell"
)

// keepUp leaves the demo's workspace up until it is interrupted, which is the
// ordinary end, and says how an AI client gets there.
func (d demo) keepUp(ctx context.Context, host string) (err error) {
	dir, err := os.MkdirTemp("", "ucbridge-demo-") // for its owner alone
	if err != nil {
		return fmt.Errorf("creating a directory for the profile: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	profile := filepath.Join(dir, "databrickscfg")
	content := fmt.Sprintf("[DEFAULT]\nhost      = %s\ntoken     = %s\nauth_type = pat\n", host, demoToken)
	if err := os.WriteFile(profile, []byte(content), 0o600); err != nil {
		return fmt.Errorf("writing the profile: %w", err)
	}
	program, err := thisProgram()
	if err != nil {
		return fmt.Errorf("finding this program: %w", err)
	}
	flags := []string{"--connection", demoConnection}
	if d.route != "auto" {
		flags = append(flags, "--route", d.route)
	}
	install := append([]string{program, "install", "claude-code"}, flags...)
	d.printf("\nThis workspace is up until you press Ctrl-C. To try it from Claude Code:\n  %s\n  claude mcp list\n"+
		"and to take it out again:\n  %s\n",
		shell.Command(runtime.GOOS, "DATABRICKS_CONFIG_FILE", profile, install...),
		shell.Command(runtime.GOOS, "", "", program, "uninstall", "claude-code"))
	d.printf("\nFor a client that ucbridge install --list does not know:\n%s", clientJSON(demoConnection,
		append([]string{"stdio"}, flags...), map[string]string{"DATABRICKS_CONFIG_FILE": profile}))
	<-ctx.Done()
	return nil
}
