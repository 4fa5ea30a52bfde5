// Package bridge makes an MCP server that Unity Catalog governs look like a local
// one. It holds the doors through which clients come, and New, which hangs the
// rooms together:
//
//	client  stdin ─▶ stdio ─▶ jsonrpc ─▶ govern ─▶ session ─▶ streamable ─▶ databricks ─▶ Databricks ─▶ connection ─▶ MCP server
//	        stdout ◀ stdio ◀──────────── govern ◀─ session ◀─ streamable ◀─ databricks ◀─ Databricks ◀─ connection ◀─ MCP server
//	                                                  │
//	                                               standby    answers while the server cannot be reached
//
//	clients  HTTP ─▶ gateway ─▶ jsonrpc ─▶ govern ─▶ databricks ─▶ Databricks ─▶ connection ─▶ MCP server
//	         HTTP ◀─ gateway ◀──────────── govern ◀─ databricks ◀─ Databricks ◀─ connection ◀─ MCP server
//	browsers HTTP ◀─▶ page ◀─▶ gateway, as one of the clients
//
// The first door, Stdio, serves one client under the user's own login; the
// second, Gateway, serves many, each on behalf of its user, and webui shows people
// what there is.
//
// A message stays the bytes it came as, from one end to the other; jsonrpc reads
// no more of it than its envelope. govern, where something is governed, decides
// what may pass and writes down what did: at the first door by one Gate for as long
// as the client stays, at the second by one for each POST and each stream, which
// remembers a user's tools for a minute and asks the server, in the user's name, for
// those it does not know. Where nothing is governed, the second door copies bytes and
// reads no answer. session keeps the conversation: handshake,
// order, requests in flight. streamable speaks MCP's Streamable HTTP against an
// ordinary URL. databricks is the http.RoundTripper below it that carries such a
// request through the workspace, signs it, and words Databricks' refusals.
// standby is a small MCP server of the bridge's own. emulator is a Databricks
// workspace in a process, for the demo and for tests.
//
// Imports run one way: bridge, webui, gateway, session, streamable, jsonrpc; translate
// stands between session and streamable, and govern, databricks and
// standby stand beside session and know jsonrpc alone. gateway uses govern as it is;
// webui knows of it nothing but its answers. The emulator knows none of these.
package bridge
