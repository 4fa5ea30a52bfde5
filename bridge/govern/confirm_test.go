package govern

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

const asking = `
confirm: true
tools: {confirm: ["write_*"], reads: [unhinted]}
`

func initialize(capabilities string) string {
	return `{"jsonrpc":"2.0","id":"hello","method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":` + capabilities + `}}`
}

// TestUserIsAsked: before 2026-07-28 the question is a request of the bridge's own,
// whose answer stays here.
func TestUserIsAsked(t *testing.T) {
	t.Parallel()
	for name, tt := range map[string]struct {
		capabilities, answer string
		passes               bool
		rule                 string
	}{
		"agrees":       {`{"elicitation":{}}`, `"result":{"action":"accept","content":{"ucbridge_confirm":true}}`, true, ""},
		"by form":      {`{"elicitation":{"form":{},"url":{}}}`, `"result":{"action":"accept","content":{"ucbridge_confirm":true}}`, true, ""},
		"accepts a no": {`{"elicitation":{}}`, `"result":{"action":"accept","content":{"ucbridge_confirm":false}}`, false, "did not agree"},
		"declines":     {`{"elicitation":{}}`, `"result":{"action":"decline"}`, false, "did not agree"},
		"fails":        {`{"elicitation":{}}`, `"error":{"code":-32603,"message":"no"}`, false, "did not agree"},
		"cannot":       {`{}`, "", false, "cannot ask its user"},
		"links alone":  {`{"elicitation":{"url":{}}}`, "", false, "cannot ask its user"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			th := open(t, asking)
			th.say(initialize(tt.capabilities))
			th.sent()
			for i, tool := range []string{"delete_repo", "write_file"} {
				m, err := jsonrpc.Parse([]byte(call(i, tool)))
				if err != nil {
					t.Fatal(err)
				}
				th.gate.Handle(m)
				if tt.answer != "" {
					<-th.spoken
					question, err := jsonrpc.Parse([]byte(th.last()))
					if err != nil || question.Method != "elicitation/create" || !strings.Contains(jsonrpc.Text(question.Params, "message"), tool) {
						t.Fatalf("heard %s", th.last())
					}
					if string(th.about) != fmt.Sprint(i) {
						t.Errorf("the question is about %q, want %d", th.about, i)
					}
					th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,%s}`, question.ID, tt.answer))
				}
				th.work.Wait()
				sent := th.sent()
				if (len(sent) == 1) != tt.passes || len(sent) > 1 {
					t.Errorf("sent %v", sent)
				}
				if !tt.passes && !strings.Contains(th.last(), tt.rule) {
					t.Errorf("heard %s", th.last())
				}
				if !tt.passes {
					<-th.spoken
				}
			}
			th.say(call(7, "unhinted"), call(8, "read_file"))
			if sent := th.sent(); len(sent) != 2 {
				t.Errorf("what reads needs no question, but sent was %v", sent)
			}
		})
	}
}

// TestPolicyChangesMeanwhile: what the user agrees to is ruled on under the rules that are
// in force then, and counts once.
func TestPolicyChangesMeanwhile(t *testing.T) {
	t.Parallel()
	for rules, passes := range map[string]bool{
		"limits: {calls_per_minute: 1}":                true,
		"confirm: true\nlimits: {calls_per_minute: 1}": true,
		"tools: {deny: [delete_*]}":                    false,
	} {
		th := open(t, asking)
		th.say(initialize(`{"elicitation":{}}`))
		th.sent()
		th.gate.Handle(jsonrpc.MustParse([]byte(call(1, "delete_repo"))))
		<-th.spoken
		question := jsonrpc.MustParse([]byte(th.last()))
		changed, err := policy.Parse("p.yaml", []byte(rules))
		if err != nil {
			t.Fatal(err)
		}
		th.gate.filter.g.swap(policy.New(policy.TargetOf("github", "", ""), changed))
		th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"ucbridge_confirm":true}}}`, question.ID))
		if sent := th.sent(); (len(sent) == 1) != passes {
			t.Errorf("%s: sent %v, heard %s", rules, sent, th.last())
		}
	}
}

