// Uses every feature of MCP once, against server-everything, with a client of the
// TypeScript SDK, and prints what came back as one JSON object.
//
//   node features.mjs v1|v2 CONFIG SERVER [buffered]
//
// CONFIG is a file as AI clients have it, {"mcpServers": {SERVER: {command, args,
// env} or {url, headers}}}. With "buffered" the way to the server carries requests and
// their answers only, so nothing is awaited that a server sends on its own.

import { readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';

const [generation, config, serverName, mode] = process.argv.slice(2);
const buffered = mode === 'buffered';
const { url, headers, ...command } = JSON.parse(await readFile(config, 'utf8')).mcpServers[serverName];
// A buffered way loses what the server asks in its own time: sampling, roots and
// forms. A client that goes such a way directly offers only what is left.
const trimmed = buffered && url;

// The two generations of the SDK differ in where things are, and in how handlers
// are named: by a schema, or by the method itself.
const generations = {
  async v1() {
    const [{ Client }, { StdioClientTransport }, { StreamableHTTPClientTransport }, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/client/index.js'),
      import('@modelcontextprotocol/sdk/client/stdio.js'),
      import('@modelcontextprotocol/sdk/client/streamableHttp.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    const schemas = {
      'sampling/createMessage': types.CreateMessageRequestSchema,
      'elicitation/create': types.ElicitRequestSchema,
      'roots/list': types.ListRootsRequestSchema,
      'notifications/message': types.LoggingMessageNotificationSchema,
      'notifications/progress': types.ProgressNotificationSchema,
      'notifications/resources/updated': types.ResourceUpdatedNotificationSchema,
    };
    return { Client, StdioClientTransport, StreamableHTTPClientTransport, named: (method) => schemas[method], options: {} };
  },
  async v2() {
    const [{ Client, StreamableHTTPClientTransport }, { StdioClientTransport }] = await Promise.all([
      import('@modelcontextprotocol/client'),
      import('@modelcontextprotocol/client/stdio'),
    ]);
    // Asks with server/discover first, and falls back to initialize.
    const options = { versionNegotiation: { mode: 'auto' } };
    return { Client, StdioClientTransport, StreamableHTTPClientTransport, named: (method) => method, options };
  },
  // Begins with initialize.
  'v2-legacy': async () => ({ ...(await generations.v2()), options: { versionNegotiation: { mode: 'legacy' } } }),
};
const sdk = await generations[generation]();

// Session ids and random ones differ from run to run.
const withoutIds = (value) =>
  JSON.parse(JSON.stringify(value).replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID'));

// Repeats ask until something has arrived in list that is wanted. A server may
// speak on its own only once its client's stream is open, and nothing says when.
async function arrives(list, wanted, ask) {
  for (let i = 0; i < 100; i++) {
    await ask();
    for (let j = 0; j < 20; j++) {
      const found = list.find(wanted);
      if (found) return found;
      await delay(10);
    }
  }
  throw new Error(`nothing wanted among ${JSON.stringify(list)}`);
}

// The error of a request that must fail.
async function failure(promise) {
  const result = await promise.then((value) => ({ value }), ({ code, message, data }) => ({ code, message, data }));
  if ('value' in result) throw new Error(`not refused: ${JSON.stringify(result.value)}`);
  return result;
}

const client = new sdk.Client(
  { name: 'ucbridge-e2e', version: '1.0.0' },
  {
    ...sdk.options,
    capabilities: trimmed
      ? { elicitation: { url: {} } }
      : { sampling: {}, roots: { listChanged: true }, elicitation: { form: {}, url: {} } },
  },
);

const asked = [];
const logged = [];
const progressed = [];
const updated = [];
function answer(method, result) {
  client.setRequestHandler(sdk.named(method), ({ params }) => {
    asked.push({ method, params });
    return result;
  });
}
if (!trimmed) {
  answer('sampling/createMessage', { model: 'a-model', role: 'assistant', content: { type: 'text', text: 'Paris' } });
  answer('roots/list', { roots: [{ uri: 'file:///srv/project', name: 'project' }] });
}
answer('elicitation/create', { action: 'accept', content: { name: 'Ada', integer: 7 } });
// The SDK's own onprogress misses what arrives in one piece with the answer (v1).
let onProgress = () => {};
client.setNotificationHandler(sdk.named('notifications/progress'), ({ params }) => { progressed.push(params); onProgress(); });
client.setNotificationHandler(sdk.named('notifications/message'), ({ params }) => { logged.push(params); });
client.setNotificationHandler(sdk.named('notifications/resources/updated'), ({ params }) => { updated.push(params); });
const errors = []; // what the client could make no sense of
client.onerror = (error) => { errors.push(error.message); };

const transport = url
  ? new sdk.StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } })
  : new sdk.StdioClientTransport(command);
