#!/usr/bin/env bash
# npm http-proxy 1.18.1 (seen with Node 20 and 22): a client that leaves its GET
# stream
#
# Guess: when an MCP client goes away from its event stream, the proxy in front of
#   the server ends its own request to the server.
# Behaviour: it does not. The package waits for the event "aborted" of the
#   request, which Node no longer sends once the request itself has been read to
#   its end, as it always has for a GET. The stream to the server stays open, and
#   the server goes on writing into it. The answer's side is not watched.
# Seen: client closes after the first event; three seconds and 30 further events
#   later the server has seen no close. http-proxy-3 1.23.3, a continuation of
#   the package: closed at once.
# Why it matters: behind a development server or an older gateway built on it
#   (http-proxy-middleware 2 and 3 are), each reconnect of a client leaves an open
#   stream on the MCP server, which still counts the client as listening and sends
#   its messages to nobody.
# The three seconds are only a bound for "nothing came".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
echo '{"private": true, "type": "module"}' > package.json
pinned="http-proxy@1.18.1 http-proxy-3@1.23.3"
npm install --silent --no-audit --no-fund --ignore-scripts $pinned >npm.log 2>&1 || { cat npm.log; exit 1; }
for p in $pinned; do
  [ "$(node -p "require('./node_modules/${p%@*}/package.json').version")" = "${p##*@}" ] || { echo "CHANGED: another version of ${p%@*} was installed"; exit 1; }
done
cat > probe.mjs <<'EOF'
import http from "node:http";
import { createRequire } from "node:module";
const require = createRequire(import.meta.url);

const listen = (server) => new Promise((done) => server.listen(0, "127.0.0.1", () => done(server.address().port)));
let left, events;
const upstream = http.createServer((req, res) => {
  res.writeHead(200, { "content-type": "text/event-stream" });
  events = 0;
  const ticking = setInterval(() => { events++; res.write("event: message\ndata: {}\n\n"); }, 100);
  res.on("close", () => { clearInterval(ticking); left("closed"); });
});
const target = `http://127.0.0.1:${await listen(upstream)}`;

let failed = false;
for (const [name, want] of [["http-proxy", "still open"], ["http-proxy-3", "closed"]]) {
  const proxy = require(name).createProxyServer({ target });
  proxy.on("error", () => {});
  const front = http.createServer((req, res) => proxy.web(req, res, {}, () => {}));
  const port = await listen(front);
  const closed = new Promise((done) => { left = done; });
  const status = await new Promise((done, fail) => {
    const req = http.get({ host: "127.0.0.1", port, headers: { accept: "text/event-stream" } }, (res) => {
      res.once("data", () => { req.destroy(); done(res.statusCode); });
      res.on("error", () => {});
    });
    req.on("error", fail);
  });
  const seen = await Promise.race([closed, new Promise((done) => setTimeout(done, 3000, "still open"))]);
  console.log(`${name}: answer ${status}, client left after the first event, stream to the server ${seen}, ${events} events written`);
  if (seen !== want || (want === "still open" && events < 10)) {
    console.log(`CHANGED: expected ${want}`);
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
