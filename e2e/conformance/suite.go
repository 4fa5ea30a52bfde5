package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// suite is an edition of the official conformance suite, or the part of one that
// a revision requires.
type suite struct {
	name   string
	pkg    string   // as package.json names it
	args   []string // that select its scenarios
	modern bool     // of a revision without sessions
	// translated suites are of the old era and meet a server of the new one alone
	// behind ucbridge; what they are compared with is a server of the old era.
	translated bool
}

// The editions are pinned in package-lock.json. 0.2.0 is run at the wire of each
// revision that it has requirements for.
var suites = []suite{
	{name: "0.1.16", pkg: "conformance-0.1", args: []string{"--suite", "all"}},
	{name: "2025-11-25", pkg: "conformance-0.2", args: []string{"--requirements", "2025-11-25"}},
	{name: "2026-07-28", pkg: "conformance-0.2", args: []string{"--requirements", "2026-07-28"}, modern: true},
	{name: "translated", pkg: "conformance-0.2", args: []string{"--requirements", "2025-11-25"}, translated: true},
}

// The legs of a suite: scenarios that test a server, scenarios that test a client.
const (
	serverLeg = "server"
	clientLeg = "client"
)

var legs = []string{serverLeg, clientLeg}

// has tells whether the suite has that leg: the clients that its client scenarios
// drive bring a server of the era that they test.
func (s suite) has(leg string) bool { return leg == serverLeg || !s.translated }

// direct stands for the way without ucbridge.
const direct = "direct"

// beside stands for the route proxy with a second server behind the same entry.
const beside = "beside"

// routes begin with the one that the others are compared with.
var routes = []string{direct, "proxy", "external-function", beside, atGateway + "proxy", atGateway + "external-function"}

// takes tells whether a leg of the suite is run on that route: ucbridge serve translates
// nothing, since its clients see the server's own era, and several servers are spoken to in
// the era of each.
func (s suite) takes(route, leg string) bool {
	if route == beside {
		return !s.translated
	}
	return !s.translated || !strings.HasPrefix(route, atGateway)
}

// run is one leg of a suite on one route.
type run struct {
	suite suite
	leg   string
	route string
}

func (r run) String() string { return r.suite.name + " " + r.leg + " " + r.route }

// execute runs the scenarios and returns what they found.
func (r run) execute(ctx context.Context, p programs) (results, error) {
	dir := filepath.Join(p.dir, strings.NewReplacer(" ", "_", ":", "-").Replace(r.String()))
	var err error
	if r.leg == serverLeg {
		err = r.testServer(ctx, p, dir)
	} else {
		// The suite cuts the command at blanks, and adds the URL.
		err = r.command(ctx, p, dir, "--command", p.self+" "+clientCommand+" "+r.route)
	}
	if err != nil {
		return nil, err
	}
	return readResults(dir)
}

// testServer runs the scenarios that test a server, with one of their own.
func (r run) testServer(ctx context.Context, p programs, dir string) (err error) {
	log, err := openLog(dir, "upstream.log")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	translated := r.suite.translated && r.route != direct
	url, stop, err := startUpstream(ctx, p.upstream, r.suite.modern || translated, log)
	if err != nil {
		return err
	}
	defer stop()
	if translated {
		var end func() error
		if url, end, err = modernOnly(url); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, end()) }()
	}
	if r.route == direct {
		return r.command(ctx, p, dir, "--url", url)
	}
	if strings.HasPrefix(r.route, atGateway) {
		s, err := serve(p.ucbridge, r.route, url, dir)
		if err != nil {
			return err
		}
		return errors.Join(r.command(ctx, p, dir, "--url", s.url), s.close())
	}
	g, err := startGateway(p.ucbridge, r.route, url, dir)
	if err != nil {
		return err
	}
	return errors.Join(r.command(ctx, p, dir, "--url", g.url), g.close())
}

// command runs the program of the suite. Scenarios that fail make it fail, which
// is no error here: results tell which.
func (r run) command(ctx context.Context, p programs, dir string, args ...string) (err error) {
	script := filepath.Join(p.modules, r.suite.pkg, "dist", "index.js")
	if _, err := os.Stat(script); err != nil {
		return fmt.Errorf("finding the suite: %w: run npm ci in e2e", err)
	}
	log, err := openLog(dir, "suite.log")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	args = append([]string{script, r.leg, "--output-dir", dir}, append(args, r.suite.args...)...)
	cmd := exec.CommandContext(ctx, p.node, args...)
	cmd.Env = cleanEnv(dir, "UCBRIDGE_BIN="+p.ucbridge)
	cmd.Stdout, cmd.Stderr = log, log
	err = cmd.Run()
	var failed *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &failed) {
		return fmt.Errorf("running the suite: %w", errors.Join(err, ctx.Err()))
	}
	return nil
}
