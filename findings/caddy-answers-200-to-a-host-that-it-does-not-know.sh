#!/usr/bin/env bash
# Caddy 2.6.2 (Debian 12): an MCP call to a name that the Caddyfile does not have
#
# Guess: as nginx and Apache, it takes its first site, or else answers 404 or 421
#   (misdirected request).
# Behaviour: 200, an empty body and no Content-Type; nothing in the log.
# Seen: a POST to the site's own name reaches the server and gets its answer; the
#   same POST under another Host: 200, content-length 0, the server hears nothing.
# Why it matters: to an MCP client 200 says that the server has taken the request.
#   One that goes by the status waits for an answer that never comes, or takes the
#   call for done. 200 with an empty body is a fault to be told: here nothing ran.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cd "$dir"
mkdir deb root
fetch() { (cd deb && apt-get download caddy >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
version=$(dpkg-deb -f deb/caddy_*.deb Version)
echo "caddy $version"
case $version in 2.6.2-*) ;; *) echo "CHANGED: expected version 2.6.2"; exit 1 ;; esac
cat > probe.mjs <<'EOS'
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { spawn } from "node:child_process";

let heard = 0;
const server = http.createServer((req, res) => {
  heard++;
  req.resume();
  res.writeHead(200, { "content-type": "application/json" });
  res.end('{"jsonrpc":"2.0","id":1,"result":{}}');
});
const listen = (s) => new Promise((done) => s.listen(0, "127.0.0.1", () => done(s.address().port)));
const freePort = async () => { const s = net.createServer(); const port = await listen(s); await new Promise((done) => s.close(done)); return port; };
const upstream = await listen(server);
const port = await freePort();
fs.writeFileSync("Caddyfile", `{
	admin off
	auto_https off
}
http://mcp.example.com:${port} {
	reverse_proxy 127.0.0.1:${upstream}
}
`);
const child = spawn("root/usr/bin/caddy", ["run", "--config", "Caddyfile", "--adapter", "caddyfile"],
  { stdio: "ignore", env: { PATH: process.env.PATH, HOME: process.cwd() } });
const over = Date.now() + 20000;
for (;;) {
  const up = await new Promise((done) => {
    const c = net.connect(port, "127.0.0.1", () => { c.destroy(); done(true); });
    c.on("error", () => done(false));
  });
  if (up) break;
  if (child.exitCode !== null || Date.now() > over) throw new Error("caddy did not start");
  await new Promise((done) => setTimeout(done, 50));
}
const ask = (host) => new Promise((done, fail) => {
  const req = http.request({ host: "127.0.0.1", port, method: "POST", path: "/mcp", headers: { host, "content-type": "application/json" } }, (res) => {
    let body = "";
    res.on("data", (d) => { body += d; });
    res.on("end", () => done({ status: res.statusCode, type: res.headers["content-type"], body }));
  });
  req.on("error", fail);
  req.end('{"jsonrpc":"2.0","id":1,"method":"ping"}');
});
const known = await ask(`mcp.example.com:${port}`);
const foreign = await ask(`mcp.example.org:${port}`);
child.kill();
server.close();
console.log(`its own name: ${known.status} ${known.body}`);
console.log(`another name: ${foreign.status}, content-type ${foreign.type}, body ${JSON.stringify(foreign.body)}; the server heard ${heard} requests`);
if (known.status !== 200 || foreign.status !== 200 || foreign.body !== "" || foreign.type !== undefined || heard !== 1) {
  console.log("CHANGED: expected 200 with an empty body, and one request at the server");
  process.exit(1);
}
EOS
node probe.mjs
echo "as stated"
