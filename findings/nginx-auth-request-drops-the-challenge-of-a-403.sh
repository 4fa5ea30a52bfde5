#!/usr/bin/env bash
# nginx 1.22.1 (Debian 12), auth_request: the challenge of a 403
#
# Guess: when the service behind auth_request refuses a request, the client gets
#   its status and its WWW-Authenticate, for 403 as for 401; and another status,
#   such as 429 or 503, is handed on.
# Behaviour: only a 401 keeps WWW-Authenticate. A 403 comes with nginx's own page
#   and without the header. Any other status of the service becomes 500.
# Seen: the service answers 403 with 'Bearer error="insufficient_scope",
#   scope="..."': the client gets 403 and no WWW-Authenticate. 429 with
#   Retry-After: 500 and no Retry-After.
# Why it matters: MCP's authorization asks for more rights by just that 403. A
#   client behind this front cannot learn which scope it lacks and tells its user
#   that access is denied for good; a limit on sign-ins looks like a broken
#   server. Copy the header by auth_request_set, or answer in the server itself.
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="nginx"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in nginx=1.22.1-; do
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

// One server is both: /check asks for the status that the request names, /mcp is the MCP server.
const server = http.createServer((req, res) => {
  if (req.url === "/mcp") { req.resume(); res.setHeader("content-type", "application/json"); res.end("{}"); return; }
  res.writeHead(Number(req.headers["x-answer"]), {
    "www-authenticate": `Bearer error="insufficient_scope", scope="ai-gateway", resource_metadata="https://w.test/m"`, "retry-after": "7",
  });
  res.end();
});
const upstream = await listen(server);
const port = await freePort();
const child = await started(port, ...nginx(port, `
  location /mcp { auth_request /check; proxy_pass http://127.0.0.1:${upstream}; }
  location = /check { internal; proxy_pass http://127.0.0.1:${upstream}; proxy_pass_request_body off; proxy_set_header Content-Length ""; }
`));
let failed = false;
for (const [asked, status, challenge] of [[200, 200, false], [401, 401, true], [403, 403, false], [429, 500, false], [503, 500, false]]) {
  const got = await new Promise((done, fail) => {
    const req = http.request({ host: "127.0.0.1", port, path: "/mcp", method: "POST", headers: { "x-answer": asked } }, (res) => {
      res.resume();
      res.on("end", () => done({ status: res.statusCode, challenge: Boolean(res.headers["www-authenticate"]), retry: Boolean(res.headers["retry-after"]) }));
    });
    req.on("error", fail);
    req.end("{}");
  });
  console.log(`service answers ${asked}: client gets ${got.status}, WWW-Authenticate: ${got.challenge}, Retry-After: ${got.retry}`);
  if (got.status !== status || got.challenge !== challenge || got.retry) { console.log(`CHANGED: expected ${status}, WWW-Authenticate ${challenge}, no Retry-After`); failed = true; }
}
await ended(child);
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
