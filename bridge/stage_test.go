package bridge

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/loopbacktest"
	"ucbridge/bridge/refusal"
	"ucbridge/config"
)

const (
	// patience is how long a test waits for what has to come.
	patience = 2 * time.Minute
	// passes is a time limit of the bridge that has to pass in a test. A busy machine
	// does in less than that what has to come before.
	passes = 10 * time.Second
)

// stage is a workspace of the test's own and an MCP server behind it.
type stage struct {
	t         *testing.T
	server    *faultyServer
	address   string // of the workspace, the same after a restart
	workspace *emulator.Workspace
	conn      emulator.Connection
	service   emulator.Service
	options   emulator.Options
	cfg       *config.Config
	looks     time.Duration // how often it is looked for what may be used, 0 for as often as usual
}

// newStage sets up a workspace where ada may use connection "c" and the service
// "main.mcp.c" in front of it, and a configuration that takes the route to one of
// them.
func newStage(t *testing.T, route string) *stage {
	t.Helper()
	s := &stage{t: t, server: newFaultyServer(t), address: loopbacktest.UnusedAddress(t), cfg: config.New()}
	s.conn = emulator.Connection{Name: "c", Upstream: s.server.URL, MCP: true}
	s.service = emulator.Service{Name: "main.mcp.c", Connection: "c"}
	s.cfg.Connection.Value, s.cfg.Route.Value = "c", route
	if route == "mcp-service" {
		s.cfg.Connection.Value, s.cfg.Route.Value, s.cfg.Service.Value = "", "auto", "main.mcp.c"
	}
	s.cfg.Host.Value, s.cfg.CacheDir.Value = "http://"+s.address, t.TempDir()
	s.cfg.MaxMessage.Value = int64(len(big) / 2)
	s.cfg.ConnectTimeout.Value = patience // or the standby answers where the machine is busy
	s.up()
	t.Cleanup(s.down)
	return s
}

// up starts the workspace.
func (s *stage) up() {
	s.t.Helper()
	s.options.Addr = s.address
	w, err := emulator.Start(s.options)
	if err != nil {
		s.t.Fatal(err)
	}
	w.AddConnection(s.conn)
	w.AddService(s.service)
	s.workspace = w
}

// down closes the workspace: connections to it are refused.
func (s *stage) down() {
	s.t.Helper()
	if err := s.workspace.Close(); err != nil {
		s.t.Error(err)
	}
	loopbacktest.AwaitUnused(s.address) // another test may be starting a server
}

// sent returns how often the bridge sent a method to the workspace.
func (s *stage) sent(method string) int {
	n := 0
	for _, x := range s.workspace.Exchanges() {
		if x.RPCMethod == method {
			n++
		}
	}
	return n
}

// caller is an AI client at the stdio door. It sees to it that every request gets
// one answer.
type caller struct {
	t       *testing.T
	in      io.WriteCloser
	stop    context.CancelCauseFunc
	done    chan error
	notices chan string

	mu      sync.Mutex
	ids     int
	waiting map[string]chan jsonrpc.Message
	strays  []string // what nobody waited for
}

const hello = `{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"faults","version":"1"}}`

// open starts a bridge, without the handshake.
func (s *stage) open() *caller {
	s.t.Helper()
	ctx, stop := context.WithCancelCause(context.Background())
	in, out, done := launch(s.t, ctx, s.cfg, func(b *Bridge) {
		if s.looks > 0 {
			b.several.interval = s.looks
		}
	})
	c := &caller{
		t: s.t, in: in, stop: stop, done: make(chan error, 1),
		notices: make(chan string, 1000), waiting: make(map[string]chan jsonrpc.Message),
	}
	go func() {
		c.read(bufio.NewReaderSize(out, 1<<20))
		c.done <- done()
	}()
	s.t.Cleanup(func() { // where the test broke off
		stop(nil)
		in.Close()
	})
	return c
}

// begin starts a bridge and shakes hands; the answer to initialize comes along.
func (s *stage) begin() (*caller, jsonrpc.Message) {
	s.t.Helper()
	c := s.open()
	return c, c.greet(hello)
}

