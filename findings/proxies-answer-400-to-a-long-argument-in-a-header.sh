#!/usr/bin/env bash
# nginx 1.22.1, Apache httpd 2.4.71, haproxy 2.6.12, lighttpd 1.4.69 (Debian 12): a
# tool argument that is too long for a header
#
# Guess: a request header that is too long is answered 431, which has been there
#   for it since 2012.
# Behaviour: nginx and Apache answer 400 from about 8 KiB on, haproxy from about
#   16 KiB, each with its own page. Only lighttpd says 431 (from 8 KiB).
# Seen: Mcp-Param-Query of 8000 bytes: 200 from all. 8200 bytes: nginx 400, Apache
#   400, lighttpd 431, haproxy 200. 17000 bytes: haproxy 400.
# Why it matters: MCP 2026-07-28 has clients copy arguments of a tool into
#   Mcp-Param headers, and has servers answer 400 when header and body differ. A
#   long query in a header gives a 400 that has nothing to do with that, at a size
#   that differs per proxy; a client that looks at the status only mistakes the
#   cause. Look for the JSON-RPC error in the body first.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="nginx haproxy liblua5.3-0 libopentracing-c-wrapper0 libopentracing1 apache2-bin libapr1 libaprutil1 lighttpd"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in nginx=1.22.1- haproxy=2.6.12- apache2-bin=2.4.71- lighttpd=1.4.69-; do
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
const nginx = (port, http) => {
  const places = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((p) => `${p}_temp_path ${dir}/${p};`).join(" ");
  fs.writeFileSync("nginx.conf", `
daemon off; pid ${dir}/nginx.pid; error_log ${dir}/nginx.log; worker_processes 1;
events {}
http { access_log off; ${places} server { listen 127.0.0.1:${port}; ${http} } }
`);
  return [`${dir}/root/usr/sbin/nginx`, "-c", `${dir}/nginx.conf`, "-p", dir, "-e", `${dir}/nginx.log`];
};

const server = http.createServer({ maxHeaderSize: 1 << 20 }, (req, res) => { req.resume(); res.end("{}"); });
const upstream = await listen(server);
const proxies = {
  nginx: [(port) => nginx(port, `location / { proxy_pass http://127.0.0.1:${upstream}; }`), [200, 400, 400]],
  apache: [(port) => {
    const load = ["mpm_event", "authz_core", "proxy", "proxy_http"]
      .map((m) => `LoadModule ${m}_module ${dir}/root/usr/lib/apache2/modules/mod_${m}.so`).join("\n");
    fs.writeFileSync("apache.conf", `ServerRoot ${dir}\nServerName localhost\nPidFile ${dir}/apache.pid\nErrorLog ${dir}/apache.log
Listen 127.0.0.1:${port}\n${load}\nUser nobody\nGroup nogroup\nProxyPass / http://127.0.0.1:${upstream}/\n`);
    return [`${dir}/root/usr/sbin/apache2`, "-D", "FOREGROUND", "-f", `${dir}/apache.conf`];
  }, [200, 400, 400]],
  haproxy: [(port) => {
    fs.writeFileSync("haproxy.cfg", `defaults\n  mode http\n  timeout connect 5s\n  timeout client 30s\n  timeout server 30s
frontend front\n  bind 127.0.0.1:${port}\n  default_backend mcp\nbackend mcp\n  server one 127.0.0.1:${upstream}\n`);
    return [`${dir}/root/usr/sbin/haproxy`, "-db", "-f", "haproxy.cfg"];
  }, [200, 200, 400]],
  lighttpd: [(port) => {
    fs.writeFileSync("lighttpd.conf", `server.modules = ("mod_proxy")\nserver.document-root = "${dir}"\nserver.bind = "127.0.0.1"
server.port = ${port}\nproxy.server = ("" => (("host" => "127.0.0.1", "port" => ${upstream})))\n`);
    return [`${dir}/root/usr/sbin/lighttpd`, "-D", "-f", "lighttpd.conf", "-m", `${dir}/root/usr/lib/lighttpd`];
  }, [200, 431, 431]],
};
let failed = false;
for (const [name, [configure, want]] of Object.entries(proxies)) {
  const port = await freePort();
  const child = await started(port, ...configure(port));
  const got = [];
  for (const size of [8000, 8200, 17000]) {
    got.push(await new Promise((done) => {
      const req = http.request({
        host: "127.0.0.1", port, path: "/mcp", method: "POST", agent: false,
        headers: { "content-type": "application/json", "mcp-param-query": "a".repeat(size) },
      }, (res) => { res.resume(); res.on("end", () => done(res.statusCode)); });
      req.on("error", (e) => done(e.code));
      req.end("{}");
    }));
  }
  await ended(child);
  console.log(`${name}: header of 8000, 8200, 17000 bytes: ${got.join(", ")}`);
  if (String(got) !== String(want)) { console.log("CHANGED: expected", want.join(", ")); failed = true; }
}
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
