package jsonrpc

import (
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

func TestParse(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		want      Message
	}{
		{"request", `{"jsonrpc":"2.0","id":7,"method":"tools/list"}`,
			Message{ID: ID("7"), Method: "tools/list"}},
		{"id beyond 2^53, unknown member, number spelling", `{"jsonrpc":"2.0","id":9007199254740993,"method":"x","futureMember":1.0,"params":{"a":1.0e2}}`,
			Message{ID: ID("9007199254740993"), Method: "x", Params: []byte(`{"a":1.0e2}`), Others: true}},
		{"string id kept as it is written", `{"jsonrpc":"2.0","id":"\u0061\/","method":"x"}`,
			Message{ID: ID(`"\u0061\/"`), Method: "x"}},
		{"empty string id", `{"jsonrpc":"2.0","id":"","method":"x"}`, Message{ID: ID(`""`), Method: "x"}},
		{"zero id", `{"jsonrpc":"2.0","id":0,"method":"x"}`, Message{ID: ID("0"), Method: "x"}},
		{"lone surrogate", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":"\ud83d"}}`, Message{ID: ID("1"), Method: "a", Params: []byte(`{"x":"\ud83d"}`)}},
		{"escaped method", `{"jsonrpc":"2.0","id":1,"method":"tools\/c\u0061ll"}`, Message{ID: ID("1"), Method: "tools/call"}},
		{"notification", `{"jsonrpc":"2.0","method":"notifications/initialized","params":null}`,
			Message{Method: "notifications/initialized", Params: []byte("null")}},
		{"response", ` {"jsonrpc":"2.0","id":1,"result":{"a":[1,2]}} `, Message{ID: ID("1"), Result: []byte(`{"a":[1,2]}`), Outcome: []Member{{"a", []byte("[1,2]")}}}},
		{"error without id", `{"jsonrpc":"2.0","error":{"code":-32700,"message":""}}`, Message{Error: []byte(`{"code":-32700,"message":""}`)}},
		{"error with null id", `{"jsonrpc":"2.0","id":null,"error":{"message":"m","code":0}}`, Message{ID: ID("null"), Error: []byte(`{"message":"m","code":0}`)}},
		{"names differ by case", `{"jsonrpc":"2.0","id":1,"method":"a","Method":"b","ID":2}`, Message{ID: ID("1"), Method: "a", Others: true}},
		{"duplicates deeper down", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":{"y":1,"y":2}}}`,
			Message{ID: ID("1"), Method: "a", Params: []byte(`{"x":{"y":1,"y":2}}`)}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := Parse([]byte(tt.raw))
			if err != nil {
				t.Fatal(err)
			}
			tt.want.Raw = []byte(strings.TrimSpace(tt.raw))
			tt.want.OneLine = !strings.ContainsAny(tt.raw, "\r\n")
			tt.want.Fields = Members(got.Params)
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestParseBatch(t *testing.T) {
	t.Parallel()
	raw := ` [ {"jsonrpc":"2.0","id":1,"method":"a"} , {"jsonrpc":"2.0","method":"b"} ] `
	m, err := Parse([]byte(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := string(m.Raw); got != strings.TrimSpace(raw) {
		t.Errorf("raw = %q", got)
	}
	var elements []string
	for _, e := range m.Batch {
		elements = append(elements, string(e.Raw))
	}
	if diff := cmp.Diff([]string{`{"jsonrpc":"2.0","id":1,"method":"a"}`, `{"jsonrpc":"2.0","method":"b"}`}, elements); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestParseRefuses(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name, raw string
		syntax    bool
		id        string
	}{
		{"no JSON", `hello`, true, ""},
		{"cut", `{"jsonrpc":"2.0","id":1,"method":"a"`, true, "1"},
		{"cut in the id", `{"jsonrpc":"2.0","method":"a","id":12`, true, ""},
		{"cut behind the id", `{"jsonrpc":"2.0","method":"a","id":12 `, true, "12"},
		{"cut before the method", `{"jsonrpc":"2.0","id":1,"met`, true, ""},
		{"a response that is cut", `{"jsonrpc":"2.0","id":1,"result":{`, true, ""},
		{"NaN", `{"jsonrpc":"2.0","id":1,"method":"a","params":{"x":NaN}}`, true, "1"},
		{"NaN before the id", `{"method":"a","params":{"x":NaN},"jsonrpc":"2.0","id":1}`, true, ""},
		{"too deep", `{"jsonrpc":"2.0","id":1,"method":"a","params":` + strings.Repeat("[", maxDepth+1), true, "1"},
		{"invalid UTF-8 in the id, and cut", "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"a\"", true, ""},
		{"a batch that is cut", `[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","id":2,"method":"a"`, true, ""},
		{"text for params", `{"jsonrpc":"2.0","id":1,"method":"a","params":"x"}`, false, "1"},
		{"number for params of a notification", `{"jsonrpc":"2.0","method":"a","params":5}`, false, ""},
		{"more after it", `{"jsonrpc":"2.0","id":1,"method":"a"}{}`, true, ""},
		{"invalid UTF-8", "{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"a\",\"params\":{\"x\":\"\xff\"}}", true, "1"},
		{"invalid UTF-8 in the id", "{\"jsonrpc\":\"2.0\",\"id\":\"\xff\",\"method\":\"a\"}", true, ""},
		{"invalid UTF-8 in a notification", "{\"jsonrpc\":\"2.0\",\"method\":\"a\",\"x\":\"\xff\"}", true, ""},
		{"a string", `"hello"`, false, ""},
		{"empty object", `{}`, false, ""},
		{"method twice", `{"jsonrpc":"2.0","id":5,"method":"a","method":"b"}`, false, "5"},
		{"method twice, once escaped", `{"jsonrpc":"2.0","id":5,"method":"a","m\u0065thod":"b"}`, false, "5"},
		{"id twice", `{"jsonrpc":"2.0","id":5,"method":"a","id":6}`, false, "6"},
		{"params member twice", `{"jsonrpc":"2.0","id":5,"method":"a","params":{"name":"x","name":"y"}}`, false, "5"},
		{"null id", `{"jsonrpc":"2.0","id":null,"method":"a"}`, false, ""},
		{"object id", `{"jsonrpc":"2.0","id":{},"method":"a"}`, false, ""},
		{"method not a string", `{"jsonrpc":"2.0","id":3,"method":1}`, false, ""},
		{"result and error", `{"jsonrpc":"2.0","id":3,"result":{},"error":{"code":1,"message":""}}`, false, ""},
		{"method and result", `{"jsonrpc":"2.0","id":3,"method":"a","result":{}}`, false, "3"},
		{"no version", `{"id":3,"method":"a"}`, false, "3"},
		{"another version", `{"jsonrpc":"1.0","id":3,"method":"a"}`, false, "3"},
		{"a number for a version", `{"jsonrpc":2.0,"id":3,"method":"a"}`, false, "3"},
		{"a notification without a version", `{"method":"a"}`, false, ""},
		{"null result", `{"jsonrpc":"2.0","id":1,"result":null}`, false, ""},
		{"list for a result", `{"jsonrpc":"2.0","id":1,"result":[]}`, false, ""},
		{"text for an error", `{"jsonrpc":"2.0","id":1,"error":"invalid_token"}`, false, ""},
		{"empty error", `{"jsonrpc":"2.0","id":1,"error":{}}`, false, ""},
		{"text for a code", `{"jsonrpc":"2.0","id":1,"error":{"code":"1","message":"m"}}`, false, ""},
		{"fraction for a code", `{"jsonrpc":"2.0","id":1,"error":{"code":-1.5,"message":"m"}}`, false, ""},
		{"error without a message", `{"jsonrpc":"2.0","id":1,"error":{"code":-1}}`, false, ""},
		{"OAuth's error", `{"error":"invalid_token","error_description":"x"}`, false, ""},
		{"empty batch", `[]`, false, ""},
		{"batch of numbers", `[1]`, false, ""},
		{"batch in a batch", `[[{"jsonrpc":"2.0","id":1,"method":"a"}]]`, false, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse([]byte(tt.raw))
			var syntax *SyntaxError
			var envelope *EnvelopeError
			switch {
			case err == nil:
				t.Fatal("accepted")
			case errors.As(err, &syntax) != tt.syntax:
				t.Fatalf("err = %v, want syntax error: %v", err, tt.syntax)
			case syntax != nil && string(syntax.ID) != tt.id:
				t.Errorf("id = %q, want %q", syntax.ID, tt.id)
			case errors.As(err, &envelope) && string(envelope.ID) != tt.id:
				t.Errorf("id = %q, want %q", envelope.ID, tt.id)
			}
		})
	}
}

// A body that was cut must be told from one that is wrong.
func TestParseCut(t *testing.T) {
	t.Parallel()
	whole := `{"jsonrpc":"2.0","id":1,"result":{"text":"a\u0062","list":[1,true,null]}}`
	for i := 1; i < len(whole); i++ {
		if _, err := Parse([]byte(whole[:i])); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Errorf("cut at %d: err = %v, want io.ErrUnexpectedEOF", i, err)
		}
	}
}

func TestSplices(t *testing.T) {
	t.Parallel()
	parse := func(raw string) *Message {
		m, err := Parse([]byte(raw))
		if err != nil {
			t.Fatal(err)
		}
		return &m
	}
	line := func(raw string) string { out, _ := OneLine([]byte(raw)); return string(out) }
	tests := []struct{ name, got, want string }{
		{"id in place", string(parse(`{"a":1, "jsonrpc":"2.0","id" : 2 ,"result":{"id":3}}`).WithID(ID(`"x"`))), `{"a":1, "jsonrpc":"2.0","id" : "x" ,"result":{"id":3}}`},
		{"id where there was none", string(parse(` {"jsonrpc":"2.0","error":{"code":1,"message":""}}`).WithID(ID("7"))), `{"id":7,"jsonrpc":"2.0","error":{"code":1,"message":""}}`},
		{"null id", string(parse(`{"id":null,"jsonrpc":"2.0","error":{"code":1,"message":""}}`).WithID(ID("7"))), `{"id":7,"jsonrpc":"2.0","error":{"code":1,"message":""}}`},
		{"first member", string(Remove([]byte(`{"p":{ "a":1 , "b":2}}`), "p", "a")), `{"p":{ "b":2}}`},
		{"last member", string(Remove([]byte(`{"p":{"a":1, "b":2 }}`), "p", "b")), `{"p":{"a":1 }}`},
		{"only member", string(Remove([]byte(`{"p":{ "a":1 }}`), "p", "a")), `{"p":{  }}`},
		{"every one of that name", string(Remove([]byte(`{"a":1,"b":2,"a":3}`), "a")), `{"b":2}`},
		{"no such member", string(Remove([]byte(`{"p":1}`), "p", "a")), `{"p":1}`},
		{"escaped name", string(Remove([]byte(`{"\u0061":1,"b":2}`), "a")), `{"b":2}`},
		{"line breaks", line("{\n \"a\":\r\n1}"), `{  "a":  1}`},
		{"set in place", string(Set([]byte(`{"a":{"b": 1 ,"c":2}}`), []byte("3"), "a", "b")), `{"a":{"b": 3 ,"c":2}}`},
		{"set added", string(Set([]byte(`{"a":{"c":2 }}`), []byte("3"), "a", "b")), `{"a":{"c":2 ,"b":3}}`},
		{"set in an empty object", string(Set([]byte(`{"a":{ }}`), []byte("3"), "a", "b")), `{"a":{ "b":3}}`},
		{"set with objects on the way", string(Set([]byte(`{}`), []byte("3"), "a", "b", "c")), `{"a":{"b":{"c":3}}}`},
		{"set through something else", string(Set([]byte(`{"a":1}`), []byte("3"), "a", "b")), `{"a":1}`},
		{"append", string(Append([]byte(`{"a":[1 ]}`), []byte("2"), "a")), `{"a":[1 ,2]}`},
		{"append to none", string(Append([]byte(`{"a":[ ]}`), []byte("2"), "a")), `{"a":[ 2]}`},
		{"append to no array", string(Append([]byte(`{"a":{}}`), []byte("2"), "a")), `{"a":{}}`},
		{"text", Text([]byte(`{"a":{"b":"c\n"}}`), "a", "b"), "c\n"},
	}
	for _, tt := range tests {
		if tt.got != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, tt.got, tt.want)
		}
	}
}

func TestIDMeans(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		a, b             string
		means, resembles bool
	}{
		{"9007199254740993", "9007199254740992", true, false},
		{"1", "1.0", true, false},
		{"1e2", "100", true, false},
		{"1", "2", false, false},
		{"1", `"1"`, false, true},
		{`"1"`, "1", false, true},
		{`"1"`, `"1.0"`, false, false},
		{`"a"`, "1", false, false},
		{"1", "null", false, false},
		{`"null"`, "null", false, false},
		{`"req\/1"`, `"req/1"`, true, false},
		{`"a<&>"`, `"a\u003c\u0026\u003e"`, true, false},
		{`"s\u00e9"`, `"sé"`, true, false},
		{`"A"`, `"a"`, false, false},
		{`"\ud800"`, `"\ud800"`, true, false},
		{`"\ud800"`, `"\ud801"`, false, false},
	} {
		if got := ID(tt.a).Means(ID(tt.b)); got != tt.means {
			t.Errorf("%s means %s: %v", tt.a, tt.b, got)
		}
		if got := ID(tt.a).Resembles(ID(tt.b)); got != tt.resembles {
			t.Errorf("%s resembles %s: %v", tt.a, tt.b, got)
		}
	}
}

func TestOwner(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		open  []string
		got   string
		alone bool
		want  int
	}{
		{[]string{"1", "2"}, "2", false, 1},
		{[]string{"1", "1.0"}, "1.0", false, 1},
		{[]string{"1.0", "1.00"}, "1", false, -1}, // either could be meant
		{[]string{`"1"`, "1"}, "1", false, 1},
		{[]string{`"1"`, "2"}, "1", false, 0},
		{[]string{"1"}, "", false, 0},
		{[]string{"1"}, "null", false, 0},
		{[]string{"1", "2"}, "null", true, -1},
		{[]string{"1"}, `"server-error"`, false, -1},
		{[]string{"1"}, `"server-error"`, true, 0},
		{[]string{"1", "2"}, `"server-error"`, true, -1},
		{nil, "1", true, -1},
	} {
		var open []ID
		for _, id := range tt.open {
			open = append(open, ID(id))
		}
		got := ID(tt.got)
		if tt.got == "" {
			got = nil
		}
		if place := Owner(open, got, tt.alone); place != tt.want {
			t.Errorf("Owner(%q, %s, %v) = %d, want %d", tt.open, tt.got, tt.alone, place, tt.want)
		}
	}
}

