#!/usr/bin/env bash
# h2o 2.2.5 (Debian 12) as a reverse proxy: a GET stream on which nothing happens yet
#
# Guess: the status and the headers of an answer pass when they come, as they do in nginx
#   with X-Accel-Buffering: no, haproxy and Caddy. Only the body may be held.
# Behaviour: h2o sends the headers together with the first byte of the body. Until then the
#   client has neither 200 nor Mcp-Session-Id. Events after it pass at once.
# Seen: headers written, first byte a second later: the client has the headers after that
#   second, not before; behind them the next event comes within a few hundredths.
# Why it matters: a client that waits until its GET stream is open before it goes on, or
#   takes 405 for "no stream here", waits as long as the server has nothing to say, and
#   after 30 s, h2o's limit by default, the stream is cut. Write a comment line (":") at once.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="h2o libyaml-0-2"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
version=$(dpkg-deb -f deb/h2o_*.deb Version)
echo "h2o $version"
case $version in 2.2.5+*) ;; *) echo "CHANGED: expected version 2.2.5"; exit 1 ;; esac
export LD_LIBRARY_PATH="$dir/root/usr/lib/x86_64-linux-gnu"
cat > probe.mjs <<'EOF'
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { spawn } from "node:child_process";

const listen = (s) => new Promise((done) => s.listen(0, "127.0.0.1", () => done(s.address().port)));
let stream, written;
const server = http.createServer((req, res) => {
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache", "mcp-session-id": "s" });
  res.flushHeaders();
  stream = res;
  written(performance.now());
});
const upstream = await listen(server);
const socketPath = `${process.cwd()}/socket`;
fs.writeFileSync("h2o.conf", `
listen:
  type: unix
  port: ${socketPath}
user: ${process.env.USER_NAME}
hosts:
  default:
    paths:
      "/":
        proxy.reverse.url: "http://127.0.0.1:${upstream}/"
`);
const log = fs.openSync("h2o.log", "a");
const h2o = spawn("root/usr/bin/h2o", ["-c", "h2o.conf"], { stdio: ["ignore", log, log] });
for (const over = Date.now() + 20000; ;) {
  if (await new Promise((done) => { const c = net.connect(socketPath, () => { c.destroy(); done(true); }); c.on("error", () => done(false)); })) break;
  if (h2o.exitCode !== null || Date.now() > over) throw new Error("h2o did not start: " + fs.readFileSync("h2o.log", "utf8"));
  await new Promise((done) => setTimeout(done, 50));
}
const begun = new Promise((done) => { written = done; });
let headersAt, arrived;
const req = http.get({ socketPath, path: "/mcp", agent: false, headers: { host: "mcp.example", accept: "text/event-stream" } }, (res) => {
  headersAt = performance.now();
  res.on("error", () => {});
  res.on("data", () => arrived(performance.now()));
});
req.on("error", () => {});
await begun;
await new Promise((done) => setTimeout(done, 1000));
const before = headersAt !== undefined;
const event = async (text) => {
  const came = new Promise((done) => { arrived = done; });
  const at = performance.now();
  stream.write(text);
  return await came - at;
};
const first = await event(": hello\n\n"), second = await event("data: {}\n\n");
console.log(`headers within a second: ${before}; with the first byte: ${headersAt !== undefined}; first byte after ${Math.round(first)} ms, the next event after ${Math.round(second)} ms`);
req.destroy();
await new Promise((done) => { h2o.on("exit", done); h2o.kill(); });
if (before || headersAt === undefined || first > 500 || second > 500) { console.log("CHANGED: expected headers with the first byte, and events at once"); process.exit(1); }
process.exit(0);
EOF
USER_NAME=$(id -un) node probe.mjs
echo "as stated"
