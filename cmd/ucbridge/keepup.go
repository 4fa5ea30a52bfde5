package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
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
		shellCommand(runtime.GOOS, "DATABRICKS_CONFIG_FILE", profile, install...),
		shellCommand(runtime.GOOS, "", "", program, "uninstall", "claude-code"))
	d.printf("\nFor a client that ucbridge install --list does not know:\n%s", clientJSON(demoConnection,
		append([]string{"stdio"}, flags...), map[string]string{"DATABRICKS_CONFIG_FILE": profile}))
	<-ctx.Done()
	return nil
}

// shellCommand is a command to paste, with one variable set if it is named: for
// PowerShell on Windows, for a POSIX shell elsewhere.
func shellCommand(system, variable, value string, words ...string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = shellWord(system, word)
	}
	command := strings.Join(quoted, " ")
	if system != "windows" {
		if variable == "" {
			return command
		}
		return variable + "=" + shellWord(system, value) + " " + command
	}
	if quoted[0] != words[0] {
		command = "& " + command // a string alone is printed, not run
	}
	if variable == "" {
		return command
	}
	return "$env:" + variable + " = '" + strings.ReplaceAll(value, "'", "''") + "'; " + command
}

// shellWord quotes a word that the shell would take apart.
func shellWord(system, word string) string {
	special := " \t\n'\"$&;|<>()`*?#~!{}[]@,"
	if system != "windows" {
		special += `\`
	}
	if word != "" && !strings.ContainsAny(word, special) {
		return word
	}
	inside := `'\''`
	if system == "windows" {
		inside = "''"
	}
	return "'" + strings.ReplaceAll(word, "'", inside) + "'"
}
