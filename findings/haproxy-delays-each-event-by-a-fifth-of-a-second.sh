#!/usr/bin/env bash
# haproxy 2.6.12 (Debian 12, Linux): the delay of each event of a stream
#
# Guess: haproxy does not collect answers, so an event passes within a few
#   milliseconds.
# Behaviour: as long as the answer goes on, each piece of it is sent with the
#   note that more will follow, and Linux keeps such a piece back for 200 ms. The
#   status and every event of a stream come a fifth of a second late, only the
#   last, with the end of the answer, at once. "option http-no-delay" ends it.
# Seen: five events, each sent when the client has the one before: the quickest
#   takes 0.2 s by default, and less than a hundredth with the option.
# Why it matters: every message of a GET stream, each progress and each question
#   of the server to the client is 0.2 s late behind an ordinary haproxy, a
#   dialogue of ten questions two seconds. It looks like a slow server.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in haproxy=2.6.12-; do
  version=$(dpkg-deb -f deb/"${want%%=*}"_*.deb Version)
  echo "${want%%=*} $version"
  case $version in "${want#*=}"*) ;; *) echo "CHANGED: expected version ${want#*=}"; exit 1 ;; esac
done
export LD_LIBRARY_PATH="$dir/root/usr/lib/x86_64-linux-gnu:$dir/root/usr/lib/x86_64-linux-gnu/varnish"
cat > probe.mjs <<'EOF'
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { spawn } from "node:child_process";

const dir = process.cwd();
const listen = (s) => new Promise((done) => s.listen(0, "127.0.0.1", () => done(s.address().port)));
const freePort = async () => { const s = net.createServer(); const port = await listen(s); await new Promise((done) => s.close(done)); return port; };

// started runs a proxy and waits until it accepts connections.
const started = async (port, command, ...args) => {
  const log = fs.openSync("proxy.log", "a");
  const child = spawn(command, args, { stdio: ["ignore", log, log] });
  for (const over = Date.now() + 20000; ;) {
    if (await new Promise((done) => { const c = net.connect(port, "127.0.0.1", () => { c.destroy(); done(true); }); c.on("error", () => done(false)); })) return child;
    if (child.exitCode !== null || Date.now() > over) throw new Error(`${command} did not start: ` + fs.readFileSync("proxy.log", "utf8"));
    await new Promise((done) => setTimeout(done, 50));
  }
};
const ended = (child) => new Promise((done) => { child.on("exit", done); child.kill(); });

// The server sends an event when it is told to, and notes when.
let send, at;
const server = http.createServer((req, res) => {
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache" });
  send = () => { at = performance.now(); res.write("data: {}\n\n"); };
  send();
});
const upstream = await listen(server);

async function quickest(option) {
  const port = await freePort();
  fs.writeFileSync("haproxy.cfg", `
defaults
  mode http
  ${option}
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  default_backend mcp
backend mcp
  server one 127.0.0.1:${upstream}
`);
  const child = await started(port, `${dir}/root/usr/sbin/haproxy`, "-db", "-f", "haproxy.cfg");
  const took = [];
  await new Promise((done, fail) => {
    const req = http.get({ host: "127.0.0.1", port, path: "/mcp", agent: false }, (res) => {
      res.on("error", () => {});
      res.on("data", () => {
        took.push(performance.now() - at);
        if (took.length === 6) { req.destroy(); done(); } else send();
      });
    });
    req.on("error", (e) => took.length < 6 && fail(e));
  });
  await ended(child);
  return Math.round(Math.min(...took.slice(1))); // the first waits for the connection, too
}

const plain = await quickest(""), nodelay = await quickest("option http-no-delay");
console.log(`quickest of five events: default ${plain} ms, with http-no-delay ${nodelay} ms`);
if (plain < 150 || plain > 1000) { console.log("CHANGED: expected about 200 ms by default"); process.exit(1); }
if (nodelay > 100) { console.log("CHANGED: expected no delay with the option"); process.exit(1); }
process.exit(0);
EOF
node probe.mjs
echo "as stated"
