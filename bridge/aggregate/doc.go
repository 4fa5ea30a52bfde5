// Package aggregate puts several MCP servers behind one client. To the client an
// [Aggregate] is one server, to each [Server] it is the one client that there is; what
// stands between it and a server, a policy and a session, sees the server's own names.
//
//	client ─▶ Aggregate ─▶ member: github ─▶ govern ─▶ session ─▶ ...
//	       ◀─           ◀─ member: jira   ◀─ govern ◀─ session ◀─ ...
//
// # Parts
//
// Each part owns its fields and their lock, and calls only those below it:
//
//	Aggregate   takes the client's messages
//	inbound     takes the servers'
//	router      gives a request to the server that it belongs to
//	lister      shows the client what all servers list
//	listeners   what a client of 2026-07-28 subscribes to
//	parked      calls of such a client that wait for input for an older server
//	directory   which server a name or a URI belongs to, and what the client calls it
//	questions   requests of servers, under ids that are unique
//	taskOwners  which server a task belongs to
//	replies     the client's requests under way, and answers of the aggregate's own
//	memberSet   all servers, and how the client began
//	member      one server: its handshake, its lists, requests of the aggregate's own
//
// # Names
//
// names.go has the rules by which a tool or a prompt is named. A message is changed in
// nothing but that name, and what the other edits of docs/protocol.md say.
//
// # Waiting
//
// Servers begin side by side when the client does. A server that is slow is waited for
// as long as an answer may take at a start; then the others are listed without it, and
// the client is told when it has come. Nothing waits for a server that was late once.
package aggregate
