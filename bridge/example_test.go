package bridge_test

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"strings"

	"ucbridge/bridge"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/policy"
	"ucbridge/config"
)

// One client of one connection: what it writes, and the answers to it. The
// emulator is the workspace.
func ExampleNew() {
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer w.Close()
	os.Setenv("DATABRICKS_TOKEN", "dapi-demo-ada")
	defer os.Unsetenv("DATABRICKS_TOKEN")

	cfg := config.New()
	cfg.Connection.Value, cfg.Host.Value = "github", w.URL()
	b, err := bridge.New(cfg, policy.ManagedAt("", ""), "1.0.0", slog.New(slog.DiscardHandler))
	if err != nil {
		fmt.Println(err)
		return
	}
	defer b.Close()

	client := strings.NewReader(`{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"example","version":"1"}}}
{"jsonrpc":"2.0","method":"notifications/initialized"}
{"jsonrpc":"2.0","id":2,"method":"ping"}
`)
	var answers strings.Builder
	if err := b.Stdio(context.Background(), client, &answers); err != nil {
		fmt.Println(err)
		return
	}
	lines := strings.Split(answers.String(), "\n")
	fmt.Println(strings.Contains(lines[0], `"protocolVersion":"2025-11-25"`))
	fmt.Println(lines[1])
	// Output:
	// true
	// {"jsonrpc":"2.0","id":2,"result":{}}
}
