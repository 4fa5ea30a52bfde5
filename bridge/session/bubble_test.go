package session

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/standby"
	"ucbridge/bridge/streamable"
)

// scripted is an MCP server without a network, for tests in which time is not real.
type scripted struct {
	mu   sync.Mutex
	seen []string // method, or "response", of each message
	// fail returns why a message cannot be carried, nil where it can.
	fail func(m jsonrpc.Message) error
	// answer yields the answer to a request; nil answers with an empty result.
	answer func(ctx context.Context, m jsonrpc.Message, yield func(string) bool)
	// end is what an answer breaks off with, nil for its own end.
	end error
	// pushes go out on the GET stream, which stands that long after it was asked for.
	pushes chan string
	stands time.Duration
}

func (u *scripted) Send(ctx context.Context, p streamable.Post) (*streamable.Answer, error) {
	m, err := jsonrpc.Parse(p.Body)
	if err != nil {
		return nil, err
	}
	u.mu.Lock()
	name := m.Method
	if m.IsResponse() {
		name = "response"
	}
	u.seen = append(u.seen, name)
	u.mu.Unlock()
	if p.Written != nil {
		p.Written()
	}
	if u.fail != nil {
		if err := u.fail(m); err != nil {
			return nil, err
		}
	}
	return streamable.Compose(200, func(yield func(jsonrpc.Message, error) bool) {
		say := func(raw string) bool { return yield(jsonrpc.Parse([]byte(raw))) }
		switch {
		case m.Method == mcp.Initialize:
			say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"protocolVersion":"2025-11-25","capabilities":{"tools":{}}}}`)
		case !m.IsRequest():
		case u.answer != nil:
			u.answer(ctx, m, say)
			if end := cmp.Or(ctx.Err(), u.end); end != nil {
				yield(jsonrpc.Message{}, end)
			}
		default:
			say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{}}`)
		}
	}, nil), nil
}

func (u *scripted) Listen(ctx context.Context, _ streamable.Conversation, opened func()) iter.Seq2[jsonrpc.Message, error] {
	return func(yield func(jsonrpc.Message, error) bool) {
		select {
		case <-time.After(u.stands):
		case <-ctx.Done():
			return
		}
		opened()
		for {
			select {
			case raw := <-u.pushes:
				if !yield(jsonrpc.Parse([]byte(raw))) {
					return
				}
			case <-ctx.Done():
				return
			}
		}
	}
}

func (u *scripted) Delete(context.Context, streamable.Conversation) error { return nil }

func (u *scripted) count(name string) int {
	u.mu.Lock()
	defer u.mu.Unlock()
	n := 0
	for _, seen := range u.seen {
		if seen == name {
			n++
		}
	}
	return n
}

func (c *client) openQuestions() int {
	c.s.inbound.questions.mu.Lock()
	defer c.s.inbound.questions.mu.Unlock()
	return len(c.s.inbound.questions.byID)
}

// hangs leaves every request open until its end.
func hangs(ctx context.Context, _ jsonrpc.Message, _ func(string) bool) { <-ctx.Done() }

// inBubble runs test with a session that has shaken hands with u, in a bubble.
func inBubble(t *testing.T, opts Options, u *scripted, test func(*testing.T, *client)) {
	synctest.Test(t, func(t *testing.T) {
		u.pushes = make(chan string)
		c := &client{t: t, emitted: make(chan string, 10_000), patience: 24 * time.Hour}
		opts.Upstream, opts.Route, opts.Log = u, route{}, slog.New(slog.DiscardHandler)
		if opts.Standby == nil {
			opts.Standby = standby.New(standby.Options{Version: "0.0.0-test", Log: opts.Log})
		}
		if opts.Client == nil {
			opts.Client = c
		}
		opts.ConnectTimeout = 10 * time.Second
		c.s = New(t.Context(), opts)
		defer c.s.Close(0)
		c.send(hello)
		c.next()
		c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
		synctest.Wait()
		test(t, c)
	})
}

const callX = `{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"x"}}`

