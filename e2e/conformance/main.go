// Command conformance runs the official MCP conformance suites through ucbridge
// stdio and ucbridge serve, in front of the embedded workspace on loopback, and the same without
// ucbridge, and prints what passes where.
//
// The suites speak HTTP only. Their server scenarios reach the bridge through
// package front, and behind the workspace is the everything-server of the Go SDK,
// which implements what the scenarios ask for:
//
//	suite --HTTP--> front --stdio--> ucbridge --> workspace --> everything-server
//
// For client scenarios, which bring their own server, this program is also the
// client that they start:
//
//	this program --stdio--> ucbridge --> workspace --> suite
//
// On the routes named serve:* the suites speak to ucbridge serve themselves:
//
//	suite --HTTP--> ucbridge serve --> workspace --> everything-server
//	this program --HTTP--> ucbridge serve --> workspace --> suite
//
// Every check that passes directly must pass through the bridge. The exceptions
// are listed in expected/, each with its reason; a failure that is not listed
// fails the run, and so does a listed one that did not happen.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"time"
)

// clientCommand makes this program the client of a scenario.
const clientCommand = "client"

// longest bounds the whole run, should something hang.
const longest = time.Hour

func main() {
	if len(os.Args) == 4 && os.Args[1] == clientCommand {
		// Nothing else goes to stdout, which the suite keeps: see results.go.
		exitOn(os.Stdout, beClient(os.Args[2], os.Args[3]))
		return
	}
	only := flag.String("run", "", "run only what matches `regexp`, such as \"2026-07-28 server proxy\"")
	flag.Parse()
	exitOn(os.Stderr, runAll(*only))
}

func exitOn(out io.Writer, err error) {
	if err != nil {
		fmt.Fprintln(out, "conformance:", err)
		os.Exit(1)
	}
}

// runAll runs every suite on every route and prints the results.
func runAll(only string) (err error) {
	t := tester{report: report{out: os.Stdout}}
	if t.wanted, err = regexp.Compile(only); err != nil {
		return fmt.Errorf("reading -run: %w", err)
	}
	if t.expected, err = loadExpectations(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()

	dir, err := os.MkdirTemp("", "ucbridge-conformance-")
	if err != nil {
		return fmt.Errorf("creating a directory: %w", err)
	}
	defer func() {
		if err == nil {
			err = os.RemoveAll(dir)
		} else {
			fmt.Println("what the suites and the bridge said is kept in", dir)
		}
	}()
	if t.programs, err = findPrograms(ctx, dir); err != nil {
		return err
	}
	return t.testAll(ctx)
}

// tester tests what is wanted and keeps the report.
type tester struct {
	programs programs
	wanted   *regexp.Regexp
	expected []expectation
	report   report
}

func (t *tester) testAll(ctx context.Context) error {
	began := time.Now()
	t.report.heading()
	for _, s := range suites {
		for _, leg := range legs {
			if !s.has(leg) {
				continue
			}
			if err := t.testLeg(ctx, s, leg); err != nil {
				return err
			}
		}
	}
	t.report.closing(time.Since(began))
	if t.report.bad > 0 {
		return fmt.Errorf("%d results are not as expected", t.report.bad)
	}
	return nil
}

func (t *tester) wants(r run) bool {
	return t.wanted.MatchString(r.String()) && r.suite.takes(r.route, r.leg)
}

// testLeg runs the server or the client scenarios of a suite, directly and on each
// route. What passes directly is what must pass on the routes.
func (t *tester) testLeg(ctx context.Context, s suite, leg string) error {
	if !slices.ContainsFunc(routes, func(route string) bool { return t.wants(run{suite: s, leg: leg, route: route}) }) {
		return nil
	}
	var baseline results
	for _, route := range routes {
		r := run{suite: s, leg: leg, route: route}
		wanted := t.wants(r)
		if !wanted && route != direct {
			continue
		}
		got, err := r.execute(ctx, t.programs)
		if err != nil {
			return fmt.Errorf("%s: %w", r, err)
		}
		if route == direct {
			baseline = got
		}
		if wanted {
			t.report.add(r, judge(r, baseline, got, t.expected))
		}
	}
	return nil
}
