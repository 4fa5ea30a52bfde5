package aggregate

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// meta is what a client of 2026-07-28 says of itself in each request.
const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientInfo":{"name":"new","version":"1"},"io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}`

// newer makes a fake a server of 2026-07-28 alone.
func (f *fake) newer() *fake {
	f.discover = `{"supportedVersions":["2026-07-28"],"capabilities":{"tools":{},"resources":{"subscribe":true}},"instructions":"be new","resultType":"complete"}`
	f.result = ""
	return f
}

// asking is a server of 2025-11-25 whose tool asks the user once for each word of its name.
func asking(name string) *fake {
	f := withTools(name, "ask")
	f.answer = func(m jsonrpc.Message) string {
		f.client.Emit([]byte(`{"jsonrpc":"2.0","id":1,"method":"elicitation/create","params":{"message":"` + name + `"}}`))
		return ""
	}
	return f
}

// TestMixedRevisions: a server of each revision behind a client of 2026-07-28.
func TestMixedRevisions(t *testing.T) {
	t.Parallel()
	old, young := asking("old").withResources("old://1"), withTools("young", "run").newer()
	inBubble(t, Options{}, []*fake{old, young}, func(t *testing.T, c *client) {
		found := c.ask(mcp.Discover, `{`+meta+`}`)
		if !supports(found.Result, mcp.Modern) || !strings.Contains(jsonrpc.Text(found.Result, "instructions"), "  be new") {
			t.Fatalf("discovered %s", found.Raw)
		}
		if hello := old.saw(mcp.Initialize); len(hello) != 1 || jsonrpc.Value(hello[0].Params, "capabilities", "elicitation") == nil || jsonrpc.Text(hello[0].Params, "clientInfo", "name") != "new" {
			t.Errorf("the older server heard %v", hello)
		}
		list := c.ask(mcp.ListTools, `{`+meta+`}`)
		var names []string
		for _, e := range jsonrpc.Elements(jsonrpc.Value(list.Result, "tools")) {
			names = append(names, jsonrpc.Text(e, "name"))
		}
		if !slices.Equal(names, []string{"ask", "run", statusTool}) || jsonrpc.Text(list.Result, "resultType") != "complete" {
			t.Errorf("list %s", list.Raw)
		}
		if got := text(c.ask(mcp.CallTool, `{"name":"run",`+meta+`}`)); got != "young tools/call run" {
			t.Errorf("the newer server says %s", got)
		}
		if sent := young.saw(mcp.CallTool)[0]; mcp.Revision(sent) != mcp.Modern || string(sent.ID) != "3" {
			t.Errorf("the newer server got %s", sent.Raw)
		}
		asked := c.ask(mcp.CallTool, `{"name":"ask",`+meta+`}`)
		if jsonrpc.Text(asked.Result, "resultType") != "input_required" || jsonrpc.Text(asked.Result, "inputRequests", "input", "params", "message") != "old" {
			t.Fatalf("the question came as %s", asked.Raw)
		}
		old.answer = func(jsonrpc.Message) string { return `{"contents":[]}` }
		if read := c.ask("resources/read", `{"uri":"old://1",`+meta+`}`); string(read.Result) != `{"contents":[],"resultType":"complete","ttlMs":0,"cacheScope":"private"}` {
			t.Errorf("read %s", read.Raw)
		}
		if sent := old.saw(mcp.CallTool)[0]; sent.Revision != "" {
			t.Errorf("the older server got %s", sent.Raw)
		}
		state := string(jsonrpc.Value(asked.Result, "requestState"))
		inner := old.saw(mcp.CallTool)[0].ID
		old.client.Emit([]byte(`{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{"message":"again"}}`)) // before the first is answered
		if other := c.ask("prompts/get", `{"name":"ask",`+meta+`,"requestState":`+state+`}`); other.Error == nil {
			t.Errorf("input for a prompt of a call that waits: %s", other.Raw)
		}
		asked = c.ask(mcp.CallTool, `{"name":"ask",`+meta+`,"requestState":`+state+`,"inputResponses":{"input":{"action":"accept","content":{"n":1}}}}`)
		if jsonrpc.Text(asked.Result, "inputRequests", "input", "params", "message") != "again" {
			t.Fatalf("the second question came as %s", asked.Raw)
		}
		if got := old.saw(""); len(got) != 1 || string(got[0].ID) != "1" || string(jsonrpc.Value(got[0].Result, "content", "n")) != "1" {
			t.Fatalf("the older server was answered %v", got)
		}
		old.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"result":{"content":[{"type":"text","text":"early"}]}}`, inner))
		synctest.Wait()
		state = string(jsonrpc.Value(asked.Result, "requestState"))
		done := c.ask(mcp.CallTool, `{"name":"ask",`+meta+`,"requestState":`+state+`,"inputResponses":{"input":{"action":"decline"}}}`)
		if text(done) != "early" || jsonrpc.Text(done.Result, "resultType") != "complete" {
			t.Errorf("done %s", done.Raw)
		}
		if again := c.ask(mcp.CallTool, `{"name":"ask",`+meta+`,"requestState":`+state+`}`); again.Error == nil {
			t.Errorf("a state was used twice: %s", again.Raw)
		}
		if forged := c.ask(mcp.CallTool, `{"name":"ask",`+meta+`,"requestState":"ucbridge-x"}`); forged.Error == nil {
			t.Errorf("a state that was not given out: %s", forged.Raw)
		}
	})
}