// What a server asks on the GET stream holds up no call that has nothing to do with it
// for longer than it could take anyway.
func TestQuestionOnTheGetStream(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]time.Duration{
		"roots/list":             3 * time.Second,
		"ping":                   3 * time.Second,
		"elicitation/create":     6 * time.Second,
		"sampling/createMessage": 6 * time.Second,
	} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			u := &scripted{answer: hangs}
			inBubble(t, Options{CallTimeout: 3 * time.Second, CallIdleTimeout: 3 * time.Second}, u, func(t *testing.T, c *client) {
				began := time.Now()
				c.send(fmt.Sprintf(callX, 1))
				synctest.Wait()
				for id := range 3 { // asking again gives no more time
					u.pushes <- fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":%q}`, id, method)
					c.next()
				}
				c.wantError("1", "call_timeout")
				if took := time.Since(began); took != want {
					t.Errorf("after %s, want %s", took, want)
				}
			})
		})
	}
}

// While a person answers the question of a call, the call has no deadline.
func TestQuestionOnTheCallsOwnStream(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: func(ctx context.Context, m jsonrpc.Message, say func(string) bool) {
		say(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{}}`)
		<-ctx.Done()
	}}
	inBubble(t, Options{CallTimeout: 3 * time.Second}, u, func(t *testing.T, c *client) {
		began := time.Now()
		c.send(fmt.Sprintf(callX, 1))
		c.next()
		time.Sleep(time.Hour)
		c.send(`{"jsonrpc":"2.0","id":"q","result":{}}`)
		c.wantError("1", "call_timeout")
		if took := time.Since(began); took != time.Hour+3*time.Second {
			t.Errorf("after %s", took)
		}
		if open := c.openQuestions(); open != 0 {
			t.Errorf("%d questions are open", open)
		}
	})
}

// A question ends with the call on whose stream it came, where that fails.
func TestQuestionOfAFailedCall(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: func(ctx context.Context, m jsonrpc.Message, say func(string) bool) {
		say(`{"jsonrpc":"2.0","id":"q","method":"roots/list"}`)
		<-ctx.Done()
	}}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		c.send(fmt.Sprintf(callX, 1))
		c.next()
		c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
		time.Sleep(time.Minute)
		if open := c.openQuestions(); open != 0 {
			t.Errorf("%d questions are open", open)
		}
	})
}

// A block that lasts is told to a tools/call before its client gives it up, and waited
// out for a read.
func TestHeldForHalfAMinute(t *testing.T) {
	t.Parallel()
	for method, want := range map[string]time.Duration{"tools/call": 30 * time.Second, "tools/list": 2 * time.Minute} {
		t.Run(method, func(t *testing.T) {
			t.Parallel()
			limited := refusal.New(refusal.RateLimited, "Too many requests.").WithHint("try again in a minute")
			u := &scripted{fail: func(m jsonrpc.Message) error {
				if m.Method == method {
					return limited
				}
				return nil
			}}
			inBubble(t, Options{CallTimeout: 2 * time.Minute}, u, func(t *testing.T, c *client) {
				began := time.Now()
				c.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{"name":"x"}}`, method))
				c.wantError("1", refusal.RateLimited)
				if took := time.Since(began); took > want || took < want/2 {
					t.Errorf("after %s", took)
				}
				if u.count(method) < 3 {
					t.Errorf("tried %d times", u.count(method))
				}
			})
		})
	}
}

// A question outlives the call on whose stream it came, where that was answered first.
func TestQuestionAfterTheAnswer(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: func(_ context.Context, m jsonrpc.Message, say func(string) bool) {
		say(`{"jsonrpc":"2.0","id":"q","method":"roots/list"}`)
		say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{}}`)
	}}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		c.send(fmt.Sprintf(callX, 1))
		synctest.Wait()
		c.send(`{"jsonrpc":"2.0","id":"q","result":{"roots":[]}}`)
		synctest.Wait()
		if got := u.count("response"); got != 1 {
			t.Errorf("the server got %d answers", got)
		}
	})
}

func TestQuestionsAreBounded(t *testing.T) {
	t.Parallel()
	u := &scripted{}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		for id := range maxQuestions + 10 {
			u.pushes <- fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"roots/list"}`, id)
		}
		synctest.Wait()
		if got := len(c.emitted); got != maxQuestions {
			t.Errorf("the client was asked %d times", got)
		}
		if got := u.count("response"); got != 10 {
			t.Errorf("the server got %d answers", got)
		}
	})
}

