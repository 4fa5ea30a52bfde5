#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, apierr: error bodies in JSON without a "message"
#
# Guess: an HTTP error whose JSON body is not of Databricks' form gives an error
#   with at least the status or the raw body in its text, as bodies that are no
#   JSON object do.
# Behaviour: any JSON object is taken for a Databricks error. Where it has no
#   "message", err.Error() is the empty text, and ErrorCode is the text "<nil>".
#   The raw body is only in an experimental field. An OAuth
#   body loses its error_description. FastAPI's {"detail": "..."} becomes a SCIM
#   error with the code "SCIM_". Only where a member has another JSON type (an
#   error object of JSON-RPC, a problem+json with a numeric status) is the raw
#   body the text.
# Seen: 400 with {"errors":["quota exceeded"]}: Error() "", ErrorCode "<nil>".
# Why it matters: external-function and the connection proxy hand an upstream's
#   error body straight through, so such bodies reach the SDK. A bridge that
#   shows err.Error() shows nothing: print StatusCode, and keep the raw body.
set -euo pipefail
SDK=v0.182.0
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
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
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/databricks/databricks-sdk-go/apierr"
	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/serving"
)

func main() {
	body := ""
	workspace := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/api/2.0/external-function" {
			fmt.Fprint(w, `{}`)
			return
		}
		w.WriteHeader(http.StatusBadRequest)
		fmt.Fprint(w, body)
	}))
	defer workspace.Close()
	c, err := client.New(&config.Config{Host: workspace.URL, Token: "t", AuthType: "pat", ConfigFile: os.DevNull})
	if err != nil {
		fmt.Println("no client:", err)
		os.Exit(1)
	}
	endpoints := serving.NewServingEndpoints(c)
	failed := false
	for _, want := range []struct{ body, text, code string }{
		{`{"error_code":"BAD_REQUEST","message":"no"}`, "no", "BAD_REQUEST"},
		{`quota exceeded`, "quota exceeded", "UNKNOWN"},
		{`{"errors":["quota exceeded"]}`, "", "<nil>"},
		{`{"code":"QUOTA","msg":"quota exceeded"}`, "", "<nil>"},
		{`{"error":"invalid_token","error_description":"expired"}`, "invalid_token", "<nil>"},
		{`{"detail":"Not authenticated"}`, "Not authenticated", "SCIM_"},
	} {
		body = want.body
		_, err := endpoints.HttpRequest(context.Background(), serving.ExternalFunctionRequest{
			ConnectionName: "c", Method: serving.ExternalFunctionRequestHttpMethodPost, Path: "/"})
		var api *apierr.APIError
		if !errors.As(err, &api) {
			fmt.Printf("CHANGED: %s gave %v\n", want.body, err)
			failed = true
			continue
		}
		fmt.Printf("400 %-56s Error() %q, ErrorCode %q\n", want.body, err.Error(), api.ErrorCode)
		if err.Error() != want.text || api.ErrorCode != want.code {
			fmt.Printf("CHANGED: expected %q and %q\n", want.text, want.code)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = "$SDK" ] || { echo "CHANGED: another version of the SDK was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
