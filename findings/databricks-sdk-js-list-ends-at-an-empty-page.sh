#!/usr/bin/env bash
# @databricks/sdk-experimental 0.17.0: a list whose page is empty
#
# Guess: an iterator over connections goes on as long as the answer has a
#   next_page_token, as Unity Catalog asks of its clients: a page may be empty
#   while there is more.
# Behaviour: the iterator of the JavaScript SDK ends at the first page without
#   items and does not look at its token. The Go SDK goes on.
# Seen: pages [a] -> [] -> [b]: the JavaScript SDK yields "a" and makes two
#   requests. The Go SDK (v0.182.0) yields "a" and "b" with three.
# Why it matters: which pages are empty depends on what the user may see, so a
#   tool that lists connections or catalogs to choose an MCP server from shows
#   some users a part, without an error. Follow next_page_token yourself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="@databricks/sdk-experimental@0.17.0"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
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
	"os"

	"github.com/databricks/databricks-sdk-go/client"
	"github.com/databricks/databricks-sdk-go/config"
	"github.com/databricks/databricks-sdk-go/service/catalog"
)

func main() {
	c, err := client.New(&config.Config{Host: os.Args[1], Token: "t", AuthType: "pat", ConfigFile: os.DevNull})
	if err != nil {
		fmt.Println(err)
		return
	}
	all, err := catalog.NewConnections(c).ListAll(context.Background(), catalog.ListConnectionsRequest{})
	if err != nil {
		fmt.Println(err)
	}
	for _, it := range all {
		fmt.Print(it.Name, " ")
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
[ "$(go list -m -f '{{.Version}}' github.com/databricks/databricks-sdk-go)" = v0.182.0 ] || { echo "CHANGED: another version of github.com/databricks/databricks-sdk-go was chosen"; exit 1; }
go build -o list . >log.txt 2>&1 || { cat log.txt; exit 1; }
cat > probe.mjs <<'EOF'
import http from "node:http";
import { execFile } from "node:child_process";
import { WorkspaceClient } from "@databricks/sdk-experimental";

const pages = { "": { connections: [{ name: "a" }], next_page_token: "2" }, 2: { connections: [], next_page_token: "3" }, 3: { connections: [{ name: "b" }] } };
let asked = 0;
const workspace = http.createServer((req, res) => {
  const url = new URL(req.url, "http://localhost");
  res.setHeader("content-type", "application/json");
  if (url.pathname !== "/api/2.1/unity-catalog/connections") { res.end("{}"); return; }
  asked++;
  res.end(JSON.stringify(pages[url.searchParams.get("page_token") ?? ""]));
});
await new Promise((done) => workspace.listen(0, "127.0.0.1", done));
const host = `http://127.0.0.1:${workspace.address().port}`;

const js = [];
for await (const it of new WorkspaceClient({ host, token: "t", authType: "pat", env: {}, configFile: "none.cfg" }).connections.list({})) js.push(it.name);
const jsAsked = asked;
asked = 0;
const go = await new Promise((done, fail) => execFile("./list", [host], (e, out) => e ? fail(e) : done(out.trim())));
console.log(`JavaScript: ${js.join(" ")} with ${jsAsked} requests   Go: ${go} with ${asked} requests`);
const same = js.join(" ") === "a" && jsAsked === 2 && go === "a b" && asked === 3;
if (!same) console.log("CHANGED: expected a with 2 requests, and a b with 3");
process.exit(same ? 0 : 1);
EOF
node probe.mjs
echo "as stated"
