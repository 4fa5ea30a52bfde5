// Package bridge makes an MCP server that Unity Catalog governs look like a local
// one. [New] builds a [Bridge] for one client on stdin and stdout, [NewGateway] a
// [Gateway] for many over HTTP:
//
//	client  stdin ─▶ Stdio ─▶ jsonrpc ─▶ adapt ─▶ govern ─▶ session ─▶ translate ─▶ streamable ─▶ databricks ─▶ Databricks
//	        stdout ◀ Stdio ◀──────────── adapt ◀─ govern ◀─ session ◀─ translate ◀─ streamable ◀─ databricks ◀─ Databricks
//	                                                            │
//	                                                         standby    answers until the server can be reached
//
// With several targets package aggregate stands between adapt and govern, and has a
// conversation with each.
//
//	clients  HTTP ─▶ gateway ─▶ jsonrpc ─▶ govern ─▶ databricks ─▶ Databricks
//	         HTTP ◀─ gateway ◀──────────── govern ◀─ databricks ◀─ Databricks
//	browsers HTTP ◀─▶ webui ◀─▶ gateway, as one of its clients
//
// # A message
//
// A message stays the bytes it came as, from one end to the other; package jsonrpc
// reads no more of it than its envelope. The few edits are listed in
// docs/protocol.md.
//
// Package govern decides what may pass, and records what did. On stdio one gate
// stays as long as the client does. Over HTTP there is one filter for each POST and
// each stream; it remembers a user's tools for a minute, and asks the server, in the
// user's name, for those it does not know. Where nothing is governed, the gateway
// reads of an answer only whether it is a response to the request.
//
// Package session keeps a conversation: the handshake, the order of messages, the
// calls in flight, recovery. Package translate carries a client of initialize to a
// server that has no initialize. Package adapt gives a client that is known to be
// unable to read something the same in another form. Package streamable speaks MCP's
// Streamable HTTP to an ordinary URL. Package databricks is the
// [net/http.RoundTripper] below it: it carries such a request through the workspace,
// signs it, and puts Databricks' refusals into words. Package standby is a small MCP
// server of the bridge's own.
//
// docs/architecture.md follows one call through all of them. Imports run one way,
// which a test holds.
package bridge