// TestRestOfTheBatchIsRuledOnAnew: while the user is asked about one call of a batch, other
// rules and other tools come for the rest of it, and for that call.
func TestRestOfTheBatchIsRuledOnAnew(t *testing.T) {
	t.Parallel()
	const before = "read_only: true\ntools: {reads: [unhinted], confirm: [unhinted]}\nlimits: {calls_per_minute: 2}"
	swap := func(rules string) func(*gateHarness) {
		return func(th *gateHarness) {
			file, err := policy.Parse("p.yaml", []byte(rules))
			if err != nil {
				t.Fatal(err)
			}
			th.gate.filter.g.swap(policy.New(policy.TargetOf("github", "", ""), file))
		}
	}
	list := func(tools string) func(*gateHarness) {
		return func(th *gateHarness) {
			th.mu.Lock()
			th.pages = []string{`{"tools":[` + tools + `]}`}
			th.mu.Unlock()
			th.gate.Emit([]byte(`{"jsonrpc":"2.0","method":"notifications/tools/list_changed"}`))
		}
	}
	const reads = `{"name":"read_file","annotations":{"readOnlyHint":true}}`
	for name, tt := range map[string]struct {
		meanwhile func(*gateHarness)
		passes    bool
	}{
		"nothing":                  {func(*gateHarness) {}, true},
		"the same by another file": {swap(before), true},
		"a tool is denied":         {swap(strings.Replace(before, "{reads", "{deny: [read_file], reads", 1)), false},
		"a tool is confirmed":      {swap(strings.Replace(before, "confirm: [", "confirm: [read_file, ", 1)), false},
		"the same list":            {list(reads + `,{"name":"unhinted"}`), true},
		"a tool writes":            {list(`{"name":"read_file","annotations":{"readOnlyHint":false}},{"name":"unhinted"}`), false},
		"a tool is gone":           {list(reads), false},
	} {
		th := open(t, before)
		th.say(initialize(`{"elicitation":{}}`))
		th.sent()
		th.gate.Handle(jsonrpc.MustParse([]byte("[" + call(1, "read_file") + "," + call(2, "unhinted") + "]")))
		<-th.spoken
		question := jsonrpc.MustParse([]byte(th.last()))
		tt.meanwhile(th)
		th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":{"action":"accept","content":{"ucbridge_confirm":true}}}`, question.ID))
		if sent := th.sent(); (len(sent) == 1) != tt.passes {
			t.Errorf("%s: sent %v, heard %s", name, sent, th.last())
		}
	}
}

// TestQuestionKeepsItsCall: a question of the server passes with the request that it is
// about.
func TestQuestionKeepsItsCall(t *testing.T) {
	t.Parallel()
	th := open(t, asking)
	m, err := jsonrpc.Parse([]byte(`{"jsonrpc":"2.0","id":"q","method":"elicitation/create","params":{"message":"really?"}}`))
	if err != nil {
		t.Fatal(err)
	}
	m.Within = jsonrpc.ID("5")
	th.gate.Deliver(m)
	<-th.spoken
	if string(th.about) != "5" {
		t.Errorf("%s is about %q", th.last(), th.about)
	}
}

func TestNobodyAnswersAtTheEnd(t *testing.T) {
	t.Parallel()
	th := open(t, asking)
	th.say(initialize(`{"elicitation":{}}`))
	th.sent()
	m, _ := jsonrpc.Parse([]byte(call(1, "delete_repo")))
	th.gate.Handle(m)
	<-th.spoken
	th.gate.Close()
	th.work.Wait()
	if sent := th.sent(); sent != nil || !strings.Contains(th.last(), "did not agree") {
		t.Errorf("sent %v, heard %s", sent, th.last())
	}
}

func (th *gateHarness) last() string {
	th.mu.Lock()
	defer th.mu.Unlock()
	if len(th.heard) == 0 {
		return ""
	}
	return th.heard[len(th.heard)-1]
}

// modern is a call of revision 2026-07-28; more are members of its params.
func modern(id int, tool, arguments, more string) string {
	return fmt.Sprintf(`{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"%s","arguments":%s,"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28","io.modelcontextprotocol/clientCapabilities":{"elicitation":{}}}%s}}`,
		id, tool, arguments, more)
}

const yes = `,"inputResponses":{"ucbridge_confirm":{"action":"accept","content":{"ucbridge_confirm":true}}}`

