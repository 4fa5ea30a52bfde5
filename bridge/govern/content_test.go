package govern

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

func TestLimits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := open(t, "limits: {calls_per_minute: 3, tools: {'write_*': 1}, max_call: 200}")
		refused := func(heard []string) bool { return len(heard) == 1 && strings.Contains(heard[0], "Try again in") }
		if refused(th.say(call(1, "write_file"))) || !refused(th.say(call(2, "write_file"))) {
			t.Errorf("sent %v, want one write a minute", th.sent())
		}
		if refused(th.say(call(3, "read_file"))) || refused(th.say(call(4, "read_file"))) || !refused(th.say(call(5, "read_file"))) {
			t.Errorf("sent %v, want three calls a minute, the refused ones not counted", th.sent())
		}
		th.sent()
		time.Sleep(time.Minute)
		for range 5 { // refused by the narrow limit, they count in none
			th.say(call(8, "write_file"))
		}
		if th.say(call(9, "read_file"), call(10, "read_file")); len(th.sent()) != 3 {
			t.Error("what is refused counts")
		}
		time.Sleep(time.Minute)
		if th.say(call(11, "Write_File"), call(12, "write_file")); len(th.sent()) != 1 {
			t.Error("another spelling counts apart")
		}
		time.Sleep(time.Minute)
		if refused(th.say(call(6, "write_file"))) || len(th.sent()) != 1 {
			t.Error("a minute later nothing passes")
		}
		heard := th.say(strings.Replace(call(7, "read_file"), `"x"`, `"`+strings.Repeat("x", 200)+`"`, 1))
		if len(heard) != 1 || !strings.Contains(heard[0], "max_call (p.yaml:1)") {
			t.Errorf("a call that is too long: heard %v", heard)
		}
	})
}

// secretOf is a secret of each kind that is looked for.
var secretOf = readSecrets("../redact/testdata/secrets.json")

// readSecrets puts them together: in the file they are in pieces, so that no scanner
// takes it for a leak.
func readSecrets(name string) map[string]string {
	raw, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	var pieces map[string][]string
	if err := json.Unmarshal(raw, &pieces); err != nil {
		panic(err)
	}
	whole := make(map[string]string)
	for kind, p := range pieces {
		whole[kind] = strings.Join(p, "")
	}
	return whole
}

func TestSecretsInMessages(t *testing.T) {
	t.Parallel()
	secret := secretOf["GitHub token"]
	line := strings.Replace(call(1, "read_file"), `"x"`, `"`+secret+`"`, 1)
	th := open(t, "secrets: {arguments: mask, results: mask}")
	th.say(line)
	if sent := th.sent(); len(sent) != 1 || sent[0] != strings.Replace(call(1, "read_file"), `"x"`, `"[GitHub token masked by ucbridge]"`, 1) {
		t.Errorf("sent %v", sent)
	}
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"` + secret + `"}],"structuredContent":{"a":"` + secret + `"},"requestState":"` + secret + `"}}`))
	want := `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"[GitHub token masked by ucbridge]"}],"structuredContent":{"a":"[GitHub token masked by ucbridge]"},"requestState":"` + secret + `"}}`
	if diff := cmp.Diff(want, th.last()); diff != "" {
		t.Errorf("(-want +heard):\n%s", diff)
	}
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/message","params":{"data":"` + secret + `"}}`))
	if strings.Contains(th.last(), secret) {
		t.Errorf("heard %s", th.last())
	}
	const get = `{"jsonrpc":"2.0","id":2,"method":"tasks/get","params":{"taskId":"1"}}`
	th.say(get)
	for _, raw := range []string{
		`{"jsonrpc":"2.0","id":2,"result":{"status":"completed","result":{"content":[{"type":"text","text":"` + secret + `"}]}}}`,
		`{"jsonrpc":"2.0","method":"notifications/tasks","params":{"status":"completed","result":{"content":[{"type":"text","text":"` + secret + `"}]}}}`,
	} {
		th.gate.Emit([]byte(raw))
		if th.last() != strings.Replace(raw, secret, "[GitHub token masked by ucbridge]", 1) {
			t.Errorf("heard %s", th.last())
		}
	}
	th = open(t, "secrets: {arguments: block}")
	if heard := th.say(line); th.sent() != nil || !strings.Contains(heard[0], "contain a GitHub token") || strings.Contains(heard[0], secret) {
		t.Errorf("heard %v", heard)
	}
}