func (c *caller) greet(hello string) jsonrpc.Message {
	c.t.Helper()
	answer := c.ask("initialize", hello)
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return answer
}

func (c *caller) read(lines *bufio.Reader) {
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		m, err := jsonrpc.Parse(line[:len(line)-1])
		c.mu.Lock()
		waiting := c.waiting[string(m.ID)]
		switch {
		case err != nil || m.IsResponse() && waiting == nil:
			c.strays = append(c.strays, string(line))
		case m.IsResponse():
			delete(c.waiting, string(m.ID))
			waiting <- m
		default:
			select {
			case c.notices <- string(m.Raw):
			default: // nobody waits for that many
			}
		}
		c.mu.Unlock()
	}
}

func (c *caller) send(line string) {
	c.t.Helper()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Error(err)
	}
}

// start sends a request and returns where its answer will be.
func (c *caller) start(method, params string) <-chan jsonrpc.Message {
	c.t.Helper()
	answer := make(chan jsonrpc.Message, 1)
	c.mu.Lock()
	c.ids++
	id := fmt.Sprint(c.ids)
	c.waiting[id] = answer
	c.mu.Unlock()
	c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"method":%q,"params":%s}`, id, method, params))
	return answer
}

// write starts a call that must run no more than once for its key.
func (c *caller) write(key string) <-chan jsonrpc.Message {
	c.t.Helper()
	return c.start("tools/call", fmt.Sprintf(`{"name":"write","arguments":{"key":%q}}`, key))
}

func (c *caller) ask(method, params string) jsonrpc.Message {
	c.t.Helper()
	return c.wait(c.start(method, params))
}

// wait returns the answer to a request. Like send, start and ask it may be called
// from any goroutine.
func (c *caller) wait(answer <-chan jsonrpc.Message) jsonrpc.Message {
	c.t.Helper()
	select {
	case m := <-answer:
		return m
	case <-time.After(patience):
		c.t.Error("a request was not answered")
		return jsonrpc.Message{Error: []byte(`{"data":{"reason":"unanswered"}}`)}
	}
}

// expect waits for a notification.
func (c *caller) expect(method string) string {
	c.t.Helper()
	late := time.After(patience)
	for {
		select {
		case notice := <-c.notices:
			if m, err := jsonrpc.Parse([]byte(notice)); err == nil && m.Method == method {
				return notice
			}
		case <-late:
			c.t.Fatalf("%s did not come", method)
		}
	}
}

// finish ends the client and checks what it has received.
func (c *caller) finish(want error) {
	c.t.Helper()
	c.in.Close()
	select {
	case err := <-c.done:
		if !errors.Is(err, want) {
			c.t.Errorf("the bridge ended with %v, want %v", err, want)
		}
	case <-time.After(patience):
		c.t.Fatal("the bridge did not end")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, line := range c.strays {
		c.t.Errorf("nobody had asked for %s", line)
	}
	for id := range c.waiting {
		c.t.Errorf("request %s was not answered", id)
	}
}

// until waits for a condition that something outside of the test brings about.
func until(t *testing.T, what string, met func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !met(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// failureOf is the error that a response holds: its own, or where a call could not be
// carried the one in the tool error; nil where it holds none.
func failureOf(m jsonrpc.Message) []byte {
	if m.Error != nil {
		return m.Error
	}
	return jsonrpc.Value(m.Result, "_meta", refusal.MetaError)
}

// outcome says in a word what became of a request: "result", "tool error", or
// "error" with the bridge's reason or the code of another's error.
func outcome(m jsonrpc.Message) string {
	switch {
	case failureOf(m) == nil && string(jsonrpc.Value(m.Result, "isError")) == "true":
		return "tool error"
	case failureOf(m) == nil:
		return "result"
	}
	if reason := jsonrpc.Text(failureOf(m), "data", "reason"); reason != "" {
		return "error " + reason
	}
	return "error " + string(jsonrpc.Value(failureOf(m), "code"))
}
