package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// The conversation of a listener with the workspace's sample server, and the write
// of which every listener is told.
const (
	sampleHello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}}`
	subscribe   = `{"jsonrpc":"2.0","id":2,"method":"resources/subscribe","params":{"uri":"repo://octo/hello-mcp/issues"}}`
	createIssue = `{"jsonrpc":"2.0","id":3,"method":"tools/call","params":{"name":"create_issue","arguments":{"owner":"octo","repo":"hello-mcp","title":"heard by all"}}}`
	sampleEcho  = `{"jsonrpc":"2.0","id":4,"method":"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}}`
)

// callsBeside is how many calls are made while the listeners listen.
const callsBeside = 5_000

// measureListeners has so many listeners listen at once through ucbridge serve,
// with calls beside them, and then tells all of them something.
func measureListeners(ctx context.Context, r report, p programs, at site, listeners int) (err error) {
	g, err := startServe(ctx, p, at, at.secure, "--connection", sampleConnection, "--route", "proxy")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, g.end()) }()
	if _, err := g.callSample(callsBeside/10, 64); err != nil {
		return err
	}
	before := residentMB(g.process.cmd.Process.Pid)
	began := time.Now()
	all, err := g.listen(listeners)
	defer func() {
		for _, l := range all {
			l.close()
		}
	}()
	if err != nil {
		return err
	}
	opened := time.Since(began)
	idle := residentMB(g.process.cmd.Process.Pid)
	silent, err := g.cpuOfSilence(ctx)
	if err != nil {
		return err
	}
	s, err := g.callSample(callsBeside, 64)
	if err != nil {
		return fmt.Errorf("calling beside %d listeners: %w", listeners, err)
	}
	told, err := g.tell(all)
	if err != nil {
		return err
	}
	each := (idle - before) * 1e3 / float64(listeners)
	fmt.Fprintf(r.w, "\n%d listeners opened in %v, each told of a change within %v; %d calls beside them, none failed: %s calls/s, p99 %s ms.\n",
		listeners, opened.Round(time.Millisecond), told.Round(time.Millisecond), callsBeside, plain(perSecond(s)), plain(percentile(s, 99)))
	r.line("listeners/memory", each, fmt.Sprintf("ucbridge serve has %s MB before and %s MB with all of them idle, %s KB each", plain(before), plain(idle), plain(each)))
	r.line("listeners/cpu", silent, fmt.Sprintf("nothing being said but comments, it takes %s %% of a CPU", plain(silent)))
	return nil
}

// silenceMeasured is two of the intervals after which a listener gets a comment.
const silenceMeasured = 30 * time.Second

// cpuOfSilence returns how much of a CPU the gateway takes, in percent, while nobody
// says anything.
func (g *gatewayProcess) cpuOfSilence(ctx context.Context) (float64, error) {
	before := cpuTime(g.process.cmd.Process.Pid)
	select {
	case <-time.After(silenceMeasured):
	case <-ctx.Done():
		return 0, ctx.Err()
	}
	return (cpuTime(g.process.cmd.Process.Pid) - before) / float64(silenceMeasured.Milliseconds()) * 100, nil
}

// inParallel does something n times, several at a time.
func inParallel(n, atOnce int, do func(i int) error) error {
	var next atomic.Int64
	failed := make(chan error, atOnce)
	var all sync.WaitGroup
	for range atOnce {
		all.Go(func() {
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				if err := do(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	all.Wait()
	select {
	case err := <-failed:
		return err
	default:
		return nil
	}
}

// listen begins a session for each listener, subscribes, and opens its stream.
func (g *gatewayProcess) listen(n int) ([]*wire, error) {
	all := make([]*wire, n)
	err := inParallel(n, 64, func(i int) error {
		first, err := dialWire(g.at.Host, g.at.Path, userToken(i), "")
		if err != nil {
			return err
		}
		defer first.close()
		h, body, err := first.ask([]byte(sampleHello))
		if err != nil || h.status != 200 {
			return unexpectedStatus(fmt.Sprintf("listener %d: initialize", i), h, body, err)
		}
		l, err := dialWire(g.at.Host, g.at.Path, userToken(i), h.session)
		if err != nil {
			return err
		}
		all[i] = l
		if h, body, err := l.ask([]byte(subscribe)); err != nil || h.status != 200 {
			return unexpectedStatus(fmt.Sprintf("listener %d: subscribe", i), h, body, err)
		}
		if err := l.send("GET", nil); err != nil {
			return err
		}
		if h, err := l.readHead(); err != nil || h.status != 200 {
			return unexpectedStatus(fmt.Sprintf("listener %d: GET", i), h, nil, err)
		}
		return nil
	})
	opened := all[:0]
	for _, l := range all {
		if l != nil {
			opened = append(opened, l)
		}
	}
	return opened, err
}

// callSample makes calls of the sample server, over so many connections.
func (g *gatewayProcess) callSample(calls, connections int) (sample, error) {
	wires := make(chan *wire, connections)
	for i := range connections {
		l, err := dialWire(g.at.Host, g.at.Path, userToken(i), "")
		if err != nil {
			return sample{}, err
		}
		defer l.close()
		h, body, err := l.ask([]byte(sampleHello))
		if err != nil || h.status != 200 {
			return sample{}, unexpectedStatus("initialize", h, body, err)
		}
		l.head += "Mcp-Session-Id: " + h.session + "\r\n"
		wires <- l
	}
	each := make([]time.Duration, calls)
	began := time.Now()
	err := inParallel(calls, connections, func(i int) error {
		l := <-wires
		defer func() { wires <- l }()
		sent := time.Now()
		h, body, err := l.ask([]byte(sampleEcho))
		each[i] = time.Since(sent)
		if err != nil || h.status != 200 || !bytes.Contains(body, []byte(`"text":"hello"`)) {
			return unexpectedStatus(fmt.Sprintf("call %d", i), h, body, err)
		}
		return nil
	})
	return sample{elapsed: time.Since(began), each: each}, err
}

// tell makes a change, and returns when every listener has heard of it.
func (g *gatewayProcess) tell(all []*wire) (time.Duration, error) {
	teller, err := dialWire(g.at.Host, g.at.Path, userToken(0), "")
	if err != nil {
		return 0, err
	}
	defer teller.close()
	h, body, err := teller.ask([]byte(sampleHello))
	if err != nil || h.status != 200 {
		return 0, unexpectedStatus("initialize", h, body, err)
	}
	teller.head += "Mcp-Session-Id: " + h.session + "\r\n"
	began := time.Now()
	if h, body, err := teller.ask([]byte(createIssue)); err != nil || h.status != 200 {
		return 0, unexpectedStatus("create_issue", h, body, err)
	}
	for i, l := range all {
		_ = l.conn.SetReadDeadline(time.Now().Add(patience)) // a TCP connection has deadlines
		for {
			line, err := l.r.ReadSlice('\n')
			if err != nil {
				return 0, fmt.Errorf("listener %d hears nothing: %w", i, err)
			}
			if bytes.Contains(line, []byte("notifications/resources/updated")) {
				break
			}
		}
	}
	return time.Since(began), nil
}

// unexpectedStatus says what came in place of an answer.
func unexpectedStatus(what string, h answerHead, body []byte, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return fmt.Errorf("%s: unexpected answer %d %.200s", what, h.status, body)
}