// TestWhatIsNoArgument: the server's state goes back to it as it is, and what a rule
// was applied to is not changed behind its back.
func TestWhatIsNoArgument(t *testing.T) {
	t.Parallel()
	jwt, token := secretOf["JWT"], secretOf["npm token"]
	params := func(id int, more string) string {
		return strings.Replace(call(id, "read_file"), `"name"`, more+`"name"`, 1)
	}
	for mode, masks := range map[string]bool{"mask": true, "block": false} {
		th := open(t, "secrets: {arguments: "+mode+"}\nresources: {allow: ['x:*']}")
		stateful := params(1, `"requestState":"`+jwt+`",`)
		if th.say(stateful); !cmp.Equal(th.sent(), []string{stateful}) {
			t.Errorf("%s: the server's state is taken for a secret", mode)
		}
		both := strings.Replace(params(2, `"requestState":"`+jwt+`",`), `"x"`, `"`+token+`"`, 1)
		th.say(both)
		if sent := th.sent(); (len(sent) == 1) != masks || masks && sent[0] != strings.Replace(both, token, "[npm token masked by ucbridge]", 1) {
			t.Errorf("%s: sent %v", mode, sent)
		}
		for i, line := range []string{
			params(3, `"`+jwt+`":1,"`+jwt+`x":1,`), // two names would become one
			`{"jsonrpc":"2.0","id":4,"method":"resources/read","params":{"uri":"x:` + token + `"}}`,
			strings.Replace(call(5, "read_file"), "read_file", token, 1),
		} {
			if heard := th.say(line); th.sent() != nil || len(heard) != 1 || !strings.Contains(heard[0], "secrets.arguments") {
				t.Errorf("%s, %d: heard %v", mode, i, heard)
			}
		}
	}
}

func TestBudget(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file, err := policy.Parse("p.yaml", []byte("max_result: 5 tokens"))
	if err != nil {
		t.Fatal(err)
	}
	if got := file.Rules[0].MaxResult.Bytes; got != 20 {
		t.Errorf("5 tokens are %d bytes, want 20", got)
	}
	th := open(t, "max_result: 20")
	th.gate.filter.g.resultDir = dir
	th.answer = func(m jsonrpc.Message) string {
		if m.Method == "initialize" {
			return `{"jsonrpc":"2.0","id":"hello","result":{"protocolVersion":"2025-06-18"}}`
		}
		return `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"short","x":1},{"type":"image","data":"0000000000000000000000"},{"type":"text","text":"line one\nline two and more"},{"type":"text","text":"tail"}],"_meta":{"a":1}}}`
	}
	th.say(initialize(`{}`))
	heard := th.say(call(1, "read/file"))
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 || !strings.Contains(entries[0].Name(), "-read_file-") {
		t.Fatalf("files %v, %v", entries, err)
	}
	name := filepath.Join(dir, entries[0].Name())
	root := "" // of C:/...
	if runtime.GOOS == "windows" {
		root = "/"
	}
	whole, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff("short\n\nline one\nline two and more\n\ntail", string(whole)); diff != "" {
		t.Errorf("(-want +kept):\n%s", diff)
	}
	want := `{"jsonrpc":"2.0","id":1,"result":{"content":[{"type":"text","text":"short","x":1},{"type":"image","data":"0000000000000000000000"},{"type":"text","text":"line one\nline "},` +
		`{"type":"text","text":"[ucbridge: the text was cut, as it has 39 bytes and max_result (p.yaml:1) is 20; the whole is in ` + strings.ReplaceAll(name, `\`, `\\`) + `]"},` +
		`{"type":"resource_link","uri":"file://` + root + filepath.ToSlash(name) + `","name":"` + entries[0].Name() + `","mimeType":"text/plain","size":39}],"_meta":{"a":1}}}`
	if diff := cmp.Diff(want, heard[0]); diff != "" {
		t.Errorf("(-want +heard):\n%s", diff)
	}
	const fits = `{"jsonrpc":"2.0","id":2,"result":{"content":[{"type":"text","text":"twenty bytes of text"}]}}`
	th.answer = func(jsonrpc.Message) string { return fits }
	if heard := th.say(call(2, "read_file")); heard[0] != fits {
		t.Errorf("heard %v", heard)
	}
}