// Cancels of requests that are not open go one after the other, those of one that is
// are sent once.
func TestCancelsAreBounded(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: hangs}
	inBubble(t, Options{}, u, func(t *testing.T, c *client) {
		c.send(fmt.Sprintf(callX, 1))
		synctest.Wait()
		for range 100 {
			c.send(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
		}
		synctest.Wait()
		if got := u.count(mcp.Cancelled); got != 1 {
			t.Errorf("%d cancels of one request", got)
		}
		for id := range 3000 {
			c.send(fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"u%d"}}`, id))
		}
		synctest.Wait()
		if got := u.count(mcp.Cancelled); got != 3001 {
			t.Errorf("%d cancels", got)
		}
	})
}

// deaf is a client that does not read until it is told to.
type deaf struct {
	*client
	hears chan struct{}
}

func (d *deaf) Reject(raw []byte) {
	<-d.hears
	d.client.Reject(raw)
}

// A client that sends what has to be refused, and does not read, is not read from.
func TestRefusalsToADeafClient(t *testing.T) {
	t.Parallel()
	d := &deaf{client: &client{t: t, emitted: make(chan string, 10_000)}, hears: make(chan struct{})}
	synctest.Test(t, func(t *testing.T) {
		d.hears = make(chan struct{})
		log := slog.New(slog.DiscardHandler)
		s := New(t.Context(), Options{Upstream: &scripted{}, Route: route{}, Client: d, Log: log, Standby: standby.New(standby.Options{Log: log})})
		defer s.Close(0)
		sent := 0
		go func() {
			for range maxLocal + 100 {
				s.Reject(internalFault(), jsonrpc.ID("1"))
				sent++
			}
		}()
		synctest.Wait()
		if sent != maxLocal {
			t.Errorf("%d lines were taken", sent)
		}
		close(d.hears)
		synctest.Wait()
		if sent != maxLocal+100 || len(d.emitted) != sent {
			t.Errorf("%d lines were taken and %d answered", sent, len(d.emitted))
		}
	})
}

// faulty is a client, a standby and a server in one that make the session panic.
type faulty struct {
	*client
	Standby
}

func (f *faulty) Deliver(m jsonrpc.Message) bool {
	if strings.Contains(string(m.Raw), "poison") {
		panic("poison")
	}
	return f.client.Deliver(m)
}

func (f *faulty) Ended(m jsonrpc.Message) { panic("ended") }

func (f *faulty) Learn(context.Context, jsonrpc.Message, []byte) { panic("learn") }

// A fault of the bridge's own is answered, and the session lives.
func TestFaultsAreAnswered(t *testing.T) {
	t.Parallel()
	u := &scripted{answer: func(_ context.Context, m jsonrpc.Message, say func(string) bool) {
		switch jsonrpc.Text(m.Params, "name") {
		case "panic":
			panic("panic")
		case "poison":
			say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{"poison":1}}`)
		default:
			say(`{"jsonrpc":"2.0","id":` + string(m.ID) + `,"result":{}}`)
		}
	}}
	f := &faulty{client: &client{t: t, emitted: make(chan string, 100)}, Standby: standby.New(standby.Options{Log: slog.New(slog.DiscardHandler)})}
	synctest.Test(t, func(t *testing.T) {
		u.pushes = make(chan string)
		f.emitted = make(chan string, 100)
		f.s = New(t.Context(), Options{Upstream: u, Route: route{}, Client: f, Standby: f, Log: slog.New(slog.DiscardHandler), ConnectTimeout: time.Second})
		defer f.s.Close(0)
		f.send(hello)
		f.next()
		for i, name := range []string{"panic", "poison", "fine"} {
			f.send(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":%q}}`, i, name))
			if name != "fine" {
				f.wantError(fmt.Sprint(i), "internal_fault")
				continue
			}
			f.want(fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"result":{}}`, i))
		}
		f.send(`{"jsonrpc":"2.0","id":9,"method":"tools/list"}`) // which is learned
		f.want(`{"jsonrpc":"2.0","id":9,"result":{}}`)
		f.s.Go(jsonrpc.Message{ID: jsonrpc.ID("7"), Method: "m"}, func() { panic("work") })
		f.wantError("7", "internal_fault")
		synctest.Wait()
		if n := f.s.inbound.pending.len(); n != 0 {
			t.Errorf("%d requests are open", n)
		}
	})
}
