package mcp_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

func parse(t *testing.T, raw string) jsonrpc.Message {
	t.Helper()
	m, err := jsonrpc.Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestRevision(t *testing.T) {
	t.Parallel()
	for meta, want := range map[string]string{
		`{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`:               "2026-07-28",
		`{"io.modelcontextprotocol\/protocolVersion":"2026-07-28"}`:              "2026-07-28",
		`{"a":1,"io.modelcontextprotocol/protocolVersion":"2027-01-01","b":{}}`:  "2027-01-01",
		`{"io.modelcontextprotocol/protocolVersion":"2025-11-25"}`:               "",
		`{"io.modelcontextprotocol/protocolVersion":"2026-07-28\nx"}`:            "",
		`{"io.modelcontextprotocol/protocolVersion":20260728}`:                   "",
		`{"x":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}`:         "",
		`["io.modelcontextprotocol/protocolVersion"]`:                            "",
		`{"progressToken":"io.modelcontextprotocol/protocolVersion"}`:            "",
		`{"Io.modelcontextprotocol/protocolVersion":"2026-07-28"}`:               "",
		`{"io.modelcontextprotocol/protocolVersion":"2026-07-28","a":"\u2028b"}`: "2026-07-28",
	} {
		m := parse(t, `{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":`+meta+`}}`)
		if got := mcp.Revision(m); got != want {
			t.Errorf("Revision of _meta %s = %q, want %q", meta, got, want)
		}
		batch := parse(t, `[{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":`+meta+`}}]`)
		if got := mcp.Revision(batch.Batch[0]); got != want {
			t.Errorf("in a batch: Revision of _meta %s = %q, want %q", meta, got, want)
		}
	}
	if got := mcp.Revision(parse(t, `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":{"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}}}}`)); got != "" {
		t.Errorf("a _meta further down counts as %q", got)
	}
}

func TestMethods(t *testing.T) {
	t.Parallel()
	for name, m := range mcp.Methods() {
		if got := strings.HasPrefix(name, "notifications/"); got != (m.Kind == mcp.KindNotification) {
			t.Errorf("%s: a notification %v, of kind %d", name, got, m.Kind)
		}
		if full := m.List.Member != "" && m.List.Key != "" && m.List.Capability != ""; full != (m.Kind == mcp.KindList) {
			t.Errorf("%s: kind %d with list %+v", name, m.Kind, m.List)
		}
		if m.Kind == mcp.KindUse && (m.Header == "" || m.Subject == mcp.SubjectNone) {
			t.Errorf("%s uses something without a name", name)
		}
		if m.Last != "" && !mcp.IsHandshake(m.Last) {
			t.Errorf("%s: last revision %q", name, m.Last)
		}
	}
	if call, _ := mcp.Lookup(mcp.CallTool); call.ReadOnly {
		t.Error("a tools/call counts as one that changes nothing")
	}
}

func TestPages(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		results []string // by request, the last one from there on
		pages   int
		err     error
	}{
		"one page":          {[]string{`{"tools":[]}`}, 1, nil},
		"null":              {[]string{`{"nextCursor":null}`}, 1, nil},
		"two":               {[]string{`{"nextCursor":"2"}`, `{}`}, 2, nil},
		"an empty cursor":   {[]string{`{"nextCursor":""}`, `{}`}, 2, nil},
		"the same again":    {[]string{`{"nextCursor":"2"}`}, 2, mcp.ErrRepeatedCursor},
		"in a circle":       {[]string{`{"nextCursor":"a"}`, `{"nextCursor":"b"}`, `{"nextCursor":"a"}`}, 3, mcp.ErrRepeatedCursor},
		"no result at last": {[]string{`{"nextCursor":"2"}`, ``}, 1, broken},
	} {
		asked, pages := 0, 0
		var last error
		for result, err := range mcp.Pages(func(cursor []byte) ([]byte, error) {
			raw := c.results[min(asked, len(c.results)-1)]
			if asked > 0 && cursor == nil {
				t.Errorf("%s: a page was asked for without its cursor", name)
			}
			if asked++; raw == "" {
				return nil, broken
			}
			return []byte(raw), nil
		}) {
			if last = err; err == nil && result != nil {
				pages++
			}
		}
		if pages != c.pages || !errors.Is(last, c.err) {
			t.Errorf("%s: %d pages, %v; want %d, %v", name, pages, last, c.pages, c.err)
		}
	}
	asked := 0
	var last error
	for _, err := range mcp.Pages(func([]byte) ([]byte, error) {
		asked++
		return fmt.Appendf(nil, `{"nextCursor":"%d"}`, asked), nil
	}) {
		last = err
	}
	if asked != mcp.MaxPages || !errors.Is(last, mcp.ErrManyPages) {
		t.Errorf("a list without an end: %d pages, %v", asked, last)
	}
}

func TestTrimCapabilities(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		`{"sampling":{},"roots":{"listChanged":true},"x":1}`: `{"x":1}`,
		`{"elicitation":{}}`:                   `{}`,
		`{"elicitation":{"form":{},"url":{}}}`: `{"elicitation":{"url":{}}}`,
		`{"elicitation":{"form":{}}}`:          `{}`,
		`{ "x" : 1.0 }`:                        `{ "x" : 1.0 }`,
	} {
		const before, after = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"capabilities":`, `}}`
		if got := string(mcp.TrimCapabilities([]byte(before + given + after))); got != before+want+after {
			t.Errorf("capabilities %s: %s", given, got)
		}
	}
}

func TestMessages(t *testing.T) {
	t.Parallel()
	one := parse(t, `{"jsonrpc":"2.0","id":1,"method":"a"}`)
	batch := parse(t, `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"},{"jsonrpc":"2.0","id":2,"result":{}}]`)
	ids := func(all []jsonrpc.Message) (ids []string) {
		for _, m := range all {
			ids = append(ids, string(m.ID))
		}
		return ids
	}
	if got := ids(mcp.Requests(one)); !slices.Equal(got, []string{"1"}) {
		t.Errorf("requests of one: %q", got)
	}
	if got := ids(mcp.Requests(batch)); !slices.Equal(got, []string{"1"}) {
		t.Errorf("requests of a batch: %q", got)
	}
	if got := len(mcp.Messages(batch)); got != 3 {
		t.Errorf("messages of a batch: %d", got)
	}
}

func TestSubscriptionMessages(t *testing.T) {
	t.Parallel()
	id := jsonrpc.ID(`"s"`)
	for _, raw := range [][]byte{mcp.EmptyAcknowledgement(id), mcp.SubscriptionEnd(id)} {
		m := parse(t, string(raw))
		within := m.Params
		if m.Result != nil {
			within = m.Result
		}
		if got := jsonrpc.Value(within, "_meta", mcp.MetaSubscriptionID); string(got) != `"s"` {
			t.Errorf("%s does not name the subscription", raw)
		}
	}
	if m := parse(t, string(mcp.Cancellation(id, "why"))); !m.IsNotification() || string(jsonrpc.Value(m.Params, "requestId")) != `"s"` {
		t.Errorf("cancellation %s", m.Raw)
	}
}

func ExamplePages() {
	answers := map[string]string{
		"":     `{"tools":[{"name":"a"}],"nextCursor":"p2"}`,
		`"p2"`: `{"tools":[{"name":"b"}]}`,
	}
	for page, err := range mcp.Pages(func(cursor []byte) ([]byte, error) {
		return []byte(answers[string(cursor)]), nil
	}) {
		fmt.Println(string(jsonrpc.Value(page, "tools")), err)
	}
	// Output:
	// [{"name":"a"}] <nil>
	// [{"name":"b"}] <nil>
}