// TestOldServersAlone: a client of both eras is told to use initialize.
func TestOldServersAlone(t *testing.T) {
	t.Parallel()
	inBubble(t, Options{}, []*fake{withTools("a", "one"), withTools("b", "two")}, func(t *testing.T, c *client) {
		if m := c.ask(mcp.Discover, `{`+meta+`}`); string(jsonrpc.Value(m.Error, "code")) != "-32601" {
			t.Errorf("discover: %s", m.Raw)
		}
		c.begin()
		if got := c.names(mcp.ListTools); !slices.Equal(got, []string{"one", "two", statusTool}) {
			t.Errorf("tools %q", got)
		}
	})
}

// TestListen: a client of 2026-07-28 hears of the changes of servers of both revisions.
func TestListen(t *testing.T) {
	t.Parallel()
	old, young := withTools("old", "one"), withTools("young", "two").newer()
	for i, f := range []*fake{old, young} {
		f.lists["resources/list"] = fmt.Sprintf(`{"uri":"file:///%d","name":"f"}`, i)
	}
	old.result = strings.Replace(old.result, `"tools"`, `"resources":{"subscribe":true},"tools"`, 1)
	young.answer = func(m jsonrpc.Message) string { return "" } // subscriptions stay open
	inBubble(t, Options{}, []*fake{old, young}, func(t *testing.T, c *client) {
		c.ask(mcp.Discover, `{`+meta+`}`)
		c.ask(mcp.ListTools, `{`+meta+`}`)
		c.ask("resources/list", `{`+meta+`}`)
		c.say(`{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["file:///0","file:///1"]},` + meta + `}}`)
		synctest.Wait()
		c.say(`{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true,"resourceSubscriptions":["file:///0","file:///1"]},` + meta + `}}`)
		synctest.Wait()
		if m := c.answer(`"l"`); m == nil || m.Error == nil {
			t.Errorf("a second subscription under one id: %v", m)
		}
		if acks := c.heard(mcp.Acknowledged); len(acks) != 1 || string(jsonrpc.Value(acks[0].Params, "_meta", mcp.MetaSubscriptionID)) != `"l"` {
			t.Fatalf("%d acknowledgements", len(acks))
		}
		if n := len(old.saw("resources/subscribe")); n != 1 {
			t.Errorf("%d subscriptions at the older server", n)
		}
		if listens := young.saw(mcp.Listen); len(listens) != 2 || len(jsonrpc.Elements(jsonrpc.Value(listens[1].Params, "notifications", "resourceSubscriptions"))) != 1 {
			t.Errorf("%d subscriptions at the newer server", len(listens))
		}
		old.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///0"}}`))
		young.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///1","_meta":{"` + mcp.MetaSubscriptionID + `":"x"}}}`))
		young.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/resources/updated","params":{"uri":"file:///9","_meta":{"` + mcp.MetaSubscriptionID + `":"l"}}}`))
		updates := c.heard("notifications/resources/updated")
		if len(updates) != 2 {
			t.Fatalf("%d updates", len(updates))
		}
		for _, m := range updates {
			if string(jsonrpc.Value(m.Params, "_meta", mcp.MetaSubscriptionID)) != `"l"` {
				t.Errorf("update %s", m.Raw)
			}
		}
		old.lists[mcp.ListTools] = `{"name":"other"}`
		old.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
		time.Sleep(time.Second)
		if notices := c.heard(mcp.ToolsChanged); len(notices) != 1 || string(jsonrpc.Value(notices[0].Params, "_meta", mcp.MetaSubscriptionID)) != `"l"` {
			t.Errorf("notices of the tools: %v", notices)
		}
		c.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":"l"}}`)
		synctest.Wait()
		if n := len(young.saw(mcp.Cancelled)); n != 1 {
			t.Errorf("%d subscriptions ended at the newer server", n)
		}
	})
}

