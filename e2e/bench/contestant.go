package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"ucbridge/e2e/bench/carrier"
)

// contestant is one way to reach the MCP server.
type contestant struct {
	name    string
	program string // none for the client without a bridge
	args    func(route string) []string
}

// The contestants in the order of the report. The first is what the others are
// measured by; it runs twice, so that the noise of the machine shows.
func newContestants(p programs) []contestant {
	floor := func(route string) []string { return []string{connection, route} }
	ucbridge := func(route string) []string {
		return []string{"stdio", "--connection", connection, "--route", route}
	}
	return []contestant{
		{"floor", p.floor, floor},
		{"floor again", p.floor, floor},
		{name: "direct client"},
		{"ucbridge, governed", p.ucbridge, func(route string) []string {
			return append(ucbridge(route), "--policy", p.policy, "--audit", filepath.Join(filepath.Dir(p.policy), "audit.jsonl"))
		}},
		{"ucbridge", p.ucbridge, ucbridge},
	}
}

// launch starts a contestant on a route and returns it with the answer to
// initialize in hand, and the time that took in ms; unknown where there is no
// process to start.
func (c contestant) launch(ctx context.Context, at site, route string) (peer, float64, error) {
	began, took := time.Now(), unknown
	var p peer
	if c.program == "" {
		carrier, err := carrier.New(at.workspace, token, connection, route)
		if err != nil {
			return nil, took, err
		}
		p = &direct{ctx: ctx, carrier: carrier, next: firstID}
	} else {
		process, err := startChild(ctx, at.environment(), c.program, c.args(route)...)
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

// site is where a contestant lives: a workspace to reach, and a directory for
// whatever it writes.
type site struct{ workspace, home string }

func (s site) environment() []string {
	return []string{
		"HOME=" + s.home,
		"PATH=" + os.Getenv("PATH"),
		"DATABRICKS_HOST=" + s.workspace,
		"DATABRICKS_TOKEN=" + token,
		"DATABRICKS_CONFIG_FILE=" + os.DevNull,
		"UCBRIDGE_CACHE_DIR=" + s.home,
	}
}
