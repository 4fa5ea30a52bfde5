#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, sign-in: an address with "429" in it
#
# Guess: only a status 429 is a limit, and is waited out.
# Behaviour: config/config.go has "429" among the texts of transient errors. An error on
#   the way to the sign-in service names the address, so any error about an address with
#   429 in it is repeated until the retry timeout is over (5 minutes unless set).
# Seen: a certificate that is not trusted is told at once by a workspace at port 43001,
#   and after the whole timeout, set to 5 s here, by one at port 42901.
# Why it matters: a workspace whose name holds these digits seems to hang where the same
#   fault elsewhere has a clear error, and tests on chance ports fail now and then.
set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
cat >go.mod <<'END'
module finding

go 1.25.0

require github.com/databricks/databricks-sdk-go v0.182.0
END
cat >main.go <<'END'
package main

import (
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
)

// signIn asks a workspace at that port for a token and returns how often it was
// connected to, and the error.
func signIn(port int) (int, error) {
	listener, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		log.Fatal(err)
	}
	server := httptest.NewUnstartedServer(http.NotFoundHandler())
	server.Listener.Close()
	server.Listener = listener
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	connections := 0
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			connections++
		}
	}
	server.StartTLS()
	defer server.Close()
	cfg := &config.Config{
		Host: fmt.Sprintf("https://127.0.0.1:%d", port), ClientID: "id", ClientSecret: "secret", AuthType: "oauth-m2m",
		RetryTimeoutSeconds: 5, ConfigFile: os.DevNull,
	}
	req, _ := http.NewRequest("GET", cfg.Host, nil)
	err = cfg.Authenticate(req)
	return connections, err
}

func main() {
	for _, port := range []int{43001, 42901} {
		began := time.Now()
		n, err := signIn(port)
		fmt.Printf("port %d: %d connections, waited: %v\n", port, n, time.Since(began) > 4*time.Second)
		fmt.Fprintln(os.Stderr, err)
	}
}
END
export GONOSUMDB='github.com/databricks/*' GOFLAGS=-mod=mod
env -u DATABRICKS_HOST -u DATABRICKS_TOKEN go run . >out 2>err || { cat err; exit 1; }
cat out
grep -q '^port 43001: .* waited: false$' out && grep -q '^port 42901: .* waited: true$' out
