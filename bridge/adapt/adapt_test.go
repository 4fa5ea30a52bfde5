package adapt

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// conversation is a client with a server behind it that answers what it is told to.
type conversation struct {
	t     *testing.T
	c     *Client
	heard chan string // by the client
	asked chan string // of the server
}

func begin(t *testing.T, client string) *conversation {
	t.Helper()
	v := &conversation{t: t, heard: make(chan string, 10), asked: make(chan string, 1000)}
	v.c = New(func(raw []byte) { v.heard <- string(raw) }, func(m jsonrpc.Message) { v.heard <- string(m.Raw) }, slog.New(slog.DiscardHandler))
	v.c.Serve(func(m jsonrpc.Message) { v.asked <- string(m.Raw) })
	v.say(`{"jsonrpc":"2.0","id":0,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"` + client + `","version":"1"}}}`)
	<-v.asked
	v.c.Emit([]byte(`{"jsonrpc":"2.0","id":0,"result":{}}`))
	<-v.heard
	return v
}

func (v *conversation) say(raw string) {
	v.t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		v.t.Fatal(err)
	}
	v.c.Handle(m)
}

// answers has the server answer the next request with that result.
func (v *conversation) answers(result string) (request string) {
	v.t.Helper()
	request = <-v.asked
	m, err := jsonrpc.Parse([]byte(request))
	if err != nil {
		v.t.Fatal(err)
	}
	v.c.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,%s}`, m.ID, result))
	return request
}

func (v *conversation) hears(want string) {
	v.t.Helper()
	if got := <-v.heard; got != want {
		v.t.Errorf("the client heard\n%s, want\n%s", got, want)
	}
}

// reader reads page 1 alone, and no structured content.
const reader = "gemini-cli-mcp-client"

func TestPagesAreJoined(t *testing.T) {
	t.Parallel()
	v := begin(t, reader)
	v.say(`{"jsonrpc":"2.0","id":9007199254740993,"method":"tools/list","params":{"_meta":{"progressToken":1}}}`)
	v.answers(`"result":{"tools":[ {"name":"a","x":1.0} ], "nextCursor":"2" ,"_meta":{}}`)
	if second := v.answers(`"result":{"tools":[{"name":"b"},{"name":"c"}],"nextCursor":"3"}`); !strings.Contains(second, `"params":{"_meta":{"progressToken":1},"cursor":"2"}`) {
		t.Errorf("the second page was asked for by %s", second)
	}
	v.answers(`"result":{"tools":[],"nextCursor":null}`)
	v.hears(`{"jsonrpc":"2.0","id":9007199254740993,"result":{"tools":[ {"name":"a","x":1.0} ,{"name":"b"},{"name":"c"}], "_meta":{}}}`)

	v.say(`{"jsonrpc":"2.0","id":"p","method":"prompts/list"}`) // a page that is refused
	v.answers(`"result":{"prompts":[{"name":"a"}],"nextCursor":"2"}`)
	v.answers(`"error":{"code":-32603,"message":"m"}`)
	v.hears(`{"jsonrpc":"2.0","id":"p","result":{"prompts":[{"name":"a"}]}}`)

	v.say(`{"jsonrpc":"2.0","id":3,"method":"tools/list"}`) // a cursor that does not advance
	v.answers(`"result":{"tools":[{"name":"a"}],"nextCursor":"x"}`)
	v.answers(`"result":{"tools":[{"name":"b"}],"nextCursor":"x"}`)
	v.hears(`{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"a"},{"name":"b"}]}}`)

	v.say(`{"jsonrpc":"2.0","id":4,"method":"tools/list","params":{"cursor":"x"}}`) // who asks for a page gets it
	v.answers(`"result":{"tools":[],"nextCursor":"y"}`)
	v.hears(`{"jsonrpc":"2.0","id":4,"result":{"tools":[],"nextCursor":"y"}}`)

	v.say(`{"jsonrpc":"2.0","id":5,"method":"tools/list"}`) // a list without an end
	for page := range mcp.MaxPages + 1 {
		v.answers(fmt.Sprintf(`"result":{"tools":[{"name":"t%d"}],"nextCursor":"%d"}`, page, page))
	}
	if got := <-v.heard; strings.Count(got, `"name"`) != mcp.MaxPages+1 || strings.Contains(got, "nextCursor") {
		t.Errorf("a list without an end: %d tools", strings.Count(got, `"name"`))
	}
}

func TestJoinedListIsCancelled(t *testing.T) {
	t.Parallel()
	v := begin(t, reader)
	v.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
	v.answers(`"result":{"tools":[],"nextCursor":"2"}`)
	second := <-v.asked
	v.say(`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`)
	m, _ := jsonrpc.Parse([]byte(second))
	cancel, err := jsonrpc.Parse([]byte(<-v.asked))
	if err != nil || cancel.Method != mcp.Cancelled || string(jsonrpc.Value(cancel.Params, "requestId")) != string(m.ID) {
		t.Errorf("the page under way is not cancelled: %s", cancel.Raw)
	}
}

func TestStructuredContentGetsText(t *testing.T) {
	t.Parallel()
	v := begin(t, reader)
	for given, want := range map[string]string{
		`{"structuredContent":{"a":"\"\u0041"}}`:                          `{"structuredContent":{"a":"\"\u0041"},"content":[{"type":"text","text":"{\"a\":\"\\\"\\u0041\"}"}]}`,
		`{"content":[ ],"structuredContent":{"a":1.0}}`:                   `{"content":[{"type":"text","text":"{\"a\":1.0}"}],"structuredContent":{"a":1.0}}`,
		`{"content":[{"type":"text","text":"x"}],"structuredContent":{}}`: `{"content":[{"type":"text","text":"x"}],"structuredContent":{}}`,
		`{"content":[]}`: `{"content":[]}`,
	} {
		v.say(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`)
		v.answers(`"result":` + given)
		v.hears(`{"jsonrpc":"2.0","id":1,"result":` + want + `}`)
	}
	v.say(`{"jsonrpc":"2.0","id":2,"method":"x/y"}`)
	v.answers(`"result":{"structuredContent":{}}`)
	v.hears(`{"jsonrpc":"2.0","id":2,"result":{"structuredContent":{}}}`)
}

