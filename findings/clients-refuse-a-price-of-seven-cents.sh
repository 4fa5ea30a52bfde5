#!/usr/bin/env bash
# Guess:   an amount that a tool's schema takes at the server, z.number().multipleOf(0.01),
#          passes the client of the same SDK, which has the schema from this server.
# Instead: zod, with which the server checks, counts decimals. The client checks the published
#          schema with Ajv, which divides: 0.07 / 0.01 is 7.000000000000001 and no integer.
#          TypeScript clients of 1.x and 2.x throw the result away, the call having run.
#          google/jsonschema-go, which Go SDK servers check arguments with, refuses the same.
# Where:   npm @modelcontextprotocol/sdk 1.32.2, @modelcontextprotocol/client 2.4.0,
#          @modelcontextprotocol/server 2.4.0, zod 4.6.7; Go modelcontextprotocol/go-sdk v1.8.0
# Output:  server 1.x, client 1.x: of the amounts 0.00 to 10.00 the server took 1001, the client 842
#          server 2.x, client 2.x: of the amounts 0.00 to 10.00 the server took 1001, the client 842
#          Go SDK server: took 842 as arguments
# Matters: every sixth price is refused, and each time the same ones: 0.07, 0.14, 4.35. A
#          payment is reported as failed that was made, and the model makes it again. Publish
#          cents as an integer, or leave multipleOf out of schemas.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @modelcontextprotocol/sdk@1.32.2 @modelcontextprotocol/server@2.4.0 @modelcontextprotocol/client@2.4.0 zod@4.6.7
cat > check.mjs <<'EOF'
import { Client as Client2 } from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer as Server1 } from '@modelcontextprotocol/sdk/server/mcp.js';
import { McpServer as Server2 } from '@modelcontextprotocol/server';
import { z } from 'zod';
async function run(Server, Client) {
  const server = new Server({ name: 's', version: '1' });
  const amount = z.object({ amount: z.number().multipleOf(0.01) });
  let paid = 0;
  server.registerTool('pay', { inputSchema: amount, outputSchema: amount }, async ({ amount }) => (paid++, { content: [], structuredContent: { amount } }));
  const [near, far] = InMemoryTransport.createLinkedPair();
  await server.connect(far);
  const client = new Client({ name: 'c', version: '1' });
  await client.connect(near);
  await client.listTools();
  let taken = 0, said = '';
  for (let cents = 0; cents <= 1000; cents++)
    await client.callTool({ name: 'pay', arguments: { amount: cents / 100 } }).then(result => result.isError || taken++, error => (said ||= `${cents / 100}: ${error.message}`));
  await client.close();
  return [paid, taken, said];
}
let failed = false;
for (const [name, Server, Client] of [['server 1.x, client 1.x', Server1, Client1], ['server 2.x, client 2.x', Server2, Client2]]) {
  const [paid, taken, said] = await run(Server, Client);
  console.log(`${name}: of the amounts 0.00 to 10.00 the server took ${paid}, the client ${taken}; ${said}`);
  if (paid !== 1001 || taken !== 842 || !said.startsWith('0.07: ')) (failed = true), console.log('CHANGED: expected 1001, 842 and 0.07');
}
process.exit(failed ? 1 : 0);
EOF
node check.mjs
export GOFLAGS='-mod=mod -trimpath -ldflags=-w -vet=off' GOWORK=off
cat > go.mod <<'EOF'
module probe
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

type amount struct {
	Amount float64 `json:"amount"`
}

func main() {
	ctx, paid := context.Background(), 0
	server := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	schema := json.RawMessage(`{"type":"object","properties":{"amount":{"type":"number","multipleOf":0.01}},"required":["amount"]}`)
	mcp.AddTool(server, &mcp.Tool{Name: "pay", InputSchema: schema}, func(context.Context, *mcp.CallToolRequest, amount) (*mcp.CallToolResult, any, error) {
		paid++
		return &mcp.CallToolResult{}, nil, nil
	})
	near, far := mcp.NewInMemoryTransports()
	if _, err := server.Connect(ctx, far, nil); err != nil {
		panic(err)
	}
	client, err := mcp.NewClient(&mcp.Implementation{Name: "c", Version: "1"}, nil).Connect(ctx, near, nil)
	if err != nil {
		panic(err)
	}
	defer client.Close()
	for cents := range 1001 {
		client.CallTool(ctx, &mcp.CallToolParams{Name: "pay", Arguments: amount{float64(cents) / 100}})
	}
	fmt.Println("Go SDK server: took", paid, "as arguments")
	if paid != 842 {
		fmt.Println("CHANGED: expected 842")
		os.Exit(1)
	}
}
EOF
go mod tidy >tidy.log 2>&1 || { cat tidy.log; exit 1; }
go run . 2>log.txt || { cat log.txt; exit 1; }
