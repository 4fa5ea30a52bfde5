package main

import (
	"slices"
	"testing"

	"ucbridge/config"
)

func TestNearest(t *testing.T) {
	t.Parallel()
	names := []string{"github", "jira", "claude-code", "list_issues", "list_pull_requests"}
	for word, want := range map[string]string{
		"githb": "github", "Github": "github", "gitub": "github", "jria": "jira", "claud": "claude-code", "list_issue": "list_issues",
		"claude-cod": "claude-code", "emacs": "", "x": "", "": "", "slack": "", "list_": "list_issues",
	} {
		if got := nearest(word, names); got != want {
			t.Errorf("%q is nearest to %q, want %q", word, got, want)
		}
	}
	for pair, want := range map[[2]string]int{{"", "abc"}: 3, {"abc", ""}: 3, {"kitten", "sitting"}: 3, {"same", "same"}: 0, {"ab", "ba"}: 2} {
		if got := distance(pair[0], pair[1]); got != want {
			t.Errorf("from %q to %q: %d, want %d", pair[0], pair[1], got, want)
		}
	}
}

func TestVariablesSpelledNearlyAsOneOfOursAreTold(t *testing.T) {
	t.Parallel()
	told := func(name, meant string) string {
		return name + " is not a variable of ucbridge: did you mean " + meant + "?"
	}
	for name, meant := range map[string]string{
		"UCBRIDGE_CONECTION": "UCBRIDGE_CONNECTION", "UCBRIDGE_READONLY": "UCBRIDGE_READ_ONLY", "UCBRIDGE_ALOW": "UCBRIDGE_ALLOW",
		"UCBRIDGE_DEUBG": "UCBRIDGE_DEBUG", "UCBRIDGE_LISTENS": "UCBRIDGE_LISTEN", "UCBRIDGE_CACHEDIR": "UCBRIDGE_CACHE_DIR",
		"UCBRIDGE_PROFILE": "DATABRICKS_CONFIG_PROFILE", "UCBRIDGE_HOST": "DATABRICKS_HOST", "UCBRIDGE_PROFIL": "DATABRICKS_CONFIG_PROFILE",
	} {
		if got := mistyped([]string{"PATH=/bin", name + "=x", name + "=x"}); !slices.Equal(got, []string{told(name, meant)}) {
			t.Errorf("of %s: %q", name, got)
		}
	}
	silent := []string{
		"=C:=C:\\", "UCBRIDGE_=x", "UCBRIDGE_CONECTION=", "CONECTION=x",
		"UCBRIDGE_TOKEN=x", "UCBRIDGE_ENTRY=1", "UCBRIDGE_BIN=/bin/ucbridge", "UCBRIDGE_TEST_ALONE=1", // what the page, install and tests set
		"UCBRIDGE_SERVICE_HOST=10.0.0.1", "UCBRIDGE_SERVICE_PORT=8700", "UCBRIDGE_SERVICE_PORT_HTTP=8700", "UCBRIDGE_PORT=tcp://10.0.0.1:8700", // Kubernetes
		"UCBRIDGE_PORT_8700_TCP=tcp://10.0.0.1:8700", "UCBRIDGE_PORT_8700_TCP_PROTO=tcp", "UCBRIDGE_PORT_8700_TCP_PORT=8700", "UCBRIDGE_PORT_8700_TCP_ADDR=10.0.0.1",
		"UCBRIDGE_MCP_SERVICE_HOST=10.0.0.1", "UCBRIDGE_MCP_SERVICE_PORT=8700", // of a service called ucbridge-mcp
		"UCBRIDGE_HOME=/opt", "UCBRIDGE_VERSION=1",
	}
	for name := range config.Variables() {
		if name != "UCBRIDGE_PROFILE" && name != "UCBRIDGE_HOST" {
			silent = append(silent, name+"=x")
		}
	}
	if got := mistyped(silent); len(got) > 0 {
		t.Errorf("told without need: %q", got)
	}
}
