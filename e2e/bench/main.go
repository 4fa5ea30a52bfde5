// Command bench measures what a bridge costs: ucbridge stdio, side by side with
// the least that a bridge can be, with itself under a policy and an audit log, with
// no bridge at all, and with another build of ucbridge, in front of the embedded
// workspace on loopback: plainly, and over TLS with HTTP/2 as Databricks has it.
//
//	            stdin, stdout                  HTTP                 HTTP
//	bench  <-------------------->  floor    <-------->  workspace  <------>  MCP server
//	bench  <-------------------->  ucbridge <-------->     (one process for both)
//	bench  <------------------------------------------>
//
// Beside it, ucbridge serve next to httputil.ReverseProxy (see yardstick.go), and
// with ten thousand listeners (see listeners.go).
//
// And each of them over a line of 80 ms a round trip, on each route and with each
// way of signing in, beside clients without a bridge (see wide.go).
//
// Absolute times are the machine's, so what counts are ratios: to floor (see
// ucbridge/e2e/bench/floor) on the same lane, and to the build that -base names.
// Everything is done in small portions by one program after the other, and a ratio
// is the median over the pairs of portions that stood side by side, so that a noisy
// machine slows both. How far floor is from itself tells how much noise is left. It
// is a measurement, not a test: a bound that is not met (see bounds.txt) is printed
// and changes nothing, while a wrong answer ends the run.
//
// The table of docs/performance.md is printed by "make bench"; -quick takes about a minute,
// and -rows less: it selects rows by name, such as 'proxy-h2/(cpu|p50)' or 'serve'.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime"
	"time"
)

// remoteCommand makes this program serve the workspace.
const remoteCommand = "remote"

// longest bounds the whole run, should something hang.
const longest = 45 * time.Minute

func main() {
	var err error
	switch {
	case isCLI(os.Args):
		err = answerAsCLI(os.Stdout)
	case len(os.Args) == 3 && os.Args[1] == directCommand:
		err = travelDirectly(os.Args[2], os.Stdin, os.Stdout)
	case len(os.Args) == 2 && os.Args[1] == remoteCommand:
		err = serveRemote(os.Stdin, os.Stdout)
	case len(os.Args) == 3 && os.Args[1] == yardstickCommand:
		err = serveYardstick(os.Args[2], os.Stdin, os.Stdout)
	case len(os.Args) == 4 && os.Args[1] == frontCommand:
		err = serveFront(os.Args[2], os.Args[3], os.Stdin, os.Stdout)
	default:
		err = measureAll()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// settings are what the command line says.
type settings struct {
	base      string
	wine      string // runs programs of Windows; "" for those of this system
	effort    effort
	rows      *regexp.Regexp
	listeners int
}

// wants reports whether a row is to be measured.
func (s settings) wants(name string) bool { return s.rows.MatchString(name) }

func parseSettings() (s settings, err error) {
	flag.StringVar(&s.base, "base", "", "another `build` of ucbridge to measure beside this one")
	flag.StringVar(&s.wine, "wine", "", "measure the Windows program, which this `program` runs")
	rows := flag.String("rows", "", "measure only rows whose names match a regular `expression`")
	rounds := flag.Int("rounds", 0, "how many `rounds` to take the median of")
	quick := flag.Bool("quick", false, "one short round, and a tenth of the listeners")
	flag.IntVar(&s.listeners, "listeners", 0, "how `many` listen at once through ucbridge serve (default 10000)")
	flag.Parse()
	if s.rows, err = regexp.Compile(*rows); err != nil {
		return s, fmt.Errorf("reading -rows: %w", err)
	}
	listeners := 10_000
	s.effort = fullEffort
	if *quick {
		s.effort, listeners = quickEffort, 1_000
	}
	if *rounds > 0 {
		s.effort.rounds = *rounds
	}
	if s.listeners == 0 {
		s.listeners = listeners
	}
	if s.base != "" {
		if s.base, err = filepath.Abs(s.base); err != nil {
			return s, err
		}
		_, err = os.Stat(s.base)
	}
	return s, err
}

func measureAll() (err error) {
	s, err := parseSettings()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), longest)
	defer cancel()
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt)
	defer stop()

	dir, err := os.MkdirTemp("", "ucbridge-bench-")
	if err != nil {
		return fmt.Errorf("creating a directory: %w", err)
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	p, err := buildPrograms(ctx, dir, s.wine)
	if err != nil {
		return err
	}
	p.base = s.base
	remote, err := startRemote(ctx, p.self)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remote.close()) }()
	at := site{workspace: remote.url, certificate: filepath.Join(dir, "front.pem"), home: dir}
	front, secure, err := startFront(ctx, p, at.workspace, at.certificate)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, front.close()) }()
	at.secure = secure
	// The client without a bridge is in this process, and trusts it as programs do.
	if err := os.Setenv("SSL_CERT_FILE", at.certificate); err != nil {
		return err
	}
	bounds, err := parseBounds(boundsFile)
	if err != nil {
		return err
	}
	return measureParts(ctx, newReport(os.Stdout, bounds), p, at, s)
}

