package main

import (
	"testing"

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
