// Says how Node reads URIs, one JSON text a line: scheme, host and path, or null.
import readline from "node:readline";
import { fileURLToPath } from "node:url";

for await (const line of readline.createInterface({ input: process.stdin })) {
  let read = null;
  try {
    const url = new URL(JSON.parse(line));
    let path = url.pathname;
    try {
      path = url.protocol === "file:" ? fileURLToPath(url) : decodeURIComponent(path);
    } catch {
      // not a path; as it is
    }
    read = { scheme: url.protocol, host: url.hostname, path };
  } catch {
    // no URL
  }
  console.log(JSON.stringify(read));
}
