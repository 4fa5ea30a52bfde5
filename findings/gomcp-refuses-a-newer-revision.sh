#!/usr/bin/env bash
# Guess:   a server that is asked for a revision that it does not know answers initialize
#          with the newest one that it does, and the client decides; so a client of today
#          can speak with a server of last year.
# Instead: gomcp refuses: -32603 "Internal error", with the reason in data only. It knows
#          2024-11-05, 2025-03-26 and 2025-06-18; the TypeScript SDK asks for 2025-11-25,
#          and does not ask again. The Go SDK answers what is unknown with 2025-11-25.
# Where:   github.com/localrivet/gomcp v1.7.2, github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  gomcp: 2025-06-18: 2025-06-18; 2025-11-25: -32603 Internal error; 2099-01-01: -32603 Internal error
#          go-sdk: 2025-06-18: 2025-06-18; 2025-11-25: 2025-11-25; 2099-01-01: 2025-11-25
# Matters: the server worked until the client was updated. A bridge that passes initialize
#          on can make such a pair work by asking once more for an older revision; and what
#          "Internal error" means is in data.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
cat > go.mod <<'EOF'
module check
go 1.26
require (
	github.com/localrivet/gomcp v1.7.2
	github.com/modelcontextprotocol/go-sdk v1.8.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"

	"github.com/localrivet/gomcp/server"
	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func serve(name string) {
	if name == "go-sdk" {
		mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil).Run(context.Background(), &mcp.StdioTransport{})
		return
	}
	server.NewServer("s", server.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil)))).AsStdio().Run()
}

func check(err error) {
	if err != nil {
		panic(err)
	}
}

// answer returns what a fresh server says to a client that asks for revision.
func answer(name, revision string) string {
	self, err := os.Executable()
	check(err)
	child := exec.Command(self, name)
	in, err := child.StdinPipe()
	check(err)
	out, err := child.StdoutPipe()
	check(err)
	check(child.Start())
	defer child.Wait()
	defer child.Process.Kill()
	fmt.Fprintf(in, `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":%q,"capabilities":{},"clientInfo":{"name":"c","version":"1"}}}`+"\n", revision)
	line, err := bufio.NewReader(out).ReadBytes('\n')
	check(err)
	var m struct {
		Result struct{ ProtocolVersion string }
		Error  *struct {
			Code    int
			Message string
		}
	}
	check(json.Unmarshal(line, &m))
	if m.Error != nil {
		return fmt.Sprintf("%d %s", m.Error.Code, m.Error.Message)
	}
	return m.Result.ProtocolVersion
}

func main() {
	if len(os.Args) > 1 {
		serve(os.Args[1])
		return
	}
	var rows []string
	for _, name := range []string{"gomcp", "go-sdk"} {
		var row []string
		for _, revision := range []string{"2025-06-18", "2025-11-25", "2099-01-01"} {
			row = append(row, revision+": "+answer(name, revision))
		}
		rows = append(rows, name+": "+strings.Join(row, "; "))
	}
	seen := strings.Join(rows, "\n")
	fmt.Println(seen)
	if seen != "gomcp: 2025-06-18: 2025-06-18; 2025-11-25: -32603 Internal error; 2099-01-01: -32603 Internal error\n"+
		"go-sdk: 2025-06-18: 2025-06-18; 2025-11-25: 2025-11-25; 2099-01-01: 2025-11-25" {
		fmt.Println("CHANGED: other revisions are answered")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run .