// subscribed emits as the server does when it has taken a subscription.
func (f *fake) subscribed() {
	f.client.Emit([]byte(`{"jsonrpc":"2.0","method":"` + mcp.Acknowledged + `","params":{"notifications":{"toolsListChanged":true}}}`))
}

// TestOwnSubscription: an aggregate has one subscription to the changes of a server, also
// where clients of several kinds begin one after the other. It is begun again when the
// server ends it, and what has changed in between is told.
func TestOwnSubscription(t *testing.T) {
	t.Parallel()
	young := withTools("young", "one").newer()
	young.answer = func(jsonrpc.Message) string { return "" }
	inBubble(t, Options{}, []*fake{young, withTools("old", "two")}, func(t *testing.T, c *client) {
		c.ask(mcp.Discover, `{`+meta+`}`)
		synctest.Wait()
		c.ask(mcp.Discover, `{`+strings.Replace(meta, `"name":"new"`, `"name":"other"`, 1)+`}`)
		synctest.Wait()
		listens, ended := young.saw(mcp.Listen), young.saw(mcp.Cancelled)
		if len(listens) != 2 || len(ended) != 1 || string(jsonrpc.Value(ended[0].Params, "requestId")) != string(listens[0].ID) {
			t.Fatalf("%d subscriptions, of which %d ended", len(listens), len(ended))
		}
		c.ask(mcp.ListTools, `{`+meta+`}`)
		c.say(`{"jsonrpc":"2.0","id":"l","method":"subscriptions/listen","params":{"notifications":{"toolsListChanged":true},` + meta + `}}`)
		young.subscribed()
		time.Sleep(time.Second)
		if n := len(c.heard(mcp.ToolsChanged)); n != 0 {
			t.Errorf("%d notices of nothing", n)
		}
		young.lists[mcp.ListTools] = `{"name":"three"}`
		young.client.Emit(mcp.SubscriptionEnd(listens[1].ID)) // as at a restart
		time.Sleep(firstResubscribe + time.Second)
		if n := len(young.saw(mcp.Listen)); n != 3 {
			t.Fatalf("%d subscriptions", n)
		}
		young.subscribed()
		time.Sleep(time.Second)
		if n := len(c.heard(mcp.ToolsChanged)); n != 1 {
			t.Errorf("%d notices of what has changed meanwhile", n)
		}
	})
}

// TestNoSubscriptions: a server without them is not asked again.
func TestNoSubscriptions(t *testing.T) {
	t.Parallel()
	young := withTools("young", "one").newer()
	young.answer = func(m jsonrpc.Message) string {
		young.client.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"error":{"code":-32601,"message":"no"}}`, m.ID))
		return ""
	}
	inBubble(t, Options{}, []*fake{young, withTools("old", "two")}, func(t *testing.T, c *client) {
		c.ask(mcp.Discover, `{`+meta+`}`)
		time.Sleep(time.Hour)
		if n := len(young.saw(mcp.Listen)); n != 1 {
			t.Errorf("asked %d times", n)
		}
	})
}

// TestQuestionOfOneCall: of two calls that are open at an older server, the one on whose
// stream a question came is answered with it. Where that is not known nobody is asked.
func TestQuestionOfOneCall(t *testing.T) {
	t.Parallel()
	old := withTools("old", "delete")
	old.answer = func(jsonrpc.Message) string { return "" }
	inBubble(t, Options{}, []*fake{old, withTools("young", "run").newer()}, func(t *testing.T, c *client) {
		c.ask(mcp.Discover, `{`+meta+`}`)
		c.ask(mcp.ListTools, `{`+meta+`}`)
		for _, id := range []string{"101", "102"} {
			c.say(`{"jsonrpc":"2.0","id":` + id + `,"method":"tools/call","params":{"name":"delete",` + meta + `}}`)
			synctest.Wait()
		}
		question := func(id, message string, within jsonrpc.ID) {
			m := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":` + id + `,"method":"elicitation/create","params":{"message":"` + message + `"}}`))
			m.Within = within
			old.client.Deliver(m)
			synctest.Wait()
		}
		question("1", "whose?", nil)
		question("2", "nobody's?", jsonrpc.ID(`"over"`))
		if got := old.saw(""); len(got) != 2 || got[0].Error == nil || got[1].Error == nil || c.answer("101") != nil || c.answer("102") != nil {
			t.Errorf("questions of no known call were answered %v", got)
		}
		first := old.saw(mcp.CallTool)[0].ID
		question("3", "delete X?", first)
		asked := c.answer("101")
		if asked == nil || jsonrpc.Text(asked.Result, "inputRequests", "input", "params", "message") != "delete X?" {
			t.Fatalf("the call that asks was answered %v", asked)
		}
		if m := c.answer("102"); m != nil {
			t.Errorf("the other call was answered %s", m.Raw)
		}
		question("4", "really?", first)
		again := c.ask(mcp.CallTool, `{"name":"delete",`+meta+`,"requestState":`+string(jsonrpc.Value(asked.Result, "requestState"))+`,"inputResponses":{"input":{"action":"accept"}}}`)
		if jsonrpc.Text(again.Result, "inputRequests", "input", "params", "message") != "really?" {
			t.Errorf("the next question came as %s", again.Raw)
		}
	})
}