func TestBudgetElsewhere(t *testing.T) {
	t.Parallel()
	const note = `,{"type":"text","text":"[ucbridge: the text was cut, as it has 26 bytes and max_result (p.yaml:1) is 4]"}]`
	letters := "abcdefghijklmnopqrstuvwxyz"
	for name, tt := range map[string]struct{ method, result, want string }{
		"a resource": {"tools/call", `{"content":[{"type":"resource","resource":{"uri":"x:1","text":"` + letters + `"}}]}`,
			`{"content":[{"type":"resource","resource":{"uri":"x:1","text":"abcd"}}` + note + `}`},
		"a task": {"tasks/get", `{"status":"completed","result":{"content":[{"type":"text","text":"` + letters + `"}]}}`,
			`{"status":"completed","result":{"content":[{"type":"text","text":"abcd"}` + note + `}}`},
		"half a character": {"tools/call", `{"content":[{"type":"text","text":"` + letters[:23] + `\ud83d"}]}`,
			`{"content":[{"type":"text","text":"abcd"}` + note + `}`},
		"a blob": {"tools/call", `{"content":[{"type":"resource","resource":{"uri":"x:1","blob":"` + letters + `"}}]}`,
			`{"content":[{"type":"resource","resource":{"uri":"x:1","blob":"` + letters + `"}}]}`},
	} {
		th := open(t, "max_result: 4")
		th.answer = func(jsonrpc.Message) string { return `{"jsonrpc":"2.0","id":1,"result":` + tt.result + `}` }
		heard := th.say(`{"jsonrpc":"2.0","id":1,"method":"` + tt.method + `","params":{"name":"a","taskId":"1"}}`)
		if diff := cmp.Diff(`{"jsonrpc":"2.0","id":1,"result":`+tt.want+`}`, heard[0]); diff != "" {
			t.Errorf("%s (-want +heard):\n%s", name, diff)
		}
	}
}

func TestCutAt(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		text string
		most int
		want string
	}{
		{"one two three", 9, "one two "}, {"abcdefgh", 4, "abcd"}, {"aé", 2, "a"}, {"日本語", 5, "日"},
		{"a\nbcdefghijkl mn", 12, "a\nbcdefghijk"}, {"aaaaaaaa\nbb cc", 12, "aaaaaaaa\nbb "}, {"aaaaaaaaaa\nb cc", 13, "aaaaaaaaaa\n"}, {"x", 0, ""},
	} {
		if got := cutAt(tt.text, tt.most); got != tt.want {
			t.Errorf("cutAt(%q, %d) = %q, want %q", tt.text, tt.most, got, tt.want)
		}
	}
}

