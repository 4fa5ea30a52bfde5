package govern

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
)

const aboutAda = `
rules:
  - not_groups: [admins]
    tools: {deny: [delete_*]}
    prompts: {deny: [secret]}
  - when: {path: {not: "src/*"}}
    tools: {deny: [write_file]}
`

// TestWhoCalls: on stdio it is asked who is signed in. Where that cannot be told nothing
// passes and lists are empty; once it can, and when the groups change, the client is told.
func TestWhoCalls(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var groups []string
		away := errors.New("the workspace is away")
		th := openWith(t, aboutAda, Options{
			Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" },
			Who: func(context.Context) (policy.Person, error) { return policy.Person{Name: "ada", Groups: groups}, away },
		})
		th.answer = func(m jsonrpc.Message) string {
			result := `{}`
			switch m.Method {
			case "tools/list":
				result = `{"tools":[{"name":"read_file"},{"name":"delete_repo"}]}`
			case "prompts/list":
				result = `{"prompts":[{"name":"secret"}]}`
			}
			return fmt.Sprintf(`{"jsonrpc":"2.0","id":%s,"result":%s}`, m.ID, result)
		}
		id := 0
		say := func(line string) string {
			id++
			return strings.Join(th.say(strings.Replace(line, "ID", fmt.Sprint(id), 1)), "\n")
		}
		const listTools, listPrompts = `{"jsonrpc":"2.0","id":ID,"method":"tools/list"}`, `{"jsonrpc":"2.0","id":ID,"method":"prompts/list"}`
		if heard := say(listTools); !strings.Contains(heard, `"tools":[]`) {
			t.Errorf("nobody hears %s", heard)
		}
		say(listPrompts)
		th.sent()
		if heard := say(call(90, "read_file")); !strings.Contains(heard, "it is not known who calls: the workspace is away") || len(th.sent()) > 0 {
			t.Errorf("nobody calls, and hears %s", heard)
		}
		if heard := say(`{"jsonrpc":"2.0","id":ID,"method":"ping"}`); !strings.Contains(heard, `"result"`) {
			t.Errorf("a ping is answered with %s", heard)
		}

		away = nil
		time.Sleep(unknownTTL)
		if heard := say(listTools); !strings.Contains(heard, `"tools":[{"name":"read_file"}]`) {
			t.Errorf("ada hears %s", heard)
		}
		synctest.Wait()
		if all := strings.Join(th.heard, "\n"); strings.Count(all, "notifications/tools/list_changed") != 1 || strings.Contains(all, "notifications/prompts/list_changed") {
			t.Errorf("of what ada may see now is told\n%s", all)
		}
		th.heard = nil
		groups = []string{"admins"}
		time.Sleep(personTTL)
		if heard := say(listTools); !strings.Contains(heard, "delete_repo") {
			t.Errorf("an admin hears %s", heard)
		}
		synctest.Wait()
		if all := strings.Join(th.heard, "\n"); strings.Count(all, "notifications/tools/list_changed") != 1 || strings.Count(all, "notifications/prompts/list_changed") != 1 {
			t.Errorf("of what an admin may see is told\n%s", all)
		}
	})
}

// TestPeopleOverHTTP: what is ruled on a message depends on who sends it, and no cache
// keeps one's list for another.
func TestPeopleOverHTTP(t *testing.T) {
	t.Parallel()
	file, err := policy.Parse("p", []byte(aboutAda))
	if err != nil {
		t.Fatal(err)
	}
	g := New(Options{Name: "github", Policy: policy.New(policy.TargetOf("github", "", ""), file),
		Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }})
	t.Cleanup(g.Close)
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28"}`
	list := jsonrpc.MustParse([]byte(`{"jsonrpc":"2.0","id":1,"method":"tools/list","params":{` + meta + `}}`))
	seen := func(who policy.Person, answer string) string {
		f := g.ForRequest(t.Context(), Request{Person: who})
		if v := f.Begin(t.Context(), list); !v.Passes {
			t.Fatalf("%+v", v)
		}
		return string(f.Pass(jsonrpc.MustParse([]byte(answer))))
	}
	const tools = `{"jsonrpc":"2.0","id":1,"result":{"tools":[{"name":"delete_repo"}],"cacheScope":"public","ttlMs":1}}`
	if got := seen(policy.Person{Name: "ada", Groups: []string{"admins"}}, tools); got != strings.Replace(tools, "public", "private", 1) {
		t.Errorf("ada sees %s", got)
	}
	if got := seen(policy.Person{Name: "bob"}, tools); got != `{"jsonrpc":"2.0","id":1,"result":{"tools":[],"cacheScope":"private","ttlMs":1}}` {
		t.Errorf("bob sees %s", got)
	}
	if got := seen(policy.Person{Name: "bob"}, `{"jsonrpc":"2.0","id":1,"result":{"tools":[]}}`); !strings.Contains(got, `"cacheScope":"private"`) {
		t.Errorf("a list without a scope goes out as %s", got)
	}
	// The same user in another group.
	if got := seen(policy.Person{Name: "bob", Groups: []string{"admins"}}, tools); !strings.Contains(got, "delete_repo") {
		t.Errorf("bob as an admin sees %s", got)
	}
}

// TestCallsByArguments: what is ruled on a call depends on its arguments; what two readers
// read differently does not pass.
func TestCallsByArguments(t *testing.T) {
	t.Parallel()
	for arguments, passes := range map[string]bool{
		`{"path":"src/a"}`:                    true,
		`{"path":"etc/a"}`:                    false,
		`{"path":"src/../etc/a"}`:             false,
		`{}`:                                  false,
		`{"path":"src/a","Path":"etc/a"}`:     false,
		`{"path":"src/a","path":"etc/a"}`:     false,
		`{"path":"src/a","pa\u200bth":"etc"}`: false,
		`["src/a"]`:                           false,
	} {
		synctest.Test(t, func(t *testing.T) {
			th := openWith(t, aboutAda, Options{Name: "github", Log: slog.New(slog.DiscardHandler), Route: func() string { return "proxy" }, Who: ada})
			heard := th.say(fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"write_file","arguments":%s}}`, arguments))
			if sent := th.sent(); len(sent) == 1 != passes {
				t.Errorf("%s: heard %s, sent %s", arguments, heard, sent)
			}
		})
	}
}
