// Package e2e holds the tests of ucbridge with parts that others wrote: MCP
// clients in front of the real binary, MCP servers behind an emulated Databricks
// workspace. What a client gets through the bridge must be what it gets from the
// same server without it. The release that "make dist" packs is tried here too, with
// the tools and the schemas of those who read it.
//
// The parts written for Node are pinned in package-lock.json, those written in Go
// in go.mod; "npm ci" and the go command install them. Everything listens on
// loopback. Where Node, nginx, Chromium or another program is not installed its tests
// are skipped, except in CI.
package e2e
