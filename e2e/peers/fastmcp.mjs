// A server of fastmcp: node fastmcp.mjs PORT.
import { FastMCP, UserError } from "fastmcp";
import { z } from "zod";

const server = new FastMCP({ name: "fastmcp-peer", version: "1.0.0" });
server.addTool({
  name: "add",
  description: "Adds two numbers.",
  parameters: z.object({ a: z.number(), b: z.number() }),
  execute: async ({ a, b }) => String(a + b),
});
server.addTool({
  name: "fail",
  description: "Reports an error.",
  execute: async () => {
    throw new UserError("as asked");
  },
});
server.addResource({ uri: "note://1", name: "note", mimeType: "text/plain", load: async () => ({ text: "one" }) });
await server.start({ transportType: "httpStream", httpStream: { host: "127.0.0.1", port: Number(process.argv[2]), endpoint: "/mcp" } });
