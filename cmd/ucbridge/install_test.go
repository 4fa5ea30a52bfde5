package main

import (
	"os"
	"testing"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/config"
)

// rootVariable names the folder that stands for the root of the machine, where scripts
// and tests keep what administrators roll out to AI clients.
const rootVariable = "TEST_ROOT"

// hereBelowRoot is this machine, with its files of all users in that folder.
func hereBelowRoot() (aiclient.System, error) {
	system, err := aiclient.Here()
	system.Root = os.Getenv(rootVariable)
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