// TestUserIsAskedAnew: since 2026-07-28 the question is the answer, and the call
// comes again with what the user said. What the bridge added does not reach the
// server; what it gave out confirms this call, once.
func TestUserIsAskedAnew(t *testing.T) {
	t.Parallel()
	th := open(t, asking)
	state := func(heard []string) string {
		t.Helper()
		m, err := jsonrpc.Parse([]byte(heard[0]))
		if err != nil || jsonrpc.Text(m.Result, "resultType") != "input_required" ||
			jsonrpc.Text(m.Result, "inputRequests", "ucbridge_confirm", "method") != "elicitation/create" {
			t.Fatalf("heard %s", heard[0])
		}
		return `,"requestState":"` + jsonrpc.Text(m.Result, "requestState") + `"`
	}
	const path = `{"path":"x","n":1}`
	asked := state(th.say(modern(1, "delete_repo", path, "")))

	forged := strings.Replace(asked, "ucbridge.1.", "ucbridge.1.A", 1)
	for name, line := range map[string]string{
		"forged":         modern(2, "delete_repo", path, yes+forged),
		"without a seal": modern(2, "delete_repo", path, yes),
		"the server's":   modern(2, "delete_repo", path, yes+`,"requestState":"x"`),
	} {
		if state(th.say(line)); th.sent() != nil {
			t.Errorf("%s: sent", name)
		}
	}
	// Another call with the seal of this one is asked about; the seal is spent.
	other := state(th.say(modern(1, "delete_repo", path, "")))
	if state(th.say(modern(3, "delete_repo", `{"path":"y","n":1}`, yes+other))); th.sent() != nil {
		t.Error("a seal confirms another call")
	}
	if heard := th.say(modern(4, "delete_repo", path, asked)); th.sent() != nil || !strings.Contains(heard[0], "did not agree") {
		t.Errorf("no answer of the user's: %v", heard)
	}
	// The same arguments in another spelling are the same call.
	asked = state(th.say(modern(5, "delete_repo", path, "")))
	th.say(modern(6, "delete_repo", `{"n":1,"path":"\u0078"}`, yes+asked))
	if sent := th.sent(); len(sent) != 1 || sent[0] != modern(6, "delete_repo", `{"n":1,"path":"\u0078"}`, "") {
		t.Fatalf("sent %v", sent)
	}
	// The server asks for more in its turn: its state is sealed with the agreement.
	th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":6,"result":{"resultType":"input_required","inputRequests":{"q":{}},"requestState":"its \"own\""}}`))
	m, err := jsonrpc.Parse([]byte(th.last()))
	if err != nil {
		t.Fatal(err)
	}
	sealed := `,"requestState":"` + jsonrpc.Text(m.Result, "requestState") + `"`
	th.say(modern(7, "delete_repo", path, `,"inputResponses":{"q":{}}`+sealed))
	if sent := th.sent(); len(sent) != 1 || sent[0] != modern(7, "delete_repo", path, `,"inputResponses":{"q":{}},"requestState":"its \"own\""`) {
		t.Errorf("sent %v", sent)
	}
	if state(th.say(modern(8, "delete_repo", path, yes+asked))); th.sent() != nil {
		t.Error("a seal is good twice")
	}
	if state(th.say(modern(9, "delete_repo", path, sealed))); th.sent() != nil {
		t.Error("an agreement is good twice")
	}
}

// TestQuestionsAreNoCalls: a call that comes anew with the user's answer counts once.
func TestQuestionsAreNoCalls(t *testing.T) {
	t.Parallel()
	th := open(t, "tools: {confirm: [delete_*]}\nlimits: {calls_per_minute: 1}")
	asked, err := jsonrpc.Parse([]byte(th.say(modern(1, "delete_repo", `{}`, ""))[0]))
	if err != nil {
		t.Fatal(err)
	}
	again := yes + `,"requestState":"` + jsonrpc.Text(asked.Result, "requestState") + `"`
	if heard := th.say(modern(2, "delete_repo", `{}`, again)); len(th.sent()) != 1 {
		t.Errorf("agreed to, but not sent: %v", heard)
	}
	if heard := th.say(modern(3, "read_file", `{}`, "")); th.sent() != nil || !strings.Contains(heard[0], "Try again in") {
		t.Errorf("a second call in the same minute: %v", heard)
	}
}

// TestALimitLeavesTheAgreement: nobody is asked about a call that a limit denies, and what
// the user has agreed to can be called when the limit lets it.
func TestALimitLeavesTheAgreement(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		th := open(t, "tools: {confirm: [delete_*]}\nlimits: {calls_per_minute: 1}")
		asked := jsonrpc.MustParse([]byte(th.say(modern(1, "delete_repo", `{}`, ""))[0]))
		again := yes + `,"requestState":"` + jsonrpc.Text(asked.Result, "requestState") + `"`
		if th.say(modern(2, "read_file", `{}`, "")); len(th.sent()) != 1 {
			t.Fatal("the only call of the minute is not sent")
		}
		for id, more := range map[int]string{3: again, 4: ""} {
			if heard := th.say(modern(id, "delete_repo", `{}`, more)); th.sent() != nil || !strings.Contains(heard[0], "Try again in") {
				t.Errorf("call %d in the same minute: %v", id, heard)
			}
		}
		time.Sleep(time.Minute)
		if heard := th.say(modern(5, "delete_repo", `{}`, again)); len(th.sent()) != 1 {
			t.Errorf("agreed to, but not sent: %v", heard)
		}
	})
}

// TestQuestionShowsTheCall: the user sees all that the server would act on, and is not
// asked about what cannot be shown.
func TestQuestionShowsTheCall(t *testing.T) {
	t.Parallel()
	question := func(arguments, more string) string {
		t.Helper()
		th := open(t, asking)
		m, err := jsonrpc.Parse([]byte(th.say(modern(1, "delete_repo", arguments, more))[0]))
		if err != nil {
			t.Fatal(err)
		}
		return jsonrpc.Text(m.Result, "inputRequests", "ucbridge_confirm", "params", "message") + jsonrpc.Text(jsonrpc.Value(m.Result, "content"), "text") + string(jsonrpc.Value(m.Result, "content"))
	}
	pad := strings.Repeat("x", 400)
	want := "Run \"delete_repo\" on github?\npad: \"" + pad + "\"\nrepo: \"production\"\nissue: 9007199254740993\nlist: [1,{\"a\":\"<U+202E>b\"}]\n(beside the arguments) target: \"prod\""
	got := question(`{"pad":"`+pad+`", "repo": "production","issue":9007199254740993,"list":[1, {"a": "`+"\u202e"+`b"}]}`, `,"target":"prod"`)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +shown):\n%s", diff)
	}
	if got := question(`{"pad":"`+strings.Repeat("x", 5000)+`"}`, ""); !strings.Contains(got, "can be shown to the user") {
		t.Errorf("asked about what cannot be shown: %s", got)
	}
}

// TestAgreementIsForThatCall: an agreement holds for the bytes of the call, and no other
// number, target or hint of the client's goes with it.
func TestAgreementIsForThatCall(t *testing.T) {
	t.Parallel()
	const agreed = `{"issue":9007199254740992}`
	for name, tt := range map[string]struct {
		arguments, more string
		same            bool
	}{
		"the same":               {agreed, "", true},
		"another progress":       {`{ "issue" : 9007199254740992 }`, "", true},
		"a number that rounds":   {`{"issue":9007199254740993}`, "", false},
		"another form of it":     {`{"issue":9.007199254740992e15}`, "", false},
		"beside the arguments":   {agreed, `,"target":"prod"`, false},
		"another task":           {agreed, `,"task":{"ttl":1}`, false},
		"arguments of a text":    {`"{\"issue\":9007199254740992}"`, "", false},
		"two of one name":        {`{"issue":9007199254740992,"issue":9007199254740992}`, "", false},
		"arguments by two names": {agreed, `,"Arguments":{}`, false},
	} {
		th := open(t, asking)
		m, err := jsonrpc.Parse([]byte(th.say(modern(1, "delete_repo", agreed, ""))[0]))
		if err != nil {
			t.Fatal(err)
		}
		th.say(modern(2, "delete_repo", tt.arguments, tt.more+yes+`,"requestState":"`+jsonrpc.Text(m.Result, "requestState")+`"`))
		if sent := th.sent(); (len(sent) == 1) != tt.same {
			t.Errorf("%s: sent %v", name, sent)
		}
	}
}
