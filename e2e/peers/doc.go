// Package peers runs ucbridge between programs of many makers: MCP servers
// compared with a direct connection, and AI clients against what "ucbridge
// install" wrote. "make servers" and "make clients" install them, as pinned in
// package-lock.json, and print a table each of what was seen.
//
// Everything runs in a network namespace of its own, with loopback alone: no
// program here reaches its maker.
package peers
