package commandline_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"

	"ucbridge/cmd/internal/commandline"
	"ucbridge/config"
)

func TestCommands(t *testing.T) {
	t.Parallel()
	cfg := config.New()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cfg.Bind(flags)
	if err := flags.Parse([]string{"--connection", "true", "--profile", "work", "--read-only", "--debug=false", "--call-timeout", "90s", "--header", "X-A: s3cr3t", "--header=X-B:s3cr3t"}); err != nil {
		t.Fatal(err)
	}
	if err := cfg.Load(func(name string) (string, bool) {
		return map[string]string{"UCBRIDGE_DENY": "echo"}[name], name == "UCBRIDGE_DENY"
	}); err != nil {
		t.Fatal(err)
	}
	c := commandline.Commands{Config: cfg}
	got := []string{c.ForTarget("tools"), c.ForWorkspace("login", "--mcp-service", "a.b.c"), c.ForPolicy("show")}
	want := []string{
		"ucbridge tools --connection true --header 'X-A: VALUE' --header 'X-B: VALUE' --profile work --call-timeout 1m30s --read-only --debug=false",
		"ucbridge login --mcp-service a.b.c --profile work",
		"ucbridge policy show --connection true --read-only",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