// TestEveryText: a secret is masked in every text of a message, in both directions,
// except in what is given back or acted upon by a program.
func TestEveryText(t *testing.T) {
	t.Parallel()
	secret := secretOf["GitHub token"]
	masks := func(raw string) string { return strings.ReplaceAll(raw, secret, "[GitHub token masked by ucbridge]") }
	for method, results := range map[string][]string{
		"initialize":          {`{"instructions":"S","capabilities":{},"serverInfo":{"title":"S"}}`},
		"tools/list":          {`{"tools":[{"name":"a","description":"S","inputSchema":{"properties":{"x":{"description":"S"}}},"_meta":{"v":"S"}}],"nextCursor":"K"}`},
		"prompts/list":        {`{"prompts":[{"name":"a","description":"S","arguments":[{"name":"S"}]}]}`},
		"prompts/get":         {`{"description":"S","messages":[{"role":"user","content":{"type":"text","text":"S"}}]}`},
		"completion/complete": {`{"completion":{"values":["S"]}}`},
		"tools/call": {
			`{"content":[{"type":"text","text":"S"},{"type":"resource_link","uri":"x:K","name":"K","description":"S"}],"_meta":{"v":"S"},"vendor":{"a":["S"]}}`,
			`{"structuredContent":{"id":"S","name":"S","S":1},"requestState":"K","content":[{"type":"image","data":"K","mimeType":"a/b"}]}`,
		},
	} {
		for _, result := range results {
			th := open(t, "secrets: {results: mask}")
			raw := `{"jsonrpc":"2.0","id":1,"result":` + strings.NewReplacer(`"S"`, `"`+secret+`"`, `"K"`, `"`+secret+`K"`, `x:K`, `x:`+secret+`K`).Replace(result) + `}`
			th.answer = func(jsonrpc.Message) string { return raw }
			params := `{"name":"a","ref":{"type":"ref/prompt","name":"a"},"protocolVersion":"2025-06-18"}`
			heard := th.say(`{"jsonrpc":"2.0","id":1,"method":"` + method + `","params":` + params + `}`)
			want := strings.ReplaceAll(masks(strings.ReplaceAll(raw, secret+"K", "K!")), "K!", secret+"K")
			if diff := cmp.Diff([]string{want}, heard); diff != "" {
				t.Errorf("%s (-want +heard):\n%s", method, diff)
			}
		}
	}
	th := open(t, "secrets: {results: mask}")
	for _, raw := range []string{
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"progress":1,"message":"S"}}`,
		`{"jsonrpc":"2.0","method":"notifications/message","params":{"logger":"S","data":{"a":"S"}}}`,
		`{"jsonrpc":"2.0","method":"vendor/x","params":{"a":"S"}}`,
		`{"jsonrpc":"2.0","id":1,"method":"sampling/createMessage","params":{"messages":[{"role":"user","content":{"type":"text","text":"S"}}],"systemPrompt":"S"}}`,
		`{"jsonrpc":"2.0","id":2,"method":"elicitation/create","params":{"message":"S"}}`,
	} {
		raw = strings.ReplaceAll(raw, `"S"`, `"`+secret+`"`)
		if th.gate.Emit([]byte(raw)); th.last() != masks(raw) {
			t.Errorf("heard %s", th.last())
		}
	}
}

// TestEveryTextOfTheClient: what a model may have written leaves in no member and in no
// answer to the server.
func TestEveryTextOfTheClient(t *testing.T) {
	t.Parallel()
	secret := secretOf["GitHub token"]
	for line, blocked := range map[string]string{
		`{"jsonrpc":"2.0","id":1,"method":"logging/setLevel","params":{"level":"S"}}`:                    "",
		`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{"_meta":{"v":"S"}}}`:                    "",
		`{"jsonrpc":"2.0","id":1,"method":"ping","vendor":"S"}`:                                          "",
		`{"jsonrpc":"2.0","method":"notifications/progress","params":{"progressToken":1,"message":"S"}}`: "",
		`{"jsonrpc":"2.0","id":9,"result":{"role":"assistant","content":{"type":"text","text":"S"}}}`:    `"policy_denied"`,
		`{"jsonrpc":"2.0","id":9,"result":{"action":"accept","content":{"answer":"S"}}}`:                 `"policy_denied"`,
		`{"jsonrpc":"2.0","id":9,"error":{"code":-1,"message":"S"}}`:                                     `"policy_denied"`,
	} {
		line = strings.Replace(line, `"S"`, `"`+secret+`"`, 1)
		th := open(t, "secrets: {arguments: mask}")
		th.say(line)
		if sent := th.sent(); len(sent) != 1 || sent[0] != strings.Replace(line, secret, "[GitHub token masked by ucbridge]", 1) {
			t.Errorf("sent %v", sent)
		}
		th = open(t, "secrets: {arguments: block}")
		th.say(line)
		sent := strings.Join(th.sent(), "")
		if strings.Contains(sent, secret) || blocked != "" && !strings.Contains(sent, blocked) {
			t.Errorf("blocked, but sent %s", sent)
		}
	}
	th := open(t, "secrets: {arguments: block}")
	for _, own := range []string{`"cursor":"S"`, `"requestState":"S"`} {
		line := strings.Replace(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{`+own+`}}`, `"S"`, `"`+secret+`"`, 1)
		if th.say(line); !cmp.Equal(th.sent(), []string{line}) {
			t.Errorf("%s: the server's own is taken for a secret", own)
		}
		th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`))
	}
}