func TestErrorResponse(t *testing.T) {
	t.Parallel()
	body := []byte(`{"code":-32603,"message":"no"}`)
	if got, want := string(ErrorResponse(ID("9007199254740993"), body)), `{"jsonrpc":"2.0","id":9007199254740993,"error":{"code":-32603,"message":"no"}}`; got != want {
		t.Errorf("got %s", got)
	}
	if got, want := string(ErrorResponse(nil, body)), `{"jsonrpc":"2.0","error":{"code":-32603,"message":"no"}}`; got != want {
		t.Errorf("without id: %s", got)
	}
}

// FuzzParse checks that reading never panics, never loses a byte, tells JSON from what
// is none exactly as encoding/json does, and finds the same in a text that comes in pieces.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"x","arguments":{}}}`,
		`[{"jsonrpc":"2.0","id":1,"method":"a"},{"jsonrpc":"2.0","method":"b"}]`, `{"jsonrpc":"2.0","id":9007199254740993,"result":{"a":1.0}}`,
		`{"jsonrpc":"2.0","error":{"code":1,"message":"m"},"id":null}`, "\n", `[{"jsonrpc":"2.0","id":1,"result":{"isError" :true,"isErr\u006fr": false,"\ud83d":{}}}]`, `{"jsonrpc":"2.0","id":1,"method":"a"}x`,
		`{"jsonrpc":"2.0","id":-0.5e+10,"method":"\ud83d\/","params":[true,false,null,{}]}`, `[01]`, `["\u12g4"]`, "[\"a\x01\"]", `{"a" 1}`, `{"a":1,}`, `[1,]`,
		`["` + strings.Repeat(`a line: \"\u003cé\u003e\\n\"\n`, 9) + `"]`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		before := string(raw)
		m, err := Parse(raw)
		if string(raw) != before {
			t.Fatal("the input was changed")
		}
		var syntax *SyntaxError
		if valid := json.Valid(raw) && utf8.Valid(raw); valid == errors.As(err, &syntax) {
			t.Fatalf("%q: valid JSON is %v, err = %v", raw, valid, err)
		}
		for _, cut := range []int{len(raw) / 3, len(raw) / 2, max(0, len(raw)-1)} {
			readsTheSame(t, raw, cut)
		}
		if err != nil {
			return
		}
		if got := string(m.Raw); got != strings.Trim(before, " \t\r\n") {
			t.Fatalf("raw = %q of %q", got, before)
		}
		if whole := !strings.ContainsAny(before, "\r\n"); m.OneLine != whole {
			t.Fatalf("%q: one line is %v", before, m.OneLine)
		}
		for _, one := range append(m.Batch, m) { // what was found while reading is what is found by searching
			if !slices.EqualFunc(one.Outcome, Members(one.Result), sameMember) || !slices.EqualFunc(one.Fields, Members(one.Params), sameMember) {
				t.Fatalf("%q: result %q, params %q", one.Raw, one.Outcome, one.Fields)
			}
			for _, f := range one.Outcome {
				if string(one.OutcomeField(f.Name)) != string(Value(one.Result, f.Name)) {
					t.Fatalf("%q: member %q of the result", one.Raw, f.Name)
				}
			}
		}
		if len(m.Batch) == 0 {
			again, err := Parse(m.WithID(ID(`"new"`)))
			if err != nil || m.Method != again.Method || string(m.Params) != string(again.Params) {
				t.Fatalf("with a new id: %s, %v", again.Raw, err)
			}
		}
	})
}

// TestParseEncoding has the first byte that is not ASCII at every place of a word and of a block
// that the scanner reads at once, in a name and in a value.
func TestParseEncoding(t *testing.T) {
	t.Parallel()
	for before := range blockSize + 20 {
		for _, after := range []int{0, 1, 6, 7, 8, 2 * blockSize} {
			for in, valid := range map[string]bool{"é": true, "\xe9": false, "\xff": false, "": true} {
				text := strings.Repeat("a", before) + in + strings.Repeat("b", after)
				for _, raw := range []string{
					`{"jsonrpc":"2.0","id":1,"result":{"` + text + `":1}}`,
					`{"jsonrpc":"2.0","id":1,"result":{"x":"` + text + `"}}`,
				} {
					if _, err := Parse([]byte(raw)); (err == nil) != valid {
						t.Errorf("%q: %v", raw, err)
					}
				}
			}
		}
	}
}

func sameMember(a, b Member) bool { return a.Name == b.Name && string(a.Value) == string(b.Value) }
