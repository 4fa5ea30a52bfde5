package bridge

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// faultyServer is an MCP server that works, except where it was told not to. It
// runs each request it accepts, which is what the tests count.
type faultyServer struct {
	*httptest.Server
	t *testing.T

	mu      sync.Mutex
	session int
	seen    []string // what was asked for and in which session, as "tools/call s1"
	ran     map[string]int
	upsets  []upset
	// forgot answers what names another session than the current one.
	forgot string
	// streams offers the GET stream; push is what goes out on it.
	streams bool
	push    chan string
	// gates hold back calls by their key until they are closed.
	gates map[string]chan struct{}
}

// upset is one request going wrong: the next one of a method is taken in, run,
// and answered with bytes of the test.
type upset struct {
	on string
	// raw is written as it is, $id standing for the request's id and $big for a
	// long text; then the connection ends, unless hang is set.
	raw  string
	hang bool
}

const notFound = "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"

func newFaultyServer(t *testing.T) *faultyServer {
	f := &faultyServer{
		t: t, session: 1, ran: make(map[string]int), forgot: notFound,
		push: make(chan string), gates: make(map[string]chan struct{}),
	}
	f.Server = httptest.NewServer(f)
	t.Cleanup(func() {
		f.CloseClientConnections()
		f.Close()
	})
	return f
}

// upset makes the next requests of a method go wrong, one for each raw answer.
func (f *faultyServer) upset(on string, raws ...string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, raw := range raws {
		f.upsets = append(f.upsets, upset{on: on, raw: raw})
	}
}

// forget loses the session, as a restart does.
func (f *faultyServer) forget() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.session++
}

// hold makes calls with that key wait until the returned func is called.
func (f *faultyServer) hold(key string) (release func()) {
	gate := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gates[key] = gate
	return func() { close(gate) }
}

// times returns how often a call with that key was run.
func (f *faultyServer) times(key string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.ran[key]
}

// count returns how many requests were seen that begin with what.
func (f *faultyServer) count(what string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	n := 0
	for _, seen := range f.seen {
		if strings.HasPrefix(seen+" ", what+" ") {
			n++
		}
	}
	return n
}

func (f *faultyServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender is gone
	}
	m, _ := jsonrpc.Parse(body) // GET and DELETE have none
	name := m.Method
	if r.Method != http.MethodPost {
		name = r.Method
	}
	named := r.Header.Get("Mcp-Session-Id")
	f.mu.Lock()
	f.seen = append(f.seen, strings.Join(slices.DeleteFunc([]string{name, named, r.Header.Get("Last-Event-Id")}, isEmpty), " "))
	session := fmt.Sprintf("s%d", f.session)
	lost, forgot := name != "initialize" && named != session, f.forgot
	var wrong *upset
	if i := slices.IndexFunc(f.upsets, func(u upset) bool { return u.on == name }); i >= 0 && !lost {
		wrong = new(f.upsets[i])
		f.upsets = slices.Delete(f.upsets, i, i+1)
	}
	var gate chan struct{}
	if m.Method == "tools/call" && !lost {
		key := jsonrpc.Text(m.Params, "arguments", "key")
		f.ran[key]++
		gate = f.gates[key]
	}
	f.mu.Unlock()
	switch {
	case lost:
		f.play(w, upset{raw: forgot}, m.ID)
		return
	case wrong != nil:
		f.play(w, *wrong, m.ID)
		return
	case gate != nil:
		select {
		case <-gate:
		case <-r.Context().Done():
			return
		}
	}
	f.answer(w, r, m, session)
}

func isEmpty(s string) bool { return s == "" }

// play writes an answer byte for byte and ends the connection.
func (f *faultyServer) play(w http.ResponseWriter, u upset, id jsonrpc.ID) {
	conn, _, err := http.NewResponseController(w).Hijack()
	if err != nil {
		f.t.Error(err)
		return
	}
	defer conn.Close()
	raw := strings.NewReplacer("$id", string(id), "$big", big).Replace(u.raw)
	if _, err := io.WriteString(conn, raw); err != nil {
		return // the other side has had enough
	}
	if tcp, ok := conn.(*net.TCPConn); ok && !u.hang {
		_ = tcp.CloseWrite() // an end, not a reset that would overtake the answer
	}
	_, _ = io.Copy(io.Discard, conn)
}

// big stands for $big. It is longer than the tests let a message be.
var big = strings.Repeat("x", 1<<20)

func (f *faultyServer) answer(w http.ResponseWriter, r *http.Request, m jsonrpc.Message, session string) {
	result := "{}"
	switch {
	case r.Method == http.MethodGet && f.streams:
		f.stream(w, r)
		return
	case r.Method == http.MethodGet:
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
		return
	case !m.IsRequest():
		w.WriteHeader(http.StatusAccepted)
		return
	case m.Method == "initialize":
		w.Header().Set("Mcp-Session-Id", session)
		result = `{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true},"logging":{},"resources":{"subscribe":true}},"serverInfo":{"name":"faulty","version":"1"}}`
	case m.Method == "tools/list":
		result = `{"tools":[{"name":"write","inputSchema":{"type":"object"}}]}`
	case m.Method == "tools/call":
		result = `{"content":[{"type":"text","text":"done"}]}`
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = fmt.Fprintf(w, `{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
}

// stream sends what the test pushes: an event, or an empty text for the end.
func (f *faultyServer) stream(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "text/event-stream")
	flush := http.NewResponseController(w).Flush
	_ = flush()
	for {
		select {
		case event := <-f.push:
			if event == "" {
				return
			}
			_, _ = w.Write(append(bytes.TrimSpace([]byte(event)), "\n\n"...))
			_ = flush()
		case <-r.Context().Done():
			return
		}
	}
}

// calm takes back what was still to go wrong.
func (f *faultyServer) calm() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.upsets = nil
}
