#!/usr/bin/env bash
# Databricks CLI v1.12.1: variables of a bundle, between "deploy" and "run"
#
# Guess: "bundle deploy --var NAME=VALUE" settles what is deployed; "bundle run" starts
#   that.
# Behaviour: of an App, deploy sends resources and files. Its command and environment
#   (config in databricks.yml) are sent by run, which reads databricks.yml anew, with
#   the defaults where it is given no --var of its own. No warning, although the
#   deployment's state holds the other value.
# Seen: deploy --var target=staging, then run: the App starts with TARGET=production,
#   the default; with BUNDLE_VAR_target exported for both it is staging.
# Why it matters: a gateway on Databricks Apps serves another MCP server, or runs under
#   another policy, than the one it was deployed with. Export BUNDLE_VAR_..., or use
#   targets.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w' GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.26
require (
	github.com/databricks/cli v1.12.1
)
EOF
cat > tools.go <<'EOF'
//go:build tools

package main

import _ "github.com/databricks/cli"
EOF
# The test server of the CLI's makers stands for the workspace.
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"io"
	"log"
	"os"
	"strings"

	"github.com/databricks/cli/libs/testserver"
)

func main() {
	server := testserver.New(host{})
	server.RequestCallback = func(r *testserver.Request) {
		if strings.HasSuffix(r.URL.Path, "/deployments") && r.Method == "POST" {
			fmt.Println(string(r.Body))
		}
	}
	testserver.AddDefaultHandlers(server)
	fmt.Println(server.URL)
	io.Copy(io.Discard, os.Stdin)
}

// host stands for the test that the server takes itself for a part of.
type host struct{}

func (host) Cleanup(func())                    {}
func (host) Context() context.Context          { return context.Background() }
func (host) TempDir() string                   { d, _ := os.MkdirTemp("", ""); return d }
func (host) Setenv(key, value string)          { os.Setenv(key, value) }
func (host) Log(args ...any)                   {}
func (host) Logf(format string, args ...any)   {}
func (host) Error(args ...any)                 { log.Print(args...) }
func (host) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (host) Fatal(args ...any)                 { log.Panic(args...) }
func (host) Fatalf(format string, args ...any) { log.Panicf(format, args...) }
func (host) Skip(args ...any)                  {}
func (host) Skipf(format string, args ...any)  {}
func (host) FailNow()                          { log.Panic("failed") }
func (host) Helper()                           {}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/cli)" = v1.12.1 ] || { echo "CHANGED: another version of github.com/databricks/cli was chosen"; exit 1; }
go build -o workspace . >build.log 2>&1 || { cat build.log; exit 1; }
go build -tags tools -o databricks github.com/databricks/cli >build.log 2>&1 || { cat build.log; exit 1; }
mkdir -p home bundle/app
cat > bundle/databricks.yml <<'EOF'
bundle: {name: probe}
variables:
  target: {description: what is served, default: production}
resources:
  apps:
    gateway:
      name: mcp-probe
      source_code_path: ./app
      config:
        command: ["python", "main.py"]
        env:
          - {name: TARGET, value: "${var.target}"}
EOF
echo 'print("hello")' >bundle/app/main.py
mkfifo stdin
./workspace <stdin >requests.txt 2>workspace.log &
exec 3>stdin
until [ -s requests.txt ]; do sleep 0.1; done
cd bundle
bundle() { env -i HOME="$dir/home" PATH=/usr/bin:/bin DATABRICKS_HOST="$(head -1 ../requests.txt)" DATABRICKS_TOKEN=t "$@" >../cli.log 2>&1 || { cat ../cli.log; exit 1; }; }
started() { tail -1 ../requests.txt | grep -o '"value":"[a-z]*"'; }
bundle ../databricks bundle deploy --var target=staging
bundle ../databricks bundle run gateway
flag=$(started)
bundle BUNDLE_VAR_target=staging ../databricks bundle deploy
bundle BUNDLE_VAR_target=staging ../databricks bundle run gateway
exported=$(started)
exec 3>&-
echo "deploy --var target=staging, run:    $flag"
echo "BUNDLE_VAR_target=staging for both:  $exported"
[ "$flag" = '"value":"production"' ] || { echo "CHANGED: expected the default"; exit 1; }
[ "$exported" = '"value":"staging"' ] || { echo "CHANGED: expected the exported value"; exit 1; }
echo "as stated"
