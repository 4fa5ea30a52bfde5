package govern

import (
	"bytes"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode"

	"github.com/go-json-experiment/json/jsontext"
	"golang.org/x/text/unicode/norm"

	"ucbridge/bridge/jsonrpc"
)

// evasions are calls to delete_repo, which the policy denies, in forms that some
// server might take for one and some filter might not.
//
//go:embed testdata/evasions.jsonl
var evasionLines string

var evasions = strings.Split(strings.TrimSuffix(evasionLines, "\n"), "\n")

// loose is what the most careless of readers takes a text for: whatever the case,
// the Unicode form, and what stands between or behind.
func loose(text string) string {
	text, _, _ = strings.Cut(text, "\x00")
	text = strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.Is(unicode.Cf, r) || unicode.IsControl(r) {
			return -1
		}
		return unicode.ToLower(unicode.ToUpper(r)) // folds what lower case alone does not: U+017F
	}, norm.NFKC.String(text))
	return text
}

// members lists the members of an object as any of all readers might see them.
func members(t testing.TB, object jsontext.Value) map[string][]jsontext.Value {
	all := make(map[string][]jsontext.Value)
	d := jsontext.NewDecoder(bytes.NewReader(object), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
	if _, err := d.ReadToken(); err != nil {
		t.Fatal(err)
	}
	for d.PeekKind() == '"' {
		name, err := d.ReadToken()
		if err != nil {
			t.Fatal(err)
		}
		key := loose(name.String())
		value, err := d.ReadValue()
		if err != nil {
			t.Fatal(err)
		}
		all[key] = append(all[key], value.Clone())
	}
	return all
}

// callsDenied reports whether any reader might see a call to delete_repo in what
// was forwarded. It looks at every member that could be taken for method, params
// or name, and shares no code with the gate.
func callsDenied(t testing.TB, forwarded string) bool {
	raw := jsontext.Value(forwarded)
	if raw.Kind() == '[' {
		var elements []json.RawMessage
		if err := json.Unmarshal(raw, &elements); err != nil {
			t.Fatal(err)
		}
		for _, e := range elements {
			if callsDenied(t, string(e)) {
				return true
			}
		}
		return false
	}
	if raw.Kind() != '{' {
		return false
	}
	message := members(t, raw)
	isCall := false
	for _, method := range message["method"] {
		isCall = isCall || strings.Contains(loose(string(method)), loose(`tools/call`)) || strings.Contains(loose(string(method)), `tools\/call`)
		var s string
		isCall = isCall || json.Unmarshal(method, &s) == nil && loose(s) == "tools/call"
	}
	if !isCall {
		return false
	}
	for _, params := range message["params"] {
		if params.Kind() != '{' {
			continue
		}
		for _, name := range members(t, params)["name"] {
			var s string
			if json.Unmarshal(name, &s) == nil && loose(s) == "delete_repo" {
				return true
			}
		}
	}
	return false
}

const denying = `
read_only: true
tools: {deny: ["delete_*"], reads: ["*"]}
resources: {deny: ["secret:*"]}
`

// TestNoEvasion holds that no form of a denied call reaches the server.
func TestNoEvasion(t *testing.T) {
	t.Parallel()
	for _, line := range evasions {
		m, err := jsonrpc.Parse([]byte(line))
		if err != nil {
			continue // refused at the door, by the same reading
		}
		th := open(t, denying)
		th.gate.Handle(m)
		th.work.Wait()
		for _, sent := range th.sent() {
			if callsDenied(t, sent) {
				t.Errorf("%s\nreached the server as %s", line, sent)
			}
		}
	}
}

// TestMethodsLikeOthers: a method that a careless server may take for one of MCP's does not
// pass as a method that is none of them.
func TestMethodsLikeOthers(t *testing.T) {
	t.Parallel()
	for method, passes := range map[string]bool{
		"Tools/Call": false, "tools/call ": false, "tools\u200b/call": false, "/tools//call": false, "tools/c\uff41ll": false,
		"vendor/call": true, "tools/calls": true,
	} {
		th := open(t, denying+`methods: ["*"]`)
		heard := th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s","params":{"name":"delete_repo"}}`, method))
		if sent := th.sent(); (len(sent) == 1) != passes {
			t.Errorf("%s: sent %s, heard %s", method, sent, heard)
		}
	}
}

// TestTheJudge holds that callsDenied sees what it is there to see.
func TestTheJudge(t *testing.T) {
	t.Parallel()
	seen := 0
	for _, line := range evasions {
		if callsDenied(t, line) {
			seen++
		}
	}
	if seen < len(evasions)-6 { // some name no tool that anybody could find
		t.Errorf("of %d evasions only %d are seen", len(evasions), seen)
	}
	if callsDenied(t, call(1, "read_file")) {
		t.Error("a call that may pass is seen as one that may not")
	}
}

// FuzzGate holds the same for whatever a client may say, and that what the client
// hears is JSON-RPC.
func FuzzGate(f *testing.F) {
	for _, line := range evasions {
		f.Add(line)
	}
	for _, method := range []string{"prompts/get", "resources/read", "completion/complete", "subscriptions/listen"} {
		f.Add(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":%q,"params":{"uri":"secret:x","name":"a","ref":{"uri":"secret:{x}"},"notifications":{"resourceSubscriptions":["secret:x"]}}}`, method))
	}
	f.Fuzz(func(t *testing.T, line string) {
		m, err := jsonrpc.Parse([]byte(line))
		if err != nil {
			t.Skip()
		}
		th := open(t, denying)
		th.gate.Handle(m)
		th.work.Wait()
		for _, sent := range th.sent() {
			if callsDenied(t, sent) {
				t.Errorf("reached the server: %s", sent)
			}
			if sent != line && m.Batch == nil && strings.TrimSpace(line) != sent {
				t.Errorf("was changed to %s", sent)
			}
		}
		for _, heard := range th.heard {
			if _, err := jsonrpc.Parse([]byte(heard)); err != nil {
				t.Errorf("the client heard %s: %v", heard, err)
			}
		}
	})
}

// FuzzList holds that no denied tool is shown, in whatever form a server lists it,
// and that nothing else of a list is lost or changed.
func FuzzList(f *testing.F) {
	for _, list := range append(twoPages, `{"tools":[{"name":"delete_repo","Name":"read_file"},{"name":"read_file","name":"delete_repo"}]}`,
		`{"tools":[],"TOOLS":[{"name":"delete_repo"}]}`, `{"tools":[{"name":"delete\u005frepo"}, {"name":"x"} ]}`) {
		f.Add(list)
	}
	f.Fuzz(func(t *testing.T, result string) {
		raw := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"result":%s}`, result)
		if _, err := jsonrpc.Parse([]byte(raw)); err != nil {
			t.Skip()
		}
		th := open(t, denying)
		th.answer = func(jsonrpc.Message) string { return raw }
		heard := th.say(`{"jsonrpc":"2.0","id":1,"method":"tools/list"}`)
		if len(heard) != 1 {
			t.Fatalf("heard %v", heard)
		}
		shown, err := jsonrpc.Parse([]byte(heard[0]))
		if err != nil {
			t.Fatalf("heard %s: %v", heard[0], err)
		}
		if shown.Result == nil {
			return
		}
		for _, lists := range members(t, jsontext.Value(shown.Result))["tools"] {
			if lists.Kind() != '[' {
				continue
			}
			for _, tool := range jsonrpc.Elements(lists) {
				if len(tool) == 0 || tool[0] != '{' {
					continue
				}
				for _, name := range members(t, jsontext.Value(tool))["name"] {
					var s string
					if json.Unmarshal(name, &s) == nil && loose(s) == "delete_repo" {
						t.Errorf("shown: %s", heard[0])
					}
				}
			}
		}
	})
}
