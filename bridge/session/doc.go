// Package session carries one client's conversation with one MCP server: the
// handshake, the requests in flight, the notifications in their order, and the
// server's own requests, which the client answers.
//
// [New] begins a [Session], which takes the messages of one [Client] and sends them to an
// [Upstream]; a [Standby] answers until the server can be reached.
//
// Messages go through as the bytes they came as. The few that are changed are
// listed in edits.go.
//
// # Parts
//
// Each part owns its fields and their lock, and calls only those below it:
//
//	Session      the client's side: the order of its messages, deadlines, cancels
//	serverLink   the server's side: the handshake, the session at the server, the standby
//	warmStart    a start that is answered from memory while the server is reached
//	retries      waits while the way to the server is blocked (breaker)
//	sender       one POST and what comes back
//	inbound      hands the server's messages to the client, each response to its request
//	Client       the client itself, or what stands before it
//
// # Order
//
// initialize is a barrier, nothing overtakes it. Requests run side by side and
// never wait for each other. A notification is sent when the requests before it
// are on the wire, and is awaited before anything after it is sent. Answers to the
// server's requests have a queue of their own, and a cancel waits for nothing but
// its request, since a call may depend on them.
//
// # Retries
//
// Six loops can repeat something on the way of one call. They nest in this order,
// the outermost first. What one of them gives up is an error to the next; a
// tools/call that may have run is repeated by none.
//
//	where                             repeats                 why that is safe                bound
//	retries.withBackoff               the request, after a    its reason is Undelivered in    the call's deadline, 5 minutes
//	                                  wait                    package refusal, or it only     without one; 2 repeats of a
//	                                                          reads                           read whose answer was lost
//	serverLink.withNewSession         the request, in a new   the server refused it, because  once; 3 times where other calls
//	                                  session                 it does not know the session    found the new one lost as well
//	sender.post                       the POST, made anew     the route turned it away before once, as a route changes once
//	                                  for the other route     the server (RouteChanged)       in the life of a Transport
//	translate: call.again             the call, under a new   it is the next part of a call   30 s
//	                                  id, after a wait        that the server has put off;
//	                                                          while blocked, as withBackoff
//	databricks.Transport.RoundTrip    the HTTP request, with  Databricks refused the          once
//	                                  new credentials         credentials, so it passed
//	                                                          nothing on
//	streamable: resumer               the stream: GET with    a GET executes nothing          5 in a row without a new event,
//	                                  Last-Event-ID                                           and the call's deadline
//
// Two more repeat what is no call: sender.tell a notification that was not
// delivered, for 10 seconds, and serverLink.keepTrying the handshake, while the
// standby answers.
package session
