// Package peers runs ucbridge between programs of many makers: MCP servers
// compared with a direct connection, and AI clients against what "ucbridge
// install" wrote. "make peers" installs them, as pinned in package-lock.json, and
// prints a table of what was seen.
//
// Everything runs in a network namespace of its own, with loopback alone: no
// program here reaches its maker.
package peers
