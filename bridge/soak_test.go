package bridge

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/jsonrpc"
)

var (
	soakFor  = flag.Duration("soak", 5*time.Second, "how long TestSoak lasts")
	soakSeed = flag.Uint64("soakseed", 0, "seed of TestSoak, 0 for a new one")
)

// TestSoak lets 64 callers at one bridge while everything around it breaks: the
// workspace and the way to it, tokens, sessions, the server's process. However
// that ends for a single call, each gets one answer, nothing runs twice, what may
// have run is said to, and what was used up is given back.
func TestSoak(t *testing.T) {
	t.Setenv("DATABRICKS_HOST", "")
	t.Setenv("DATABRICKS_TOKEN", "")
	t.Setenv("DATABRICKS_CLIENT_ID", "demo-client")
	t.Setenv("DATABRICKS_CLIENT_SECRET", "demo-secret")
	seed := *soakSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("repeat with -soakseed %d", seed)
		}
	})
	before := runtime.NumGoroutine()
	for _, route := range []string{"proxy", "external-function"} {
		t.Run(route, func(t *testing.T) { soak(t, route, rand.New(rand.NewPCG(seed, 0)), *soakFor/2) })
	}
	until(t, "all goroutines end", func() bool { return runtime.NumGoroutine() <= before })
}

const soakers = 64

func soak(t *testing.T, route string, random *rand.Rand, long time.Duration) {
	s := newStage(t, route)
	server := newKillable(t)
	s.options.TokenTTL = 2 * time.Second
	s.conn.Upstream = "http://" + server.address
	s.down()
	s.up()
	s.cfg.CallTimeout.Value = passes
	c, _ := s.begin()
	clients := []*caller{c}
	if *otherProgram != "" { // several share what is kept on disk
		other, _ := s.begin()
		clients = append(clients, other)
	}
	log := newSoakLog(clients)
	log.round() // fills pools and caches
	heap := s.heap()

	over := make(chan struct{})
	var callers sync.WaitGroup
	for i := range soakers {
		own := rand.New(rand.NewPCG(random.Uint64(), 0))
		callers.Go(func() { log.call(i, own, over) })
	}
	for began := time.Now(); time.Since(began) < long; {
		trouble(s, server, random)
		time.Sleep(time.Duration(random.IntN(150)) * time.Millisecond)
	}
	close(over)
	callers.Wait()

	s.workspace.ClearFaults()
	until(t, "what was broken last is noticed", func() bool {
		return !slices.ContainsFunc(clients, func(c *caller) bool { return outcome(c.ask("tools/list", `{}`)) != "result" })
	})
	for _, m := range log.round() {
		if outcome(m) != "result" {
			t.Errorf("when all was well again a call ended with %s", m.Raw)
		}
	}
	// Requests and connections that broke last take a moment to end, on a busy machine more.
	until(t, "memory is given back", func() bool { return s.heap() <= heap+8<<20 })
	t.Logf("in use: %d KiB at the start, %d KiB at the end", heap>>10, s.heap()>>10)
	for _, client := range clients {
		client.finish(nil)
	}
	log.check(t, server.runs())
}

