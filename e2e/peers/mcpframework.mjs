// A server of mcp-framework: node mcpframework.mjs PORT.
import { MCPServer, MCPTool } from "mcp-framework";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";

// A schema counts only where it is made by the copy of zod that the framework uses.
const packages = createRequire(import.meta.resolve("mcp-framework"));
const { z } = await import(pathToFileURL(join(dirname(packages.resolve("zod/package.json")), "index.js")));

class Add extends MCPTool {
  name = "add";
  description = "Adds two numbers.";
  schema = z.object({ a: z.number().describe("first"), b: z.number().describe("second") });
  async execute({ a, b }) {
    return a + b;
  }
}

const server = new MCPServer({
  name: "mcp-framework-peer",
  version: "1.0.0",
  transport: { type: "http-stream", options: { port: Number(process.argv[2]), host: "127.0.0.1", endpoint: "/mcp", responseMode: "stream" } },
});
server.addTool(Add);
await server.start();
