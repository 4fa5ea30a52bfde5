#!/usr/bin/env bash
# haproxy 2.6.12 and Apache httpd 2.4.71 (Debian 12): the MCP server drops a
# kept-alive connection in the middle of a call
#
# Guess: the proxy answers 502, as for every server that goes away before it has
#   answered, and as nginx, h2o and nghttpx do.
# Behaviour: where the connection to the server was in use before, haproxy and
#   Apache answer nothing: they close the client's connection, too, so that it
#   may try again. The server had received the whole request.
# Seen: first POST on a connection: 200. Second POST, read to its end by the
#   server, which then closes: the client gets "socket hang up", no status line.
#   The server heard the second POST once.
# Why it matters: "closed before any byte of an answer on a reused connection" is
#   what HTTP clients take for an idle connection that had timed out, and retry.
#   Behind these two it also stands for a tools/call that may have run: a bridge
#   must not send it again, and has no status to show.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 apache2-bin libapr1 libaprutil1"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in haproxy=2.6.12- apache2-bin=2.4.71-; do
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

// A server that answers the first request on each connection, and on a later
// one reads the request to its end and closes without an answer, as a server
// does whose process is replaced. All requests have a known length.
const heard = [];
const server = net.createServer((c) => {
  let text = "", answered = false;
  c.on("error", () => {});
  c.on("data", (d) => {
    text += d.toString("latin1");
    for (;;) {
      const end = text.indexOf("\r\n\r\n");
      if (end < 0) return;
      const head = text.slice(0, end);
      const whole = end + 4 + Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (text.length < whole) return;
      text = text.slice(whole);
      const name = /^x-name: *(\S+)/im.exec(head)?.[1];
      if (!name) { c.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"); return; }
      heard.push(name);
      if (answered) { c.destroy(); return; }
      answered = true;
      c.write("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}");
    }
  });
});
const listen = (s) => new Promise((done) => s.listen(0, "127.0.0.1", () => done(s.address().port)));
const freePort = async () => { const s = net.createServer(); const port = await listen(s); await new Promise((done) => s.close(done)); return port; };
const upstream = await listen(server);

// started runs a proxy and waits until it accepts connections.
const started = async (port, command, ...args) => {
  const child = spawn(command, args, { stdio: ["ignore", fs.openSync("proxy.log", "a"), fs.openSync("proxy.log", "a")] });
  const over = Date.now() + 20000;
  for (;;) {
    const ok = await new Promise((done) => {
      const c = net.connect(port, "127.0.0.1", () => { c.destroy(); done(true); });
      c.on("error", () => done(false));
    });
    if (ok) return child;
    if (child.exitCode !== null || Date.now() > over) { console.log(fs.readFileSync("proxy.log", "utf8")); throw new Error(`${command} did not start`); }
    await new Promise((done) => setTimeout(done, 50));
  }
};
const ended = (child) => new Promise((done) => { child.on("exit", done); child.kill(); });

// ask sends one request over the agent's single connection.
const ask = (port, agent, method, name) => new Promise((done) => {
  const req = http.request({
    host: "127.0.0.1", port, agent, method, path: "/mcp",
    headers: { "x-name": name, "mcp-session-id": "s", "content-type": "application/json" },
  }, (res) => { res.resume(); res.on("end", () => done(String(res.statusCode))); });
  req.on("error", (e) => done(e.message));
  req.end(method === "POST" ? "{}" : undefined);
});
const times = (name) => heard.filter((n) => n === name).length;

const dir = process.cwd();
const proxies = {
  haproxy: (port) => {
    fs.writeFileSync("haproxy.cfg", `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend front
  bind 127.0.0.1:${port}
  default_backend mcp
backend mcp
  server one 127.0.0.1:${upstream}
`);
    return [`${dir}/root/usr/sbin/haproxy`, "-db", "-f", "haproxy.cfg"];
  },
  apache: (port) => {
    const load = ["mpm_event", "authz_core", "proxy", "proxy_http"]
      .map((m) => `LoadModule ${m}_module ${dir}/root/usr/lib/apache2/modules/mod_${m}.so`).join("\n");
    fs.writeFileSync("apache.conf", `
ServerRoot ${dir}
ServerName localhost
PidFile ${dir}/apache.pid
ErrorLog ${dir}/apache.log
Listen 127.0.0.1:${port}
${load}
User nobody
Group nogroup
ProxyPass / http://127.0.0.1:${upstream}/
`);
    return [`${dir}/root/usr/sbin/apache2`, "-D", "FOREGROUND", "-f", `${dir}/apache.conf`];
  },
};
let failed = false;
for (const [name, configure] of Object.entries(proxies)) {
  const port = await freePort();
  const child = await started(port, ...configure(port));
  const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
  const first = await ask(port, agent, "POST", `${name}-first`);
  const second = await ask(port, agent, "POST", `${name}-second`);
  agent.destroy();
  await ended(child);
  console.log(`${name}: first call ${first}; second call: ${second}; the server heard it ${times(`${name}-second`)} times`);
  if (first !== "200" || second !== "socket hang up" || times(`${name}-second`) !== 1) {
    console.log("CHANGED: expected 200, then no answer at all, and the second call heard once");
    failed = true;
  }
}
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
