#!/usr/bin/env bash
# Guess:   Traceloop's instrumentation for MCP puts the span of a tool call under the span
#          that is active, such as that of the user's request, and tells the server the
#          trace in params._meta, as OpenTelemetry's conventions for MCP say.
# Instead: each call becomes a child of a span of the connection, in a trace of its own that
#          ends at close(). The calls of all requests of a program are in that one trace and
#          missing in those of the requests; and nothing of it is sent to the server.
# Where:   npm @traceloop/instrumentation-mcp 0.27.0, @modelcontextprotocol/sdk 1.32.2
# Output:  two requests, two traces; their calls: in another trace, the same for both, under mcp.client.session
#          params._meta sent: none, none
# Matters: who looks for the slow or refused call of a request does not find it there, and
#          a bridge or a server that goes on with the trace of params._meta begins a new one.
#          A long-lived client has one trace that grows for days.
set -euo pipefail
dir=$(mktemp -d); trap 'rm -rf "$dir"' EXIT; cd "$dir"
npm install --silent --no-audit --no-fund --ignore-scripts @traceloop/instrumentation-mcp@0.27.0 @modelcontextprotocol/sdk@1.32.2 \
  @opentelemetry/api@1.9.1 @opentelemetry/sdk-trace-node@2.12.1 zod@4.6.7
cat > check.mjs <<'EOF'
import { trace } from '@opentelemetry/api';
import { InMemorySpanExporter, NodeTracerProvider, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-node';
import { McpInstrumentation } from '@traceloop/instrumentation-mcp';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
const spans = new InMemorySpanExporter();
const provider = new NodeTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] });
provider.register();
const instrumentation = new McpInstrumentation();
instrumentation.setTracerProvider(provider);
instrumentation.manuallyInstrument({ Client });

const server = new McpServer({ name: 's', version: '1' }), seen = [];
server.registerTool('t', {}, async extra => (seen.push(extra._meta), { content: [] }));
const [near, far] = InMemoryTransport.createLinkedPair();
await server.connect(far);
const client = new Client({ name: 'c', version: '1' });
await client.connect(near);
const requests = [];
for (let i = 0; i < 2; i++)
  await trace.getTracer('check').startActiveSpan('request', async span => {
    requests.push(span.spanContext().traceId);
    await client.callTool({ name: 't' });
    span.end();
  });
await client.close();
const all = spans.getFinishedSpans();
const calls = all.filter(span => span.name === 't.tool'), session = all.find(span => span.name === 'mcp.client.session');
const traces = calls.map(span => span.spanContext().traceId);
const apart = traces.length === 2 && traces[0] === traces[1] && !requests.includes(traces[0]) && requests[0] !== requests[1];
const under = calls.every(span => span.parentSpanContext?.spanId === session?.spanContext().spanId);
console.log(`two requests, two traces; their calls: ${apart ? 'in another trace, the same for both' : 'elsewhere'}, ${under ? 'under mcp.client.session' : 'under another span'}`);
console.log(`params._meta sent: ${seen.map(meta => JSON.stringify(meta) ?? 'none').join(', ')}`);
if (!apart || !under || seen.some(meta => meta?.traceparent)) {
  console.log('CHANGED: calls are in the traces of their requests, or the server is told the trace');
  process.exit(1);
}
EOF
node check.mjs