// TestBothErasOnOnePipe: a client that has begun with initialize sends requests of 2026-07-28
// between others. No server begins anew, and each call is asked and answered in its own way.
func TestBothErasOnOnePipe(t *testing.T) {
	t.Parallel()
	a, b := withTools("a", "run"), withTools("b", "delete")
	b.answer = func(jsonrpc.Message) string { return "" }
	inBubble(t, Options{}, []*fake{a, b}, func(t *testing.T, c *client) {
		c.begin()
		c.names(mcp.ListTools)
		c.say(`{"jsonrpc":"2.0","id":"old","method":"tools/call","params":{"name":"delete"}}`)
		synctest.Wait()
		for _, said := range []string{`,` + meta, ``, `,` + meta, ``} {
			answer := c.ask(mcp.CallTool, `{"name":"run"`+said+`}`)
			if text(answer) != "a tools/call run" || (jsonrpc.Value(answer.Result, "resultType") != nil) != (said != "") {
				t.Errorf("a call with %q: %s", said, answer.Raw)
			}
		}
		c.say(`{"jsonrpc":"2.0","id":"new","method":"tools/call","params":{"name":"delete",` + meta + `}}`)
		synctest.Wait()
		calls := b.saw(mcp.CallTool)
		for i, of := range calls {
			m := jsonrpc.MustParse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%d,"method":"elicitation/create","params":{"message":"sure?"}}`, i))
			m.Within = of.ID
			b.client.Deliver(m)
			synctest.Wait()
		}
		if asked, answer := c.heard("elicitation/create"), c.answer(`"new"`); len(asked) != 1 || answer == nil || jsonrpc.Text(answer.Result, "resultType") != "input_required" {
			t.Errorf("asked %v, answered %v", asked, answer)
		}
		for _, f := range []*fake{a, b} {
			if n := len(f.saw(mcp.Initialize)) + len(f.saw(mcp.Discover)); n != 1 {
				t.Errorf("%s has begun %d times", f.name, n)
			}
		}
	})
}

// TestProgressOfRetry: the progress of a call that goes on with the client's input is told
// under the token of the retry, and under none where that has none.
func TestProgressOfRetry(t *testing.T) {
	t.Parallel()
	for retried, want := range map[string]string{`,"progressToken":"second"`: `"second"`, ``: ``} {
		old := asking("old")
		inBubble(t, Options{}, []*fake{old, withTools("young", "run").newer()}, func(t *testing.T, c *client) {
			c.ask(mcp.Discover, `{`+meta+`}`)
			c.ask(mcp.ListTools, `{`+meta+`}`)
			with := func(token string) string { return strings.TrimSuffix(meta, "}") + token + "}" }
			asked := c.ask(mcp.CallTool, `{"name":"ask",`+with(`,"progressToken":"first"`)+`}`)
			progress := func() {
				old.client.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":"first","progress":1}}`))
				synctest.Wait()
			}
			progress() // nobody waits
			c.say(`{"jsonrpc":"2.0","id":"retry","method":"tools/call","params":{"name":"ask",` + with(retried) + `,"requestState":` + string(jsonrpc.Value(asked.Result, "requestState")) + `,"inputResponses":{"input":{"action":"accept"}}}}`)
			synctest.Wait()
			progress()
			got := ""
			for _, m := range c.heard("notifications/progress") {
				got += string(m.Field("progressToken"))
			}
			if got != want {
				t.Errorf("%s: progress under %s, want %s", retried, got, want)
			}
		})
	}
}