// measureParts measures all rows that are wanted.
func measureParts(ctx context.Context, r report, p programs, at site, s settings) error {
	began := time.Now()
	fmt.Fprintf(r.w, "%s/%s, %d CPUs, %s. Every ratio is the median over pairs of portions.\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version())
	if err := measureStdio(ctx, r, p, at, s); err != nil {
		return err
	}
	if err := measureWide(ctx, r, p, at, s); err != nil {
		return err
	}
	if err := measureWarm(ctx, r, p, at, s); err != nil {
		return err
	}
	for _, measure := range []func(context.Context, report, programs, site, settings) error{measureCommands, measureLogin, measureCatalog, measureSeveral} {
		if err := measure(ctx, r, p, at, s); err != nil {
			return err
		}
	}
	if s.wantsGateway() {
		if err := measureGateway(ctx, r, p, at, s); err != nil {
			return err
		}
	}
	if s.wants("listeners/memory") || s.wants("listeners/cpu") {
		if err := measureListeners(ctx, r, p, at, s.listeners); err != nil {
			return err
		}
	}
	if s.wants("binary") {
		if err := measureSize(r, p); err != nil {
			return err
		}
	}
	r.summary()
	fmt.Fprintf(r.w, "\nTook %v.\n", time.Since(began).Round(time.Second))
	return nil
}

// measureStdio measures every lane once in each round.
func measureStdio(ctx context.Context, r report, p programs, at site, s settings) error {
	var contests []*contest
	for _, l := range at.lanes() {
		c := &contest{ctx: ctx, site: at, lane: l, effort: s.effort}
		c.wants = func(m metric) bool { return s.wants("stdio/" + l.name + "/" + metrics[m].name) }
		for _, contestant := range newContestants(p) {
			c.entrants = append(c.entrants, &entrant{contestant: contestant})
		}
		if c.wantsAny() {
			contests = append(contests, c)
		}
	}
	for n := range s.effort.rounds {
		for _, c := range contests {
			fmt.Fprintf(os.Stderr, "round %d of %d, %s\n", n+1, s.effort.rounds, c.lane.name)
			if err := c.round(); err != nil {
				return err
			}
		}
	}
	for _, c := range contests {
		r.lane(c.lane, c.entrants)
	}
	return nil
}

// measureSize compares stripped binaries.
func measureSize(r report, p programs) error {
	size, err := os.Stat(p.ucbridge)
	if err != nil {
		return err
	}
	mb := float64(size.Size()) / 1e6
	text := fmt.Sprintf("%.1f MB", mb)
	if p.base != "" {
		base, err := os.Stat(p.base)
		if err != nil {
			return err
		}
		text += fmt.Sprintf(", base %.1f MB", float64(base.Size())/1e6)
	}
	r.line("binary", mb, text)
	return nil
}
