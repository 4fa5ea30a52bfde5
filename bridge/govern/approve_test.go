package govern

import (
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

// page approves the call that was last asked about, once.
type page struct {
	asked    Waiting
	approved []byte
}

func (p *page) Approved(_ context.Context, digest []byte) bool {
	same := p.approved != nil && string(p.approved) == string(digest)
	if same {
		p.approved = nil
	}
	return same
}

func (p *page) Await(w Waiting) string {
	p.asked = w
	return "https://gateway.test/approve"
}

// TestApprovalIsForThatCall: what the user has approved on a page is that call of that
// server, with all that the server acts on. What clients send anew with each call is not
// a part of it.
func TestApprovalIsForThatCall(t *testing.T) {
	t.Parallel()
	const approved = `"arguments":{"repo":"a"}`
	for name, tt := range map[string]struct {
		server, user, params string
		passes               bool
	}{
		"the same":                  {"github", "ada", approved, true},
		"of another turn":           {"github", "ada", approved + `,"_meta":{"claudecode/toolUseId":"toolu_2","progressToken":9,"x-codex-turn-metadata":"{}"}`, true},
		"another server":            {"jira", "ada", approved, false},
		"another user":              {"github", "bob", approved, false},
		"with answers":              {"github", "ada", approved + `,"inputResponses":{"sure":{"action":"accept"}}`, false},
		"with a state":              {"github", "ada", approved + `,"requestState":"step 2"`, false},
		"with a preset":             {"github", "ada", approved + `,"_meta":{"warehouse_id":"w"}`, false},
		"arguments that are a text": {"github", "ada", `"arguments":"{\"repo\":\"a\"}"`, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := new(page)
			begin := func(server, user, params string) Verdict {
				file, err := policy.Parse("p", []byte(`tools: {confirm: ["*"]}`))
				if err != nil {
					t.Fatal(err)
				}
				g := New(Options{Name: server, Policy: policy.New(policy.TargetOf(server, "", ""), file), Route: func() string { return "proxy" }, Log: slog.New(slog.DiscardHandler)})
				t.Cleanup(g.Close)
				f := g.ForRequest(t.Context(), Request{Person: policy.Person{Name: user}, Revision: "2025-06-18", Approver: p})
				f.tools.learn(map[string]policy.Tool{"write": {Name: "write"}}, true)
				return f.Begin(t.Context(), jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write",`+params+`}}`)))
			}
			if v := begin("github", "ada", approved+`,"_meta":{"claudecode/toolUseId":"toolu_1"}`); v.Passes || !strings.Contains(string(v.Answer), "waits for its user's approval") {
				t.Fatalf("before it was approved: %+v", v)
			}
			p.approved = p.asked.Digest
			if v := begin(tt.server, tt.user, tt.params); v.Passes != tt.passes {
				t.Errorf("passes: %v, %s", v.Passes, v.Answer)
			}
		})
	}
}

// TestALimitLeavesTheApproval: a call that a limit denies does not use up its approval, and
// one that waits for its approval does not count.
func TestALimitLeavesTheApproval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file, err := policy.Parse("p", []byte("tools: {confirm: ['*']}\nlimits: {calls_per_minute: 1}"))
		if err != nil {
			t.Fatal(err)
		}
		g := New(Options{Name: "github", Policy: policy.New(policy.TargetOf("github", "", ""), file), Route: func() string { return "proxy" }, Log: slog.New(slog.DiscardHandler)})
		defer g.Close()
		p := new(page)
		call := func(want string) {
			t.Helper()
			f := g.ForRequest(t.Context(), Request{Person: policy.Person{Name: "ada"}, Revision: "2025-06-18", Approver: p})
			f.tools.learn(map[string]policy.Tool{"write": {Name: "write"}}, true)
			v := f.Begin(t.Context(), jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write"}}`)))
			if v.Passes != (want == "") || !strings.Contains(string(v.Answer), want) {
				t.Errorf("passes: %v, %s, want %q", v.Passes, v.Answer, want)
			}
		}
		call("waits for its user's approval")
		call("waits for its user's approval")
		p.approved = p.asked.Digest
		call("")
		p.approved = p.asked.Digest
		call("1 calls a minute")
		time.Sleep(time.Minute)
		call("")
		time.Sleep(time.Minute)
		call("waits for its user's approval")
	})
}