func TestLateCancelsAreDropped(t *testing.T) {
	t.Parallel()
	v := begin(t, "opencode")
	const call, cancel, other = `{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`,
		`{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":1}}`, `{"jsonrpc":"2.0","method":"notifications/x"}`
	v.say(call)
	v.answers(`"result":{}`)
	v.hears(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	v.say(cancel) // of what is answered
	v.say(other)
	v.say(call)
	v.say(cancel) // of what is under way
	for _, want := range []string{other, call, cancel} {
		if got := <-v.asked; got != want {
			t.Errorf("the server heard %s, want %s", got, want)
		}
	}
}

// TestOthersStayAsTheyAre has a client that nothing is known of.
func TestOthersStayAsTheyAre(t *testing.T) {
	t.Parallel()
	for _, client := range []string{"codex-mcp-client", "", "gemini"} {
		v := begin(t, client)
		const list = `{"jsonrpc":"2.0","id":1,"method":"tools/list"}`
		v.say(list)
		if request := v.answers(`"result":{"tools":[],"nextCursor":"2"}`); request != list {
			t.Errorf("%q: the server heard %s", client, request)
		}
		v.hears(`{"jsonrpc":"2.0","id":1,"result":{"tools":[],"nextCursor":"2"}}`)
		v.c.Emit([]byte(`no message`))
		v.hears(`no message`)
	}
}

func TestTextThatIsNoObject(t *testing.T) {
	t.Parallel()
	v := begin(t, reader)
	content := func(text, rest string) string {
		return `{"content":[{"type":"text","text":"` + text + `"}]` + rest + `}`
	}
	for given, want := range map[string]string{
		content(` [1.0]`, ``):                                             content(` [1.0]`, `,"structuredContent":{}`),
		content(`42`, `,"isError":true`):                                  content(`42`, `,"isError":true,"structuredContent":{}`),
		content(`null`, `,"structuredContent":null`):                      content(`null`, `,"structuredContent":{}`),
		content(`[1]`, `,"structuredContent":{"a":1}`):                    content(`[1]`, `,"structuredContent":{"a":1}`),
		content(`{\"a\":1}`, ``):                                          content(`{\"a\":1}`, ``),
		content(`[1`, ``):                                                 content(`[1`, ``),
		content(`plain`, ``):                                              content(`plain`, ``),
		`{"content":[{"type":"image","data":"","mimeType":"image/png"}]}`: `{"content":[{"type":"image","data":"","mimeType":"image/png"}]}`,
	} {
		v.say(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"a"}}`)
		v.answers(`"result":` + given)
		v.hears(`{"jsonrpc":"2.0","id":1,"result":` + want + `}`)
	}
}

// TestToolsAreToldApart has a client that writes "_" for a dot.
func TestToolsAreToldApart(t *testing.T) {
	t.Parallel()
	v := begin(t, "claude-code")
	list := func(id int, params string) string {
		return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/list","params":%s}`, id, params)
	}
	call := func(name string) string {
		return `{"jsonrpc":"2.0","id":9,"method":"tools/call","params":{"name":` + name + `,"arguments":{"n":1.0}}}`
	}
	v.say(list(1, `{}`))
	v.answers(`"result":{"tools":[ {"name":"e.cho","x":1.0}, {"name":"e-cho"} ],"nextCursor":"2"}`)
	v.hears(`{"jsonrpc":"2.0","id":1,"result":{"tools":[ {"name":"e.cho","x":1.0}, {"name":"e-cho"} ],"nextCursor":"2"}}`)
	v.say(list(2, `{"cursor":"2"}`)) // a later page
	v.answers(`"result":{"tools":[{"name":"e_cho","x":1.0},{"name":"\u0065/cho"}]}`)
	v.hears(`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"e_cho_38a5","x":1.0},{"name":"e/cho_5e46"}]}}`)
	for given, want := range map[string]string{`"e.cho"`: `"e.cho"`, `"e_cho_38a5"`: `"e_cho"`, `"e\/cho_5e46"`: `"\u0065/cho"`, `"other"`: `"other"`} {
		v.say(call(given))
		if got := <-v.asked; got != call(want) {
			t.Errorf("a call of %s reached the server as %s", given, got)
		}
	}
	v.say(list(3, `{}`)) // the same names, in whatever order
	v.answers(`"result":{"tools":[{"name":"e_cho"},{"name":"e.cho"}]}`)
	v.hears(`{"jsonrpc":"2.0","id":3,"result":{"tools":[{"name":"e_cho_38a5"},{"name":"e.cho"}]}}`)
}

