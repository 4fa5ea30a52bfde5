package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"ucbridge/e2e/bench/carrier"
)

// contestant is one way to reach the MCP server.
type contestant struct {
	name    string
	program string // none for the client without a bridge
	args    func(route string) []string
}

// The names of contestants, as columns of the report.
const (
	nameFloor    = "floor"
	nameAgain    = "floor again"
	nameDirect   = "direct client"
	nameGoverned = "governed"
	nameRequired = "required" // governed, with an audit log that must be on the disk first
	nameBridge   = "ucbridge"
	nameBase     = "base"
)

// The contestants, those beside each other that are compared most. Floor runs
// twice, so that the noise of the machine shows.
func newContestants(p programs) []contestant {
	floor := func(route string) []string { return []string{connection, route} }
	ucbridge := func(route string) []string {
		return []string{"stdio", "--connection", connection, "--route", route}
	}
	governed := func(route string) []string {
		return append(ucbridge(route), "--policy", p.policy, "--audit", filepath.Join(filepath.Dir(p.policy), "audit.jsonl"))
	}
	required := func(route string) []string { return append(ucbridge(route), "--policy", p.required) }
	all := []contestant{
		{name: nameDirect},
		{nameAgain, p.floor, floor},
		{nameFloor, p.floor, floor},
		{nameBridge, p.ucbridge, ucbridge},
		{nameGoverned, p.ucbridge, governed},
		{nameRequired, p.ucbridge, required},
	}
	if p.base != "" {
		all = slices.Insert(all, 4, contestant{nameBase, p.base, ucbridge})
	}
	return all
}

// launch starts a contestant on a lane and returns it with the answer to
// initialize in hand, and the time that took in ms; unknown where there is no
// process to start.
func (c contestant) launch(ctx context.Context, at site, l lane) (peer, float64, error) {
	began, took := time.Now(), unknown
	var p peer
	if c.program == "" {
		carrier, err := carrier.New(l.workspace, token, connection, l.route)
		if err != nil {
			return nil, took, err
		}
		p = &direct{ctx: ctx, carrier: carrier, next: firstID}
	} else {
		// Nothing is remembered of an earlier start, for which see wide.go.
		cache, err := os.MkdirTemp(at.home, "cache-")
		if err != nil {
			return nil, took, err
		}
		began = time.Now()
		env := append(at.environment(l.workspace), "UCBRIDGE_CACHE_DIR="+cache)
		process, err := startChild(ctx, env, c.program, c.args(l.route)...)
		if err != nil {
			return nil, took, fmt.Errorf("starting %s: %w", c.name, err)
		}
		p = &bridge{child: process, next: firstID}
	}
	if _, err := p.run(initialize, 1, 1); err != nil {
		return nil, took, errors.Join(fmt.Errorf("initializing %s: %w", c.name, err), p.close())
	}
	if c.program != "" {
		took = milliseconds(time.Since(began))
	}
	return p, took, nil
}

// lane is a way to the MCP server: a route of a workspace.
type lane struct{ name, route, workspace string }

// site is where everything lives: the workspace, the same workspace over TLS with
// HTTP/2, the certificate to trust there, and a directory for whatever programs
// write.
type site struct{ workspace, secure, certificate, home string }

// lanes are the ways that are measured.
func (s site) lanes() []lane {
	return []lane{
		{"proxy", "proxy", s.workspace},
		{"external-function", "external-function", s.workspace},
		{"proxy-h2", "proxy", s.secure},
		{"external-function-h2", "external-function", s.secure},
	}
}

// environment is that of a program which uses a workspace.
func (s site) environment(workspace string) []string {
	return []string{
		"HOME=" + s.home,
		"PATH=" + os.Getenv("PATH"),
		"SSL_CERT_FILE=" + s.certificate,
		"DATABRICKS_HOST=" + workspace,
		"DATABRICKS_TOKEN=" + token,
		"DATABRICKS_CONFIG_FILE=" + os.DevNull,
		"UCBRIDGE_CACHE_DIR=" + s.home,
	}
}
