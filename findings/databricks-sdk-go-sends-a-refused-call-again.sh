#!/usr/bin/env bash
# Guess:   a POST that changes something is sent again only when it was surely not carried out:
#          after 429, or 503. An error 400 or 500 that the server has answered is final.
# Instead: databricks-sdk-go looks at the words. An error of any status whose message has
#          "deadline exceeded" or "Timed out after " in it is sent again, and again, for five minutes
#          by default, and so is a POST whose connection was reset after it was delivered. With
#          ServingEndpoints.HttpRequest, which forwards a call through a connection, the outer
#          service has then been called each time. Other words of the same status are final.
# Where:   github.com/databricks/databricks-sdk-go v0.182.0
# Output:  400 "no such table": sent 1 time(s)
#          400 "query failed: deadline exceeded": sent 3 time(s)
#          500 "Timed out after 30 seconds": sent 3 time(s)
#          connection reset behind the request: sent 3 time(s)
# Matters: a tool that was too slow is the one that runs three times; what it writes is written
#          three times. A bridge that must not call a tool twice sends its calls by another
#          client than the SDK's.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
SDK=v0.182.0
export GOFLAGS=-mod=mod GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<EOF
module probe
go 1.24
require github.com/databricks/databricks-sdk-go $SDK
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"sync/atomic"

	"github.com/databricks/databricks-sdk-go"
	"github.com/databricks/databricks-sdk-go/service/serving"
)

func main() {
	for _, c := range []struct {
		status  int
		message string
	}{
		{400, "no such table"},
		{400, "query failed: deadline exceeded"},
		{500, "Timed out after 30 seconds"},
		{0, ""},
	} {
		var sent atomic.Int32
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path != "/api/2.0/external-function" {
				http.NotFound(w, r)
				return
			}
			io.Copy(io.Discard, r.Body)
			w.Header().Set("Content-Type", "application/json")
			switch {
			case sent.Add(1) == 3: // the third time all is well
				io.WriteString(w, "{}")
			case c.status > 0:
				w.WriteHeader(c.status)
				json.NewEncoder(w).Encode(map[string]string{"error_code": "FAILED", "message": c.message})
			default:
				conn, _, err := w.(http.Hijacker).Hijack()
				if err != nil {
					panic(err)
				}
				conn.(*net.TCPConn).SetLinger(0)
				conn.Close()
			}
		}))
		w, err := databricks.NewWorkspaceClient(&databricks.Config{Host: server.URL, Token: "none", AuthType: "pat"})
		if err != nil {
			panic(err)
		}
		w.ServingEndpoints.HttpRequest(context.Background(), serving.ExternalFunctionRequest{
			ConnectionName: "mail", Method: serving.ExternalFunctionRequestHttpMethodPost, Path: "/send", Json: `{"to":"all"}`,
		})
		what := fmt.Sprintf("%d %q", c.status, c.message)
		if c.status == 0 {
			what = "connection reset behind the request"
		}
		fmt.Printf("%s: sent %d time(s)\n", what, sent.Load())
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
seen=$(go run . 2>log.txt) || { cat log.txt; exit 1; }
echo "$seen"
[ "$seen" = '400 "no such table": sent 1 time(s)
400 "query failed: deadline exceeded": sent 3 time(s)
500 "Timed out after 30 seconds": sent 3 time(s)
connection reset behind the request: sent 3 time(s)' ] || { echo 'CHANGED: calls are sent otherwise'; exit 1; }