// A client of 2026-07-28 says who it is in server/discover.
func TestClientWithoutInitialize(t *testing.T) {
	t.Parallel()
	v := begin(t, "")
	const meta = `"_meta":{"io.modelcontextprotocol/clientInfo":{"name":"copilot-cli","version":"1"}}`
	v.say(`{"jsonrpc":"2.0","id":1,"method":"server/discover","params":{` + meta + `}}`)
	v.answers(`"result":{}`)
	v.hears(`{"jsonrpc":"2.0","id":1,"result":{}}`)
	v.say(`{"jsonrpc":"2.0","id":2,"method":"tools/list","params":{` + meta + `}}`)
	v.answers(`"result":{"tools":[{"name":"a.b"},{"name":"a-b"}]}`)
	v.hears(`{"jsonrpc":"2.0","id":2,"result":{"tools":[{"name":"a.b"},{"name":"a-b_b2e5"}]}}`)
}

// A client that shows structured content alone gets it as text where it would lose more.
func TestStructuredContentBesideMore(t *testing.T) {
	t.Parallel()
	const (
		picture = `{"type":"image","mimeType":"image/png","data":"iVBO"}`
		asText  = `{"type":"text","text":"{\"rows\":1.0}"}`
	)
	for name, c := range map[string]struct{ result, want string }{
		"a picture":               {`"result":{"content":[` + picture + `],"structuredContent":{"rows":1.0}}`, `"result":{"content":[` + picture + `,` + asText + `]}`},
		"a picture and its text":  {`"result":{"content":[{"type":"text","text":"{ \"rows\" : 1 }"},` + picture + `],"structuredContent":{"rows":1.0}}`, `"result":{"content":[{"type":"text","text":"{ \"rows\" : 1 }"},` + picture + `]}`},
		"the words of a failure":  {`"result":{"isError":true,"content":[{"type":"text","text":"no such row"}],"structuredContent":{"rows":1.0}}`, `"result":{"isError":true,"content":[{"type":"text","text":"no such row"},` + asText + `]}`},
		"a failure in both forms": {`"result":{"isError":true,"content":[` + asText + `],"structuredContent":{"rows":1.0}}`, ""},
		"words":                   {`"result":{"content":[{"type":"text","text":"one row"}],"structuredContent":{"rows":1.0}}`, ""},
		"another large number":    {`"result":{"content":[` + picture + `,{"type":"text","text":"{\"id\":9007199254740992}"}],"structuredContent":{"id":9007199254740993}}`, `"result":{"content":[` + picture + `,{"type":"text","text":"{\"id\":9007199254740992}"},{"type":"text","text":"{\"id\":9007199254740993}"}]}`},
		"alone":                   {`"result":{"content":[],"structuredContent":{"rows":1.0}}`, ""},
		"a picture alone":         {`"result":{"content":[` + picture + `]}`, ""},
		"null":                    {`"result":{"content":[` + picture + `],"structuredContent":null}`, ""},
	} {
		if c.want == "" {
			c.want = c.result
		}
		for client, want := range map[string]string{"codex-mcp-client": c.want, "another": c.result} {
			v := begin(t, client)
			v.say(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}`)
			v.answers(c.result)
			t.Log(client, name)
			v.hears(`{"jsonrpc":"2.0","id":1,` + want + `}`)
		}
	}
}

// A client that leaves out links, sounds and files without a word is told that they are there.
func TestLinksAndFilesAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ block, words string }{
		"a link":        {`{"type":"resource_link","uri":"file:///r.md","name":"r \"1\"","mimeType":"text/markdown"}`, `The result holds a link, which this client does not show: r \"1\", file:///r.md, text/markdown.`},
		"a sound":       {`{"type":"audio","mimeType":"audio/wav","data":"UklG"}`, "The result holds a sound, which this client does not show: audio/wav."},
		"a file":        {`{"type":"resource","resource":{"uri":"file:///a.pdf","blob":"JVBE"}}`, "The result holds a file, which this client does not show: file:///a.pdf."},
		"nothing known": {`{"type":"audio","data":"UklG"}`, "The result holds a sound, which this client does not show: nothing is said about it."},
		"two":           {`{"type":"audio","mimeType":"a/1"},{"type":"audio","mimeType":"a/2"}`, `The result holds a sound, which this client does not show: a/1."},{"type":"text","text":"The result holds a sound, which this client does not show: a/2.`},
		"a text file":   {`{"type":"resource","resource":{"uri":"file:///a.txt","text":"a"}}`, ""},
		"a picture":     {`{"type":"image","mimeType":"image/png","data":"iVBO"}`, ""},
		"a future kind": {`{"type":"scent"}`, ""},
	} {
		v := begin(t, "opencode")
		v.say(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"t"}}`)
		v.answers(`"result":{"content":[` + c.block + `]}`)
		words := ""
		if c.words != "" {
			words = `,{"type":"text","text":"` + c.words + `"}`
		}
		t.Log(name)
		v.hears(`{"jsonrpc":"2.0","id":1,"result":{"content":[` + c.block + words + `]}}`)
	}
}
