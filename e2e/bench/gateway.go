package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// mostConnections is the highest of levels.
const mostConnections = 1000

// level is a row: which call is made on how many connections at once, and how many
// calls each portion of a round has.
type level struct {
	name               string
	call               call
	connections, calls int
	// oauth has the callers bring access tokens of their own, in place of a front door.
	oauth bool
}

var levels = []level{
	{"serve/1", small, 1, 20, false},
	{"serve/64", small, 64, 120, false},
	{"serve/1000", small, mostConnections, 240, false},
	{"serve-events/64", smallEvents, 64, 120, false},
	{"serve-oauth/64", small, 64, 120, true},
}

// wantsGateway reports whether one of the levels is to be measured.
func (s settings) wantsGateway() bool {
	return slices.ContainsFunc(levels, func(l level) bool { return s.wants(l.name) })
}

// gatewayProcess is a gateway under test, serving.
type gatewayProcess struct {
	name    string
	process *child
	at      *url.URL
	// tokens are the callers' access tokens, nil where a front door forwards others.
	tokens []string
	// A value of each portion: calls a second, p99 and CPU in ms.
	rate, p99, cpu []float64
	// lost is how many answers did not come whole.
	lost int
}

// users is how many users call, each with a token.
const users = 100

func userToken(n int) string { return token + "-" + strconv.Itoa(n%users) }

// userSession is a session of that user's: a gateway lets nobody else use it.
func userSession(n int) string { return sessionID + "-" + strconv.Itoa(n%users) }

// accessTokens are OAuth access tokens of the workspace, as many as there are users.
func accessTokens(ctx context.Context, workspace string) ([]string, error) {
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {clientID}, "client_secret": {clientSecret}}
	all := make([]string, users)
	for n := range all {
		req, err := http.NewRequestWithContext(ctx, http.MethodPost, workspace+"/oidc/v1/token", strings.NewReader(form.Encode()))
		if err != nil {
			return nil, err
		}
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			return nil, fmt.Errorf("asking for an access token: %w", err)
		}
		var answer struct {
			Token string `json:"access_token"`
		}
		err = json.NewDecoder(resp.Body).Decode(&answer)
		resp.Body.Close()
		if err != nil {
			return nil, fmt.Errorf("reading an access token: %w", err)
		}
		all[n] = answer.Token
	}
	return all, nil
}

// measureGateway compares ucbridge serve with the yardstick, and with another build
// of itself if there is one.
func measureGateway(ctx context.Context, r report, p programs, at site, s settings) (err error) {
	yardstick, err := startGateway(ctx, "httputil.ReverseProxy", os.Environ(), p.self, yardstickCommand, at.workspace)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, yardstick.process.close()) }()
	served, err := startServe(ctx, p, at, at.workspace, "--connection", connection, "--route", "proxy")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, served.end()) }()
	signedIn, err := startServeAs(ctx, p, at, at.workspace, []string{"--auth", "oauth"}, "--connection", connection, "--route", "proxy")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, signedIn.end()) }()
	if signedIn.tokens, err = accessTokens(ctx, at.workspace); err != nil {
		return err
	}
	all := []*gatewayProcess{yardstick, served}
	if p.base != "" {
		older := p
		older.ucbridge = p.base
		base, err := startServe(ctx, older, at, at.workspace, "--connection", connection, "--route", "proxy")
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, base.end()) }()
		all = append(all, base)
	}
	head := []string{"serve", "ReverseProxy", "its p99", "ucbridge", "its p99", "calls/s to ReverseProxy", "CPU to ReverseProxy", "answers lost, ReverseProxy and ucbridge"}
	if p.base != "" {
		head = append(head, "calls/s new/base", "CPU new/base")
	}
	r.head(append(head, "bounds"))
	for _, l := range levels {
		name := l.name
		if !s.wants(name) {
			continue
		}
		l.calls *= s.effort.gateway
		served, all := served, all
		if l.oauth {
			served, all = signedIn, slices.Clone(all)
			all[1] = signedIn
		}
		if err := measureLevel(all, l, s.effort.portions); err != nil {
			return err
		}
		rate := median(ratios(served.rate, yardstick.rate))
		row := []string{
			name, plain(median(yardstick.rate)) + " /s", plain(median(yardstick.p99)) + " ms", plain(median(served.rate)) + " /s",
			plain(median(served.p99)) + " ms", plain(rate), plain(median(ratios(served.cpu, yardstick.cpu))),
			fmt.Sprintf("%d, %d of %d", yardstick.lost, served.lost, l.calls*s.effort.portions),
		}
		if p.base != "" {
			row = append(row, plain(median(ratios(served.rate, all[2].rate))), plain(median(ratios(served.cpu, all[2].cpu))))
		}
		r.row(append(row, r.judged(name, map[string]float64{figureFloor: rate})))
	}
	return nil
}