// heap returns how much memory is in use when nothing is going on.
func (s *stage) heap() uint64 {
	s.workspace.ResetExchanges()
	runtime.GC()
	runtime.GC() // empties what pools keep for one round
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

var asJSON = http.Header{"Content-Type": {"application/json"}}

// trouble does one thing that must not matter.
func trouble(s *stage, server *killable, random *rand.Rand) {
	faults := []emulator.Fault{
		{Status: 429}, {Status: 503}, {Status: 502, Body: "<html>"}, {Status: 401},
		{Status: 403, Body: `{"error_code":403,"message":"Invalid access token."}`},
		{Cut: true}, {CutAfter: 20}, {Reset: true}, {Delay: 50 * time.Millisecond}, {LoseSession: true},
		{RPCMethod: "initialize", Status: 503}, {RPCMethod: "initialize", Cut: true},
		{RPCMethod: "tools/call", Hang: true}, {Route: "oidc", Status: 503},
		// What is no message, a refusal under an id of nobody's, a lost session in
		// other words, and a page in the place of an answer.
		{Status: 401, Body: `{"error":"invalid_token","error_description":"expired"}`},
		{Status: 404, Body: `{"error":"Not Found"}`},
		{RPCMethod: "tools/call", Status: 200, Header: asJSON, Body: `{"jsonrpc":"2.0","id":1,"error":"boom"}`},
		{RPCMethod: "tools/call", Status: 406, Header: asJSON, Body: `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Not Acceptable"}}`},
		{RPCMethod: "tools/call", Status: 429, Header: asJSON, Body: `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32000,"message":"slow down"}}`},
		{RPCMethod: "tools/call", Status: 400, Header: asJSON, Body: `{"jsonrpc":"2.0","id":"server-error","error":{"code":-32600,"message":"Bad Request: No valid session ID provided"}}`},
		{Status: 410, Body: "session expired"}, {Status: 400, Body: "Invalid Token"},
		{RPCMethod: "tools/call", Status: 200, Header: http.Header{"Content-Type": {"text/html"}}, Body: "<html><title>Sign in</title></html>"},
		{RPCMethod: "tools/call", Status: 413, Body: "<html>413 Request Entity Too Large</html>"},
	}
	switch n := random.IntN(40); {
	case n < 30:
		f := faults[random.IntN(len(faults))]
		f.Times = 1 + random.IntN(3)
		s.workspace.Inject(f)
	case n < 36:
		s.workspace.ExpireTokens()
	case n < 38:
		server.kill()
		server.start()
	case n < 39:
		s.down()
		s.up()
	default:
		s.workspace.ClearFaults()
	}
}

// soakLog keeps what became of every write, in two bytes each, lest it be taken
// for a leak.
type soakLog struct {
	clients []*caller
	writes  [soakers][]verdict // of each caller, in its order

	mu       sync.Mutex
	outcomes []string
}

type verdict struct {
	outcome uint8 // in outcomes
	admits  bool  // that the call may have run
}

func newSoakLog(clients []*caller) *soakLog {
	return &soakLog{clients: clients, outcomes: []string{"result"}}
}

// client is who makes the calls of a caller.
func (l *soakLog) client(who int) *caller { return l.clients[who%len(l.clients)] }

// key names the next write of a caller.
func (l *soakLog) key(who int) string { return fmt.Sprintf("%d-%d", who, len(l.writes[who])) }

func (l *soakLog) note(who int, m jsonrpc.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	at := slices.Index(l.outcomes, outcome(m))
	if at < 0 {
		at = len(l.outcomes)
		l.outcomes = append(l.outcomes, outcome(m))
	}
	l.writes[who] = append(l.writes[who], verdict{uint8(at), strings.Contains(string(m.Raw), "may have run")})
}

// call makes calls one after the other until over: writes, and reads between.
func (l *soakLog) call(who int, random *rand.Rand, over <-chan struct{}) {
	for {
		select {
		case <-over:
			return
		case <-time.After(time.Duration(random.IntN(20)) * time.Millisecond):
		}
		if random.IntN(3) == 0 {
			l.client(who).ask("tools/list", `{}`)
			continue
		}
		l.note(who, l.client(who).wait(l.client(who).write(l.key(who))))
	}
}

// round makes one write for each of the callers, all at once.
func (l *soakLog) round() []jsonrpc.Message {
	var answers []<-chan jsonrpc.Message
	for who := range soakers {
		answers = append(answers, l.client(who).write(l.key(who)))
	}
	var all []jsonrpc.Message
	for who, answer := range answers {
		all = append(all, l.client(who).wait(answer))
		l.note(who, all[who])
	}
	return all
}

// check compares what callers were told with what was run.
func (l *soakLog) check(t *testing.T, runs map[string]int) {
	t.Helper()
	tally := make(map[string]int)
	for who, writes := range l.writes {
		for i, v := range writes {
			key, told := fmt.Sprintf("%d-%d", who, i), l.outcomes[v.outcome]
			tally[told]++
			switch n := runs[key]; {
			case n > 1:
				t.Errorf("write %s ran %d times", key, n)
			case n == 0 && told == "result":
				t.Errorf("write %s has a result and did not run", key)
			case n == 1 && told != "result" && !v.admits:
				t.Errorf("write %s ran, which its %s does not admit", key, told)
			}
			delete(runs, key)
		}
	}
	for key := range runs {
		t.Errorf("write %s ran, and nobody had asked for it", key)
	}
	t.Logf("outcomes of the writes: %v", tally)
}