await client.connect(transport);
function call(name, args, { progressToken, ...options } = {}) {
  const params = { name, arguments: args, ...(progressToken && { _meta: { progressToken } }) };
  return generation === 'v1' ? client.callTool(params, undefined, options) : client.callTool(params, options);
}

// 2026-07-28 has neither a ping nor a log level for a session.
const modern = generation === 'v2' && client.getProtocolEra() === 'modern';

const report = {
  server: client.getServerVersion(),
  revision: generation === 'v1' ? undefined : client.getNegotiatedProtocolVersion(),
  capabilities: client.getServerCapabilities(),
  instructions: client.getInstructions(),
  ...(!modern && { ping: await client.ping(), level: await client.setLoggingLevel('info') }),
  tools: (await client.listTools()).tools,
  echo: await call('echo', { message: 'Grüße, 世界 \u2028 <&> "quoted"' }),
  structured: await call('get-structured-content', { location: 'Chicago' }),
  image: await call('get-tiny-image', {}),
  invalid: await call('get-sum', { a: 'one' }),
  resources: (await client.listResources()).resources,
  resource: await client.readResource({ uri: 'demo://resource/static/document/features.md' }),
  unknownResource: await failure(client.readResource({ uri: 'demo://nowhere' })),
  templates: (await client.listResourceTemplates()).resourceTemplates,
  prompts: (await client.listPrompts()).prompts,
  prompt: await client.getPrompt({ name: 'args-prompt', arguments: { city: 'Turin', state: 'Piedmont' } }),
  completion: await client.complete({
    ref: { type: 'ref/prompt', name: 'completable-prompt' },
    argument: { name: 'name', value: 'E' },
    context: { arguments: { department: 'Sales' } },
  }),
  urlElicitation: withoutIds(
    await failure(call('trigger-url-elicitation', { url: 'http://127.0.0.1/consent', errorPath: true })),
  ),
};

report.slow = await call('trigger-long-running-operation', { duration: 0.2, steps: 4 }, { progressToken: 'slow' });
// The last one may come in one piece with the answer, and v2 tells of it a moment later.
await arrives(progressed, ({ progressToken, progress }) => progressToken === 'slow' && progress === 4, () => {});
// A client that resumes a stream (v1 does, once an answer has ended it) is sent some of them again.
report.progress = progressed.filter(
  ({ progressToken, progress }, i) =>
    progressToken === 'slow' && progressed.findIndex((p) => p.progressToken === 'slow' && p.progress === progress) === i,
);

const document = 'demo://resource/dynamic/text/1';
if (buffered) {
  report.subscribed = await client.subscribeResource({ uri: document });
} else {
  // The first message on the stream of the server's own shows that it is open.
  const isSubscription = ({ data }) => data.startsWith('Received Subscribe');
  if (!modern) {
    report.log = withoutIds(
      await arrives(logged, isSubscription, async () => {
        report.subscribed = await client.subscribeResource({ uri: document });
      }),
    );
  }
  report.roots = await call('get-roots-list', {});
  if (!modern) await client.sendRootsListChanged();
  report.sampling = await call('trigger-sampling-request', { prompt: 'the capital of France', maxTokens: 5 });
  report.elicitation = await call('trigger-elicitation-request', {});
  report.asked = ['roots/list', 'sampling/createMessage', 'elicitation/create'].map((method) =>
    asked.find((request) => request.method === method),
  );
  if (!modern) {
    await call('toggle-subscriber-updates', {});
    report.update = await arrives(updated, ({ uri }) => uri === document, () => {});
  }

  const stop = new AbortController();
  onProgress = () => stop.abort('enough');
  report.cancelled = await failure(
    call('trigger-long-running-operation', { duration: 10, steps: 100 }, { progressToken: 'stopped', signal: stop.signal }),
  );
  report.afterCancel = await call('get-sum', { a: 20, b: 22 });
}

// A line on stdout that is no message of the protocol is among them. Over HTTP
// there are always some: v1 does not know of events without data.
if (!url && errors.length > 0) throw new Error(errors.join('\n'));
if (url) await transport.terminateSession();
await client.close();
// The HTTP transport goes on with its streams for a while after close.
process.stdout.write(JSON.stringify(report, null, 1), () => process.exit());
