package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/config"
)

func TestServerName(t *testing.T) {
	t.Parallel()
	given := func(v string) config.Value[string] { return config.Value[string]{Value: v, Source: "flag --x"} }
	for want, cfg := range map[string]*config.Config{
		"github":     {Connection: given("github")},
		"my-own-git": {Connection: given("my own.git")},
		"jira_2":     {Service: given("system.ai.jira_2")},
		"databricks": {URL: given("/api/2.0/mcp/genie/1")},
	} {
		if got := serverName(cfg); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

func TestShellCommand(t *testing.T) {
	t.Parallel()
	tests := []struct{ system, variable, value, program, want string }{
		{"linux", "", "", "/bin/ucbridge", "/bin/ucbridge install"},
		{"linux", "F", "/tmp/x", "/bin/ucbridge", "F=/tmp/x /bin/ucbridge install"},
		{"darwin", "F", "/tmp/a b", "/it's/ucbridge", `F='/tmp/a b' '/it'\''s/ucbridge' install`},
		{"linux", "", "", `/bin/uc\bridge`, `'/bin/uc\bridge' install`},
		{"linux", "", "", "two\nlines", "'two\nlines' install"},
		{"windows", "", "", `C:\ucbridge.exe`, `C:\ucbridge.exe install`},
		{"windows", "F", `C:\a b`, `C:\Program Files\ucbridge.exe`, `$env:F = 'C:\a b'; & 'C:\Program Files\ucbridge.exe' install`},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, shellCommand(tt.system, tt.variable, tt.value, tt.program, "install")); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.system, diff)
		}
	}
}
