#!/usr/bin/env bash
# Guess:   with OpenTelemetry on, the Strands Agents SDK sends the trace context of a call
#          where MCP's conventions put it: in params._meta.
# Instead: it is merged into the arguments, as an argument named _meta. A server that
#          allows only the arguments of its schema, as the Go SDK's does by default, refuses
#          every call as soon as a span is active, and only then.
# Where:   npm @strands-agents/sdk 1.19.0, github.com/modelcontextprotocol/go-sdk v1.8.0
# Output:  without a span: success: tool ran
#          arguments: {"n":1}
#          within a span: error: validating "arguments": ... unexpected additional properties ["_meta"]
#          arguments: {"n":1,"_meta":{"traceparent":"00-..."}}, params._meta: none
# Matters: tracing, turned on in production only, breaks calls that worked in tests. A
#          policy or an audit log that looks at arguments sees one that the model never
#          gave, another one for each call; who follows params._meta finds no trace.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @strands-agents/sdk@1.19.0 @modelcontextprotocol/sdk@1.32.2 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1
cat > go.mod <<'EOF'
module check
go 1.26
require github.com/modelcontextprotocol/go-sdk v1.8.0
EOF
cat > main.go <<'EOF'
package main

import (
	"context"

	"github.com/modelcontextprotocol/go-sdk/mcp"
)

func main() {
	s := mcp.NewServer(&mcp.Implementation{Name: "s", Version: "1"}, nil)
	mcp.AddTool(s, &mcp.Tool{Name: "t"}, func(context.Context, *mcp.CallToolRequest, struct {
		N float64 `json:"n"`
	}) (*mcp.CallToolResult, any, error) {
		return &mcp.CallToolResult{Content: []mcp.Content{&mcp.TextContent{Text: "tool ran"}}}, nil, nil
	})
	s.Run(context.Background(), &mcp.StdioTransport{})
}
EOF
go mod tidy >/dev/null 2>&1
go build -o server .
cat > check.mjs <<'EOF'
import { trace } from '@opentelemetry/api';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { McpClient } from '@strands-agents/sdk';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
new NodeTracerProvider().register();
const transport = new StdioClientTransport({ command: './server' });
const send = transport.send.bind(transport);
let params;
transport.send = (message, options) => ((params = message.params), send(message, options));
const client = new McpClient({ transport });
const [tool] = await client.listTools();
async function call() {
  const turn = tool.stream({ toolUse: { name: 't', toolUseId: '1', input: { n: 1 } } });
  let step;
  do step = await turn.next(); while (!step.done);
  return { status: step.value.status, text: step.value.content[0].text, sent: params };
}
const plain = await call();
const traced = await trace.getTracer('check').startActiveSpan('turn', call);
await client.disconnect();
const show = ({ status, text, sent }) => `${status}: ${text}\narguments: ${JSON.stringify(sent.arguments)}, params._meta: ${JSON.stringify(sent._meta) ?? 'none'}`;
console.log(`without a span: ${show(plain)}\nwithin a span: ${show(traced)}`);
if (plain.status !== 'success' || traced.status !== 'error' || !traced.text.includes('"_meta"') ||
    !traced.sent.arguments._meta?.traceparent || traced.sent._meta) {
  console.log('CHANGED: the trace context is sent in another place, or accepted');
  process.exit(1);
}
process.exit(0);
EOF
node check.mjs
