// Package commandline spells commands of ucbridge to paste: each goes to the target, the
// workspace or the policy of the command that names it.
package commandline

import (
	"runtime"
	"slices"
	"strings"

	"ucbridge/bridge/shell"
	"ucbridge/config"
)

// Commands spells commands with the flags that were given to the one that runs. Of headers,
// which may be secrets, the values are left to who pastes.
type Commands struct{ Config *config.Config }

// policyFlags choose the target and what governs it.
var policyFlags = []string{"--connection", "--mcp-service", "--url", "--policy", "--read-only", "--allow", "--deny"}

// ForPolicy is a policy command about the same target and policy.
func (c Commands) ForPolicy(word string) string {
	return c.paste([]string{"policy", word}, func(flag string) bool { return slices.Contains(policyFlags, flag) })
}

// WorkspaceFlags choose the workspace and the way to it.
var WorkspaceFlags = []string{"--profile", "--host", "--ca-file"}

// ForWorkspace is a command for the same workspace.
func (c Commands) ForWorkspace(words ...string) string {
	return c.paste(words, func(flag string) bool { return slices.Contains(WorkspaceFlags, flag) })
}

// ForTarget is a command for the same target.
func (c Commands) ForTarget(words ...string) string {
	return c.paste(words, func(flag string) bool { return strings.HasPrefix(flag, "--") })
}

// paste adds those of the flags that were given. What came by environment the
// pasted command finds there.
func (c Commands) paste(words []string, takes func(flag string) bool) string {
	words = append([]string{"ucbridge"}, words...)
	for _, given := range c.Config.Given() {
		if takes(given.Name) {
			words = append(words, given.Words()...)
		}
	}
	return shell.Command(runtime.GOOS, config.ShownWords(words)...)
}
