#!/usr/bin/env bash
# databricks-sdk-go v0.182.0, service/sql: NULL and the empty text
#
# Guess: a cell of a result is a pointer or has a flag, so that NULL and '' can be told apart; a
#   parameter whose value is "" is sent as the empty text.
# Behaviour: DataArray is [][]string: null of the wire becomes "", and so does "". The other
#   way, Parameters with Value "" are sent without "value", which the API takes for NULL, unless
#   ForceSendFields names "Value". Neither gives an error.
# Seen: the rows [[null],[""]] are read as [[""],[""]], and written out again as that.
#   {Name: "a", Value: ""} is sent as {"name":"a"}.
# Why it matters: an MCP server that offers SQL tells the model that a missing value is there
#   and empty. WHERE name = :a with the empty text is a comparison with NULL and finds no row.
#   Read results by arrow or by a request of your own, and name "Value" in ForceSendFields.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off GONOSUMDB='github.com/databricks/*'
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/databricks/databricks-sdk-go v0.182.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/sql"
)

func main() {
	var sent struct{ Parameters json.RawMessage }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		if r.URL.Path != "/api/2.0/sql/statements" {
			io.WriteString(w, "{}")
			return
		}
		if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
			panic(err)
		}
		io.WriteString(w, `{"statement_id":"s","status":{"state":"SUCCEEDED"},"result":{"data_array":[[null],[""]],"row_count":2}}`)
	}))
	defer server.Close()
	c, err := client.New(&config.Config{Host: server.URL, Token: "t", AuthType: "pat", ConfigFile: os.DevNull})
	if err != nil {
		panic(err)
	}
	failed := false
	for _, p := range []struct {
		parameter sql.StatementParameterListItem
		sent      string
	}{
		{sql.StatementParameterListItem{Name: "a", Value: "x"}, `[{"name":"a","value":"x"}]`},
		{sql.StatementParameterListItem{Name: "a", Value: ""}, `[{"name":"a"}]`},
		{sql.StatementParameterListItem{Name: "a", Value: "", ForceSendFields: []string{"Value"}}, `[{"name":"a","value":""}]`},
	} {
		res, err := sql.NewStatementExecution(c).ExecuteStatement(context.Background(), sql.ExecuteStatementRequest{
			WarehouseId: "w", Statement: "SELECT name FROM t WHERE name = :a", Parameters: []sql.StatementParameterListItem{p.parameter},
		})
		if err != nil {
			panic(err)
		}
		again, _ := json.Marshal(res.Result.DataArray)
		fmt.Printf("parameter sent: %s   rows [[null],[\"\"]] read as: %s\n", sent.Parameters, again)
		if string(sent.Parameters) != p.sent || string(again) != `[[""],[""]]` {
			fmt.Println("CHANGED: expected", p.sent, `and [[""],[""]]`)
			failed = true
		}
	}
	if failed {
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
echo "as stated"
