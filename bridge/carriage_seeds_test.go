package bridge

import "strings"

// seeds returns where the fuzzer begins: messages that others have changed, lost or
// choked on.
func seeds() []carriage {
	const turn = 255 // one revision after the other
	var all []carriage
	add := func(c carriage) {
		if c.content == "" {
			c.content = `{"content":[{"type":"text","text":"<b>\u003c\u2028` + "\u2028" + `</b>"}],"z":1.0,"dup":{"k":1,"k":2}}`
		}
		if c.method == "" {
			c.method = "tools/call"
		}
		if c.revision == turn {
			c.revision = uint8(len(all) % len(revisions))
		}
		all = append(all, c)
	}
	for revision := range revisions {
		add(carriage{revision: uint8(revision), id: "9007199254740993", more: `"future":1.0`, layout: reversed})
		add(carriage{revision: uint8(revision), method: "notifications/future", params: `{"z":1,"a":[2,{"dup":1,"dup":2}]}`})
		add(carriage{revision: uint8(revision), id: `"b"`, params: `{}`, layout: batched | 1})
		add(carriage{revision: uint8(revision), method: "notifications/batch", layout: batched | streamed})
		add(carriage{revision: uint8(revision), id: "1", method: "initialize", params: `{"capabilities": {"roots":{},"x":1.0, "elicitation":{"form":{},"url":{}} , "sampling":{}}}`,
			content: `{"protocolVersion":"2025-03-26","capabilities":{}}`})
	}
	for i, id := range []string{
		"0", "-1", "1.5", "1E+2", "-0.0", "1e400", "18446744073709551617", `""`, `"\u0061b/\"c\""`, `"é😀"`, `"\ud83d"`, "null", "[1]", "true", "01", `"`, "\xff",
	} {
		add(carriage{revision: turn, id: id, spelling: uint8(i), layout: uint8(i)})
		add(carriage{revision: turn, id: id, spelling: uint8(i + 1), layout: streamed})
	}
	for i, params := range []string{
		"null", "[]", `[1, 2]`, "{}", `{ "a" :` + "\t1 ,\r\n" + `"b": [ ] }`, `{"dup":1,"dup":2}`, `{"a":01}`, `{"a":"\x"}`, `{"a":"` + "\xff" + `"}`, "{", "{}}", `"text"`,
		`{"n":[1.0,1E+2,-0.0,1e400,0.1e-7,18446744073709551617]}`,
		`{"s":"\u003c\/\u00e9 é 😀 \ud83d\ude00 \ud83d \u0000 \u2028` + "\u2028\u2029\u0085\u007f" + `"}`,
		`{"_meta":{"progressToken":9007199254740995,"unknown":null,"io.modelcontextprotocol\/protocolVersion":"2026-07-28"}}`,
		`{"a":` + strings.Repeat("[", 500) + strings.Repeat("]", 500) + `}`,
		`{"a":"` + strings.Repeat(`é\n`, 30_000) + `"}`,
	} {
		add(carriage{revision: turn, id: "7", params: params, content: params, layout: uint8(i)})
		add(carriage{revision: turn, method: "notifications/message", params: params, failed: true, layout: padded | streamed})
	}
	for i, method := range []string{
		"notifications/initialized", "notifications/cancelled", "server/discover", "subscriptions/listen", "tools/list", "resources/subscribe", "logging/setLevel",
		"tasks/get", "ping", "sampling/createMessage", "future/method", "😀", `\u0061\n\u0000`, `a\u000d\u000aX: y`, "", " ", `\`, `"`,
	} {
		add(carriage{revision: turn, id: "8", method: method, params: `{"name":"zürich \u003c","uri":"a:\n","taskId":"t 1","requestId":8,"level":"debug"}`, layout: uint8(i)})
		add(carriage{revision: 4, id: `"m"`, method: method, content: `{"code":-32601,"message":"no","data":{"n":1e400},"extra":true}`, failed: true, layout: refused, spelling: uint8(8 * i)})
		add(carriage{revision: turn, method: method, params: `{"requestId":"gone"}`})
	}
	for i, more := range []string{
		`"future":[]`, `"jsonrpc":"1.0"`, `"method":"x"`, `"ID":1`, `"Result":1`, `"result":1`, `"error":{}`, `"\u0069d":7`, `"id":7`, `"":0`, `,`, `"a":1}{`, "\u00a0",
	} {
		add(carriage{revision: turn, id: "9", more: more, layout: uint8(i)})
		add(carriage{revision: turn, more: more, spelling: 1})
	}
	for _, meta := range []string{`io.modelcontextprotocol/protocolVersion":"2026-07-28`, `io.modelcontextprotocol\/protocolVersion":"2026-07-28`,
		`io.modelcontextprotocol/protocolVersion":"2026-07-28\r\n`, `io.modelcontextprotocol/protocolVersion":"2026-07-2ä`, `io.modelcontextprotocol/protocolVersion":"2025-11-25`} {
		params := `{"capabilities":{"roots":{}},"_meta":{"` + meta + `"}}`
		add(carriage{revision: 3, id: "1", method: "initialize", params: params})
		add(carriage{revision: 3, id: "1", method: "subscriptions/listen", params: params})
	}
	add(carriage{revision: 4, id: "1", method: "tools/list", content: `{"tools":[ {"name":"a","inputSchema":{"properties":{"r":{"type":"string","x-mcp-header":"R"}}}}, ` +
		`{"name":"b","inputSchema":{"properties":{"r":{"type":"object","x-mcp-header":"R"}}}},{"name":"c"}, 1.0],"z":1.0}`})
	return all
}