// measureLevel measures all gateways at a level, forward and backward by turns. A call
// counts if its answer came whole; who drops work is not the faster for it.
func measureLevel(all []*gatewayProcess, l level, portions int) error {
	for _, g := range all {
		if _, err := g.run(l.call, l.connections, l.calls/4); err != nil { // opens what it needs
			return err
		}
		g.rate, g.p99, g.cpu, g.lost = nil, nil, nil, 0
	}
	for n := range portions {
		for i := range all {
			if n%2 == 1 {
				i = len(all) - 1 - i
			}
			g := all[i]
			before := cpuTime(g.process.cmd.Process.Pid)
			s, err := g.run(l.call, l.connections, l.calls)
			if err != nil {
				return fmt.Errorf("%s, %d connections: %w", g.name, l.connections, err)
			}
			g.cpu = append(g.cpu, (cpuTime(g.process.cmd.Process.Pid)-before)/float64(max(1, len(s.each))))
			g.rate = append(g.rate, perSecond(s))
			g.p99 = append(g.p99, percentile(s, 99))
		}
	}
	return nil
}

// startServe starts ucbridge serve on behalf of its users, without limits.
func startServe(ctx context.Context, p programs, at site, workspace string, args ...string) (*gatewayProcess, error) {
	return startServeAs(ctx, p, at, workspace, []string{"--auth", "obo", "--trust-forwarded"}, args...)
}

func startServeAs(ctx context.Context, p programs, at site, workspace string, auth []string, args ...string) (*gatewayProcess, error) {
	args = append(append([]string{"serve", "--listen", "127.0.0.1:0"}, auth...), append([]string{
		"--user-calls", "0", "--user-streams", "0", "--user-rate", "0", "--log-file", filepath.Join(at.home, "serve.log")}, args...)...)
	return startGateway(ctx, "ucbridge serve", at.environment(workspace), p.ucbridge, args...)
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

// run makes so many calls over so many connections, each waiting for its answer before
// the next. An answer that does not come whole is lost, and the connection is another.
func (g *gatewayProcess) run(c call, connections, calls int) (sample, error) {
	var left, id, lost atomic.Int64
	left.Store(int64(calls))
	id.Store(firstID)
	times := make([][]time.Duration, connections)
	failed := make(chan error, connections)
	wires, err := g.dial(connections)
	if err != nil {
		return sample{}, err
	}
	var all sync.WaitGroup
	began := time.Now()
	for i := range connections {
		all.Go(func() {
			w := wires[i]
			defer func() { w.close() }()
			var message []byte
			for left.Add(-1) >= 0 {
				sent := time.Now()
				n := int(id.Add(1))
				message = c.appendMessage(message[:0], n)
				h, body, err := w.ask(message)
				if errors.Is(err, io.ErrUnexpectedEOF) {
					lost.Add(1)
					w.close()
					if w, err = g.dialOne(i); err == nil {
						continue
					}
				}
				if err == nil && (h.status != 200 || !c.answers(body, n)) {
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
	g.lost += int(lost.Load())
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

func (g *gatewayProcess) dialOne(user int) (*wire, error) {
	if g.tokens != nil {
		return dialWireAs(g.at.Host, g.at.Path, "Authorization: Bearer "+g.tokens[user%users], userSession(user))
	}
	return dialWire(g.at.Host, g.at.Path, userToken(user), userSession(user))
}

func (g *gatewayProcess) dial(connections int) ([]*wire, error) {
	wires := make([]*wire, connections)
	for i := range wires {
		var err error
		if wires[i], err = g.dialOne(i); err != nil {
			return nil, err
		}
	}
	return wires, nil
}

// answers reports whether body is the answer to the call of that id.
func (c call) answers(body []byte, id int) bool {
	if c.events {
		body = bytes.TrimSuffix(bytes.TrimPrefix(body, []byte(eventHead)), []byte(eventTail))
	}
	rest, ok := bytes.CutPrefix(body, []byte(messageHead+strconv.Itoa(id)))
	return ok && bytes.Equal(rest, c.answer)
}
