// A server of mcp-framework: node mcpframework.mjs PORT.
import { MCPServer, MCPTool } from "mcp-framework";
import { z } from "zod";

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
