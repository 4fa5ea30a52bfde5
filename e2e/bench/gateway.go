package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

// mostConnections is the highest of levels.
const mostConnections = 1000

// levels are how many connections call at once, and how many calls a portion has.
var levels = []struct{ connections, calls int }{{1, 2_000}, {64, 12_000}, {mostConnections, 12_000}}

// gatewayPortions is how often each gateway is measured at each level, in turn.
const gatewayPortions = 7

// enough is the least share of the yardstick's calls per second.
const enough = 0.7

// gatewayProcess is a gateway under test, serving.
type gatewayProcess struct {
	name    string
	process *child
	at      *url.URL
	samples []sample
}

// users is how many users call, each with a token.
const users = 100

func userToken(n int) string { return token + "-" + strconv.Itoa(n%users) }

// measureGateway compares ucbridge serve with the yardstick.
func measureGateway(ctx context.Context, w io.Writer, p programs, at site) (err error) {
	yardstick, err := startGateway(ctx, "httputil.ReverseProxy", os.Environ(), p.self, yardstickCommand, at.workspace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, yardstick.process.close()) }()
	served, err := startServe(ctx, p, at, "--connection", connection, "--route", "proxy")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.end()) }()
	fmt.Fprintf(w, "\n## Gateway\n\n")
	writeRow(w, []string{"", "calls/s", "p50 ms", "p99 ms", "ratio"})
	fmt.Fprintln(w, "|---|---|---|---|---|")
	for _, level := range levels {
		both := []*gatewayProcess{yardstick, served}
		for _, g := range both {
			g.samples = nil
			if _, err := g.run(level.connections, level.calls/4); err != nil { // opens what it needs
				return err
			}
		}
		for n := range gatewayPortions {
			for i := range both {
				g := both[(n+i)%len(both)]
				s, err := g.run(level.connections, level.calls)
				if err != nil {
					return fmt.Errorf("%s, %d connections: %w", g.name, level.connections, err)
				}
				g.samples = append(g.samples, s)
			}
		}
		ratio := rateRatio(served, yardstick)
		for _, g := range both {
			row := []string{fmt.Sprintf("%s, %d connections", g.name, level.connections), plain(perSecond(g.samples)),
				plain(percentile(g.samples, 50)), plain(percentile(g.samples, 99)), ""}
			if g == served {
				row[4] = fmt.Sprintf("%s, bound >= %s: %s", plain(ratio), plain(enough), verdict(ratio, ratio >= enough))
			}
			writeRow(w, row)
		}
	}
	return nil
}

// rateRatio is the middle one of the ratios of a portion to the one beside it.
func rateRatio(a, b *gatewayProcess) float64 {
	var all []float64
	for i := range a.samples {
		all = append(all, perSecond(a.samples[i:i+1])/perSecond(b.samples[i:i+1]))
	}
	return median(all)
}

// startServe starts ucbridge serve on behalf of its users, without limits.
func startServe(ctx context.Context, p programs, at site, args ...string) (*gatewayProcess, error) {
	args = append([]string{"serve", "--listen", "127.0.0.1:0", "--auth", "obo", "--trust-forwarded",
		"--user-calls", "0", "--user-streams", "0", "--user-rate", "0", "--log-file", filepath.Join(at.home, "serve.log")}, args...)
	return startGateway(ctx, "ucbridge serve", at.environment(), p.ucbridge, args...)
}

func startGateway(ctx context.Context, name string, env []string, program string, args ...string) (*gatewayProcess, error) {
	c, err := startChild(ctx, env, program, args...)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", name, err)
	}
	var at string
	if _, err := fmt.Fscanf(c.out, "serving %s\n", &at); err != nil {
		return nil, errors.Join(fmt.Errorf("starting %s: %w", name, err), c.close())
	}
	to, err := url.Parse(at)
	return &gatewayProcess{name: name, process: c, at: to}, err
}

// end ends ucbridge serve, which does not look at its input.
func (g *gatewayProcess) end() error {
	if err := g.process.cmd.Process.Signal(os.Interrupt); err != nil {
		return err
	}
	return g.process.close()
}

// run makes so many small calls over so many connections, each waiting for its
// answer before the next.
func (g *gatewayProcess) run(connections, calls int) (sample, error) {
	wires := make([]*wire, connections)
	for i := range wires {
		var err error
		if wires[i], err = dialWire(g.at.Host, g.at.Path, userToken(i), sessionID); err != nil {
			return sample{}, err
		}
		defer wires[i].close()
	}
	var left, id atomic.Int64
	left.Store(int64(calls))
	id.Store(firstID)
	times := make([][]time.Duration, connections)
	failed := make(chan error, connections)
	var all sync.WaitGroup
	began := time.Now()
	for i, w := range wires {
		all.Go(func() {
			var message []byte
			for left.Add(-1) >= 0 {
				sent := time.Now()
				n := int(id.Add(1))
				message = small.appendMessage(message[:0], n)
				h, body, err := w.ask(message)
				if err == nil && (h.status != 200 || !small.answers(body, n)) {
					err = fmt.Errorf("unexpected answer %d %.200q", h.status, body)
				}
				if err != nil {
					failed <- err
					return
				}
				times[i] = append(times[i], time.Since(sent))
			}
		})
	}
	all.Wait()
	s := sample{elapsed: time.Since(began)}
	for _, t := range times {
		s.each = append(s.each, t...)
	}
	select {
	case err := <-failed:
		return s, err
	default:
		return s, nil
	}
}

// answers reports whether body is the answer to the call of that id.
func (c call) answers(body []byte, id int) bool {
	rest, ok := bytes.CutPrefix(body, []byte(messageHead+strconv.Itoa(id)))
	return ok && bytes.Equal(rest, c.answer)
}
