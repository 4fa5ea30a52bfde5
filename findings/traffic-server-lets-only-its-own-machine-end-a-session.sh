#!/usr/bin/env bash
# Apache Traffic Server 9.2.5 (Debian 12), reverse proxy: DELETE of an MCP session
#
# Guess: a reverse proxy that maps a site to a server hands on every method, from everybody.
# Behaviour: ip_allow.yaml, as installed, refuses DELETE of all but 127.0.0.1 and ::1, with PURGE
#   and PUSH, the cache's own methods. POST and GET are handed on.
# Seen: from 127.0.0.1 POST and DELETE: 200 and 200. From 127.0.0.2, any other address: POST 200,
#   DELETE 403 with a page "Access Denied"; the server has not seen it.
# Why it matters: DELETE is how an MCP client ends its session. Tried on the machine itself all
#   is well; in use no session is ever ended, each stays until the server's own limit, and
#   clients that tell of a failed end report a server that denies access. Allow DELETE there.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="trafficserver libhwloc15 libpcre3 libyaml-cpp0.7"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
version=$(dpkg-deb -f deb/trafficserver_*.deb Version)
echo "trafficserver $version"
case $version in 9.2.5+ds-*) ;; *) echo "CHANGED: expected version 9.2.5"; exit 1 ;; esac
export LD_LIBRARY_PATH="$dir/root/usr/lib/trafficserver:$dir/root/usr/lib/x86_64-linux-gnu:$dir/root/lib/x86_64-linux-gnu"
cat > probe.mjs <<'EOF'
import fs from "node:fs";
import http from "node:http";
import net from "node:net";
import { execFileSync, spawn } from "node:child_process";

const dir = process.cwd();
const listen = (s) => new Promise((done) => s.listen(0, "127.0.0.1", () => done(s.address().port)));
const freePort = async () => { const s = net.createServer(); const port = await listen(s); await new Promise((done) => s.close(done)); return port; };

let reached = 0;
const server = http.createServer((req, res) => { reached++; req.resume(); res.setHeader("content-type", "application/json"); res.end("{}"); });
const upstream = await listen(server);
const port = await freePort();

// Its places lie below one folder; the configuration is the installed one but for the port and the map.
const places = { prefix: "", exec_prefix: "", sysconfdir: "etc", datadir: "share", includedir: "include", localstatedir: "var", runtimedir: "run", logdir: "log", mandir: "man", infodir: "info", cachedir: "cache" };
for (const place of Object.values(places)) fs.mkdirSync(`${dir}/ats/${place}`, { recursive: true });
fs.cpSync(`${dir}/root/etc/trafficserver`, `${dir}/ats/etc`, { recursive: true });
fs.writeFileSync("runroot.yaml", [
  ...Object.entries(places).map(([name, place]) => `${name}: ${dir}/ats/${place}`),
  `bindir: ${dir}/root/usr/bin`, `sbindir: ${dir}/root/usr/bin`, `libdir: ${dir}/root/usr/lib/trafficserver`, `libexecdir: ${dir}/root/usr/lib/trafficserver/modules`, "",
].join("\n"));
const root = process.getuid() === 0;
fs.writeFileSync("ats/etc/records.config", `
CONFIG proxy.config.http.server_ports STRING ${port}
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.body_factory.template_sets_dir STRING ${dir}/ats/etc/body_factory
CONFIG proxy.config.log.logging_enabled INT 0
${root ? "CONFIG proxy.config.admin.user_id STRING nobody" : ""}
`);
fs.writeFileSync("ats/etc/remap.config", `map http://gateway.test/ http://127.0.0.1:${upstream}/\n`);
if (root) execFileSync("chown", ["-R", "nobody", "ats"]);
const log = fs.openSync("ats.log", "a");
const command = [`${dir}/root/usr/bin/traffic_server`, `--run-root=${dir}/runroot.yaml`];
const child = root
  ? spawn("setpriv", ["--reuid=65534", "--regid=65534", "--clear-groups", ...command], { stdio: ["ignore", log, log] })
  : spawn(command[0], command.slice(1), { stdio: ["ignore", log, log] });
for (const over = Date.now() + 30000; ;) {
  if (await new Promise((done) => { const c = net.connect(port, "127.0.0.1", () => { c.destroy(); done(true); }); c.on("error", () => done(false)); })) break;
  if (child.exitCode !== null || Date.now() > over) throw new Error("traffic_server did not start: " + fs.readFileSync("ats.log", "utf8"));
  await new Promise((done) => setTimeout(done, 100));
}

let failed = false;
for (const [from, method, status] of [["127.0.0.1", "POST", 200], ["127.0.0.1", "DELETE", 200], ["127.0.0.2", "POST", 200], ["127.0.0.2", "DELETE", 403]]) {
  reached = 0;
  const got = await new Promise((done, fail) => {
    const req = http.request({ host: "127.0.0.1", localAddress: from, port, path: "/mcp", method, headers: { host: "gateway.test", "mcp-session-id": "s" } }, (res) => {
      let body = "";
      res.on("data", (d) => { body += d; });
      res.on("end", () => done({ status: res.statusCode, denied: body.includes("Access Denied") }));
    });
    req.on("error", fail);
    req.end(method === "POST" ? "{}" : undefined);
  });
  console.log(`${method} from ${from}: ${got.status}, ${reached} at the server`);
  if (got.status !== status || reached !== (status === 200 ? 1 : 0) || got.denied !== (status === 403)) { console.log(`CHANGED: expected ${status}`); failed = true; }
}
await new Promise((done) => { child.on("exit", done); child.kill("SIGKILL"); });
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
