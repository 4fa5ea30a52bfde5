#!/usr/bin/env bash
# Guess:   what a server acknowledges of a subscriptions/listen (2026-07-28) is what it will send;
#          that is what the acknowledgement is for.
# Instead: an mcp-go server acknowledges each of resourceSubscriptions over HTTP and has no function
#          that could serve one: the sessions of its own transports keep no URIs, a stream that
#          listens has no session that could be named, and what is sent to all clients is kept from
#          it. The update is dropped without an error. The same line of the server reaches a client
#          of 2025-11-25, and a change of a list reaches both.
# Where:   github.com/mark3labs/mcp-go v1.2.1, asked by npm @modelcontextprotocol/client 2.4.0
# Output:  2025-11-25: subscribed; resources/list_changed, resources/updated
#          2026-07-28: acknowledged ["test://r"]; resources/list_changed
# Matters: a client that no longer polls, since its subscription stands, shows old contents for
#          ever. It gets worse as clients get newer. A server's author serves updates as a change
#          of the list; a client of 2026-07-28 keeps polling.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/client@2.4.0
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/mark3labs/mcp-go v1.2.1
EOF
cat > main.go <<'EOF'
package main

import (
	"bufio"
	"fmt"
	"net/http/httptest"
	"os"

	"github.com/mark3labs/mcp-go/mcp"
	"github.com/mark3labs/mcp-go/server"
)

func main() {
	s := server.NewMCPServer("s", "1", server.WithResourceCapabilities(true, true))
	s.AddResource(mcp.NewResource("test://r", "r"), nil)
	fmt.Println(httptest.NewServer(server.NewStreamableHTTPServer(s)).URL + "/mcp")
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); { // a change for each line
		s.AddResource(mcp.NewResource("test://"+lines.Text(), "n"), nil)
		s.SendNotificationToAllClients("notifications/resources/updated", map[string]any{"uri": "test://r"})
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go build -o server .
cat > check.mjs <<'EOF'
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
const child = spawn('./server', [], { stdio: ['pipe', 'pipe', 'inherit'] });
const { value: url } = await createInterface({ input: child.stdout })[Symbol.asyncIterator]().next();
const rows = [];
for (const mode of ['legacy', 'auto']) {
  const heard = new Set();
  const client = new Client({ name: 'c', version: '1' }, { versionNegotiation: { mode } });
  for (const name of ['resources/list_changed', 'resources/updated']) client.setNotificationHandler(`notifications/${name}`, () => { heard.add(name); });
  await client.connect(new StreamableHTTPClientTransport(new URL(url)));
  let said = 'subscribed';
  if (mode === 'legacy') await client.subscribeResource({ uri: 'test://r' });
  else said = `acknowledged ${JSON.stringify((await client.listen({ resourcesListChanged: true, resourceSubscriptions: ['test://r'] })).honoredFilter.resourceSubscriptions)}`;
  await new Promise(resolve => setTimeout(resolve, 1500)); // until the GET stream is open
  child.stdin.write(`${mode}\n`);
  await new Promise(resolve => setTimeout(resolve, 1500));
  rows.push(`${client.getNegotiatedProtocolVersion()}: ${said}; ${[...heard].sort().join(', ')}`);
  await client.close();
}
child.stdin.end();
console.log(rows.join('\n'));
if (rows.join('\n') !== `2025-11-25: subscribed; resources/list_changed, resources/updated
2026-07-28: acknowledged ["test://r"]; resources/list_changed`) {
  console.log('CHANGED: other updates are heard');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
