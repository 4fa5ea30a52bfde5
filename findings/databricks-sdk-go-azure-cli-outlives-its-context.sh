#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, azure-cli: a call of "az" and the context it is made for
#
# Guess: a token is asked for with a context; when that ends, so does the program that
#   is asked, and Token returns.
# Behaviour: config/command.go takes a context for its log lines and runs the program
#   with exec.Command. Neither a deadline nor a cancellation reaches it: Token returns
#   when az does, and az runs on after the program that started it has ended.
# Seen: az takes 3 s, the context 0.2 s: Token returns after 3 s. The program is
#   interrupted: az is still there.
# Why it matters: az waits for a person (a keychain, a device code) or for a network. A
#   bridge that a client has closed leaves one such process behind at each start, and
#   a call's own deadline does not hold.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.24
require (
	github.com/databricks/databricks-sdk-go v0.182.0
)
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"fmt"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
)

func main() {
	ctx, cancel := context.WithTimeout(context.Background(), 200*time.Millisecond)
	defer cancel()
	begin := time.Now()
	_, err := config.NewAzureCliTokenSource(ctx, "resource", "tenant").Token()
	fmt.Printf("%d seconds, error: %v\n", int(time.Since(begin).Seconds()), err != nil)
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of databricks-sdk-go was chosen"; exit 1; }
go build -o probe .
mkdir bin
cat > bin/az <<'EOF'
#!/bin/sh
echo $$ >>"$AZ_PIDS"
[ "$2" = show ] && exec echo '{"user":{"name":"ada@example.com","type":"user"}}'
sleep "$AZ_TAKES"
echo '{"accessToken":"t","tokenType":"Bearer","expiresOn":"2999-01-01 00:00:00.000000"}'
EOF
chmod +x bin/az
export AZ_PIDS="$dir/pids"
took=$(PATH="$dir/bin:$PATH" AZ_TAKES=3 ./probe)
echo "a context of 0.2 s, az takes 3 s: $took"
: >pids
PATH="$dir/bin:$PATH" AZ_TAKES=30 ./probe & probe=$!
until [ "$(wc -l <pids)" -ge 2 ]; do sleep 0.1; done
kill "$probe"
wait "$probe" 2>/dev/null || true
az=$(tail -1 pids)
if kill -0 "$az" 2>/dev/null; then left="still there"; else left="gone"; fi
echo "the program has ended: az is $left"
pkill -P "$az" 2>/dev/null || true
[ "$took" = "3 seconds, error: false" ] || { echo "CHANGED: expected 3 seconds and no error"; exit 1; }
[ "$left" = "still there" ] || { echo "CHANGED: expected az to outlive the program"; exit 1; }
echo "as stated"
