#!/usr/bin/env bash
# nginx 1.22.1 and varnish 7.1.1 (Debian 12): the DELETE that ends an MCP session
#
# Guess: a proxy with one server behind it sends each request to it once; what it
#   may repeat is a request that did not get there.
# Behaviour: both repeat a DELETE when the server closes a kept-alive connection
#   after it has read the request whole and before it has answered, and show the
#   client the second answer only. nginx holds back from that for POST (502),
#   varnish too (503); to repeat a DELETE is the default of both, though there is
#   one server only.
# Seen: DELETE on a reused connection, read by the server, which then closes: the
#   server hears the DELETE twice, the client gets the answer to the second.
# Why it matters: a server that ends the session with the first DELETE answers
#   the second with 404, so a client is told that its session was unknown though
#   all went well: take 404 to a DELETE for success.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="nginx varnish libvarnishapi3 libjemalloc2"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in nginx=1.22.1- varnish=7.1.1-; do
  version=$(dpkg-deb -f deb/"${want%%=*}"_*.deb Version)
  echo "${want%%=*} $version"
  case $version in "${want#*=}"*) ;; *) echo "CHANGED: expected version ${want#*=}"; exit 1 ;; esac
done
export LD_LIBRARY_PATH="$dir/root/usr/lib/x86_64-linux-gnu:$dir/root/usr/lib/x86_64-linux-gnu/varnish"
command -v cc >/dev/null || { echo "varnish needs a C compiler (cc)"; exit 1; }
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
  nginx: (port) => {
    const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((p) => `${p}_temp_path ${dir}/${p};`).join(" ");
    fs.writeFileSync("nginx.conf", `
daemon off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log; worker_processes 1;
events {}
http {
  access_log off; ${places}
  upstream mcp { server 127.0.0.1:${upstream}; keepalive 4; }
  server {
    listen 127.0.0.1:${port};
    location / { proxy_pass http://mcp; proxy_http_version 1.1; proxy_set_header Connection ""; }
  }
}
`);
    return [`${dir}/root/usr/sbin/nginx`, "-c", `${dir}/nginx.conf`, "-p", dir, "-e", `${dir}/nginx.log`];
  },
  varnish: (port) => {
    fs.writeFileSync("mcp.vcl", `vcl 4.1; backend mcp { .host = "127.0.0.1"; .port = "${upstream}"; }`);
    return [`${dir}/root/usr/sbin/varnishd`, "-F", "-a", `127.0.0.1:${port}`, "-f", `${dir}/mcp.vcl`, "-n", `${dir}/v`, "-s", "malloc,16m", "-j", "none"];
  },
};
const lost = { nginx: "502", varnish: "503" };
let failed = false;
for (const [name, configure] of Object.entries(proxies)) {
  const port = await freePort();
  const child = await started(port, ...configure(port));
  for (const [method, want, heardWant] of [["POST", lost[name], 1], ["DELETE", "200", 2]]) {
    const agent = new http.Agent({ keepAlive: true, maxSockets: 1 });
    let first;
    // The server closes some connections: begin until one is kept for the second request.
    for (let i = 0; i < 3 && first !== "200"; i++) first = await ask(port, agent, "POST", `${name}-${method}-first-${i}`);
    const second = await ask(port, agent, method, `${name}-${method}`);
    agent.destroy();
    const n = times(`${name}-${method}`);
    console.log(`${name}: ${method} on a connection that the server then closes: client gets ${second}, the server heard it ${n} times`);
    if (second !== want || n !== heardWant) {
      console.log(`CHANGED: expected ${want}, heard ${heardWant} times`);
      failed = true;
    }
  }
  await ended(child);
}
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
