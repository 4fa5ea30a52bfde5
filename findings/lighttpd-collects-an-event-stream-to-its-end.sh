#!/usr/bin/env bash
# lighttpd 1.4.69 (Debian 12), mod_proxy: an event stream of an MCP server
#
# Guess: a proxy's buffer delays events, and at least the headers and the first
#   kilobytes come through, or a client that leaves ends the stream.
# Behaviour: with default settings lighttpd collects the whole answer, however
#   long it takes, and then sends it with a Content-Length. Until then the client
#   has not even a status. X-Accel-Buffering: no, which nginx heeds, is ignored,
#   and so is "no-transform". With server.stream-response-body = 2 each event
#   comes at once.
# Seen: a stream of three events; the server waits for the client before it sends
#   the next. Default: no status within 3 s, then, when the server gives up,
#   status 200 with "content-length: 39". With the setting: the events come one
#   by one.
# Why it matters: progress messages come with the answer, a GET stream never
#   begins, and a question of the server to the client in mid-call is a deadlock
#   until one of the two gives up.
# The three seconds are only a bound for "nothing came".
set -euo pipefail
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
chmod 755 "$dir"
cd "$dir"
mkdir deb root
packages="lighttpd"
fetch() { (cd deb && apt-get download $packages >../apt.log 2>&1); }
fetch || { apt-get update >/dev/null 2>&1 && fetch; } || { cat apt.log; exit 1; }
for d in deb/*.deb; do dpkg -x "$d" root; done
for want in lighttpd=1.4.69-; do
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

// The server sends an event, and the next one when it is told that the client has it.
let sent, next, end;
const server = http.createServer((req, res) => {
  req.resume();
  if (req.headers.accept !== "text/event-stream") { res.end(); return; }
  res.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-cache, no-transform", "x-accel-buffering": "no" });
  sent = 0;
  next = () => { sent++; res.write("data: {}   \n\n"); if (sent === 3) res.end(); };
  end = () => { while (sent < 3) next(); };
  next();
});
const upstream = await listen(server);

async function stream(setting) {
  const port = await freePort();
  fs.writeFileSync("lighttpd.conf", `
server.modules = ("mod_proxy")
server.document-root = "${dir}"
server.bind = "127.0.0.1"
server.port = ${port}
proxy.server = ("" => (("host" => "127.0.0.1", "port" => ${upstream})))
${setting}
`);
  const log = fs.openSync("lighttpd.log", "a");
  const child = spawn(`${dir}/root/usr/sbin/lighttpd`, ["-D", "-f", "lighttpd.conf", "-m", `${dir}/root/usr/lib/lighttpd`], { stdio: ["ignore", log, log] });
  for (const over = Date.now() + 20000; ;) {
    if (await new Promise((done) => { const c = net.connect(port, "127.0.0.1", () => { c.destroy(); done(true); }); c.on("error", () => done(false)); })) break;
    if (child.exitCode !== null || Date.now() > over) throw new Error("lighttpd did not start: " + fs.readFileSync("lighttpd.log", "utf8"));
    await new Promise((done) => setTimeout(done, 50));
  }
  const result = await new Promise((done, fail) => {
    let early = 0, gaveUp = false;
    const bound = setTimeout(() => { gaveUp = true; end(); }, 3000);
    const req = http.get({ host: "127.0.0.1", port, path: "/mcp", headers: { accept: "text/event-stream" } }, (res) => {
      const status = { status: res.statusCode, length: res.headers["content-length"] ?? "none", inTime: !gaveUp };
      res.on("data", () => { if (!gaveUp) { early++; if (sent < 3) next(); } });
      res.on("end", () => { clearTimeout(bound); done({ ...status, early }); });
    });
    req.on("error", fail);
  });
  await new Promise((done) => { child.on("exit", done); child.kill(); });
  return result;
}

let failed = false;
for (const [setting, want] of [
  ["", { status: 200, length: "39", inTime: false, early: 0 }],
  ["server.stream-response-body = 2", { status: 200, length: "none", inTime: true, early: 3 }],
]) {
  const got = await stream(setting);
  console.log(`${setting || "default"}: status before the server gave up: ${got.inTime}, events one by one: ${got.early}, content-length: ${got.length}`);
  if (JSON.stringify(got) !== JSON.stringify(want)) { console.log("CHANGED: expected", want, "got", got); failed = true; }
}
process.exit(failed ? 1 : 0);
EOF
node probe.mjs
echo "as stated"
