// Command bench measures what a bridge costs: ucbridge stdio, side by side with
// the least that a bridge can be, with itself under a policy and an audit log, and
// with no bridge at all, in front of the embedded workspace on loopback.
//
//	            stdin, stdout                  HTTP                 HTTP
//	bench  <-------------------->  floor    <-------->  workspace  <------>  MCP server
//	bench  <-------------------->  ucbridge <-------->     (one process for both)
//	bench  <------------------------------------------>
//
// Beside it, ucbridge serve next to httputil.ReverseProxy (see yardstick.go), and
// with ten thousand listeners (see listeners.go).
//
// Absolute times are the machine's, so what counts are ratios to floor (see
// ucbridge/e2e/bench/floor) in the same round and on the same route, and of these
// the median over the rounds. How far floor is from floor tells how much noise
// there is in them. It is a measurement, not a test: a bound that is not met is
// printed and changes nothing, while a wrong answer ends the run.
//
// The table of docs/performance.md is printed by "make bench"; -quick takes half a minute
// and shows whether something is badly wrong.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"time"
)

// remoteCommand makes this program serve the workspace.
const remoteCommand = "remote"

// longest bounds the whole run, should something hang.
const longest = 15 * time.Minute

var routes = []string{"proxy", "external-function"}

func main() {
	var err error
	switch {
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

func measureAll() (err error) {
	rounds := flag.Int("rounds", 5, "how many `rounds` to take the median of")
	only := flag.String("only", "", "measure one `part`: stdio, gateway or listeners")
	listeners := flag.Int("listeners", 10_000, "how `many` listen at once through ucbridge serve")
	quick := flag.Bool("quick", false, "two short rounds")
	flag.Parse()
	e := fullEffort
	if *quick {
		*rounds, e = 2, quickEffort
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
	p, err := buildPrograms(ctx, dir)
	if err != nil {
		return err
	}
	remote, err := startRemote(ctx, p.self)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, remote.close()) }()

	at := site{remote.url, dir}
	if *only == "" || *only == "stdio" {
		began := time.Now()
		results, err := measureRounds(ctx, at, newContestants(p), e, *rounds)
		if err != nil {
			return err
		}
		if err := report(os.Stdout, results, p, time.Since(began)); err != nil {
			return err
		}
	}
	if *only == "" || *only == "gateway" {
		if err := measureGateway(ctx, os.Stdout, p, at); err != nil {
			return err
		}
	}
	if *only == "" || *only == "listeners" {
		return measureListeners(ctx, os.Stdout, p, at, *listeners)
	}
	return nil
}

// measureRounds measures every route once in each round.
func measureRounds(ctx context.Context, at site, contestants []contestant, e effort, rounds int) ([]result, error) {
	results := make([]result, len(routes))
	for n := range rounds {
		for i, route := range routes {
			fmt.Fprintf(os.Stderr, "round %d of %d, %s\n", n+1, rounds, route)
			r := newRound(ctx, at, route, e, contestants, n)
			if err := r.run(); err != nil {
				return nil, err
			}
			var row []numbers
			results[i].route, results[i].names = route, nil
			for _, e := range r.entrants {
				row = append(row, e.numbers)
				results[i].names = append(results[i].names, e.name)
			}
			results[i].rounds = append(results[i].rounds, row)
		}
	}
	return results, nil
}

func report(w io.Writer, results []result, p programs, took time.Duration) error {
	binary, err := os.Stat(p.ucbridge)
	if err != nil {
		return err
	}
	fmt.Fprintf(w, "%s/%s, %d CPUs, %s; %d rounds in %v. The row of floor is absolute, the others are ratios to it.\n",
		runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), runtime.Version(), len(results[0].rounds), took.Round(time.Second))
	for _, r := range results {
		r.write(w)
	}
	writeSize(w, binary.Size())
	return nil
}
