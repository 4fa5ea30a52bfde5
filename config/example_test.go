package config_test

import (
	"fmt"

	"github.com/spf13/pflag"

	"ucbridge/config"
)

// A command line, completed from the environment; each value knows its source.
func ExampleConfig_Load() {
	cfg := config.New()
	flags := pflag.NewFlagSet("stdio", pflag.ContinueOnError)
	cfg.Bind(flags)
	if err := flags.Parse([]string{"--connection", "github"}); err != nil {
		fmt.Println(err)
		return
	}
	env := map[string]string{"UCBRIDGE_CALL_TIMEOUT": "90s"}
	if err := cfg.Load(func(name string) (string, bool) { v, ok := env[name]; return v, ok }); err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(cfg.Connection.Value, "by", cfg.Connection.Source)
	fmt.Println(cfg.CallTimeout.Value, "by", cfg.CallTimeout.Source)
	fmt.Println(cfg.Route.Value, "by", cfg.Route.Source)
	// Output:
	// github by flag --connection
	// 1m30s by environment UCBRIDGE_CALL_TIMEOUT
	// auto by default
}
