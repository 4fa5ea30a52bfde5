#!/usr/bin/env bash
# Databricks CLI v1.12.1: "auth login" and the program that BROWSER names
#
# Guess: the program is started with the address, and the CLI goes on to serve the page
#   to which the browser comes back, however long the program runs.
# Behaviour: the CLI runs the program to its end first. Requests to the page wait until
#   then; so a program that opens the address itself and returns when it has the last
#   page waits for the CLI, and the CLI for it.
# Seen: BROWSER is a script with "curl -L ADDRESS": nothing in 10 seconds, and no
#   profile. With "curl -L ADDRESS &": logged in within a second.
# Why it matters: a headless login in a test, a container or a remote shell hangs until
#   the login's own time is up, and nothing says what it waits for. Put the program into
#   the background.
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

	"github.com/databricks/cli/libs/testserver"
)

func main() {
	server := testserver.New(host{})
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
mkdir home
for kind in waiting detached; do
  end=""
  [ $kind = detached ] && end=" &"
  printf '#!/bin/sh\nexec >/dev/null 2>&1\ncurl -sS -L -o /dev/null "$1"%s\n' "$end" >$kind
  chmod +x $kind
done
mkfifo stdin
./workspace <stdin >requests.txt 2>workspace.log &
exec 3>stdin
until [ -s requests.txt ]; do sleep 0.1; done
login() { # browser, profile
  if env -i HOME="$dir/home" PATH=/usr/bin:/bin BROWSER="$dir/$1" timeout 10 \
    ./databricks auth login --host "$(head -1 requests.txt)" --profile "$2" >cli.log 2>&1; then echo "logged in"; else echo "ended with $?"; fi
}
waiting=$(login waiting one)
detached=$(login detached two)
exec 3>&-
saved=$(grep -o '^\[[a-z]*\]' home/.databrickscfg | tr -d '\n')
echo "a browser that waits for its last page: $waiting (124 is that of timeout)"
echo "the same in the background:             $detached"
echo "profiles: $saved"
[ "$waiting" = "ended with 124" ] || { echo "CHANGED: expected no end"; exit 1; }
[ "$detached" = "logged in" ] || { echo "CHANGED: expected a login"; cat cli.log; exit 1; }
[[ "$saved" == *"[two]"* && "$saved" != *"[one]"* ]] || { echo "CHANGED: expected the second profile alone"; exit 1; }
echo "as stated"
