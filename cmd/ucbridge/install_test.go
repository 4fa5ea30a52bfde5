package main

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/config"
)

// rootVariable names the folder that stands for the root of the machine, where scripts
// and tests keep what administrators roll out to AI clients.
const rootVariable = "TEST_ROOT"

// hereBelowRoot is this machine, with its files of all users in that folder, and its
// programs in bin there: what is on the PATH of who runs the tests does not matter.
func hereBelowRoot() (aiclient.System, error) {
	system, err := aiclient.Here()
	system.Root = os.Getenv(rootVariable)
	system.OnPath = func(program string) bool {
		return system.Root != "" && system.Exists(filepath.Join(system.Root, "bin", program))
	}
	return system, err
}

func TestServerName(t *testing.T) {
	t.Parallel()
	given := func(v string) config.Value[string] { return config.Value[string]{Value: v, Source: "flag --x"} }
	for want, cfg := range map[string]*config.Config{
		"github":               {Connection: given("github")},
		"my-own-git":           {Connection: given("my own.git")},
		"main-tools-git":       {Connection: given("main.tools.git")},
		"jira_2":               {Service: given("system.ai.jira_2")},
		"genie-one":            {URL: given("/api/2.0/mcp/genie")},
		"genie-1":              {URL: given("/api/2.0/mcp/genie/1")},
		"databricks-sql":       {URL: given("https://w.test/api/2.0/mcp/sql/")},
		"ai-search-a-b-c":      {URL: given("/api/2.0/mcp/ai-search/a/b/c")},
		"functions-a-b":        {URL: given("/api/2.0/mcp/functions/a/b?x=1")},
		"mcp-services-a-b-c":   {URL: given("/ai-gateway/mcp-services/a.b.c")},
		"mcp-tools":            {URL: given("https://mcp-tools-123.aws.databricksapps.com/mcp")},
		"own-path":             {URL: given("/own/path")},
		"databricks-workspace": {URL: given("/")},
	} {
		if got := serverName(cfg); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// TestLosses: what an entry would lose, however its flags are spelled.
func TestLosses(t *testing.T) {
	t.Parallel()
	entry := func(args ...string) aiclient.Server { return aiclient.Server{Args: append([]string{"stdio"}, args...)} }
	for _, tt := range []struct {
		was, now aiclient.Server
		want     []string
	}{
		{entry("--all-servers"), entry("--connection", "a"), []string{"--all-servers"}},
		{entry("--all-servers=false"), entry("--connection", "a"), nil},
		{entry("--read-only", "github"), entry("--read-only", "github"), nil},
		{entry("--read-only=true", "--connection", "a"), entry("--read-only", "--connection", "a"), nil},
		{entry("--connection", "a", "--read-only"), entry("--connection", "a"), []string{"--read-only"}},
		{entry("--connection", "a", "--read-only", "--deny=x"), entry("--connection=b", "--read-only"), []string{"--connection a", "--deny x"}},
		{aiclient.Server{Args: []string{"stdio"}, Env: map[string]string{"UCBRIDGE_READ_ONLY": "true"}}, entry(), []string{"--read-only"}},
	} {
		if got := losses(tt.was, tt.now); !slices.Equal(got, tt.want) {
			t.Errorf("%q to %q loses %q, want %q", tt.was.Args, tt.now.Args, got, tt.want)
		}
	}
}
