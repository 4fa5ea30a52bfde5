package govern

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/sharedfile/sharedfiletest"
)

// pinned opens a gate whose pins are in dir, as another process would.
func openPinned(t *testing.T, rules, dir string, log *bytes.Buffer) *gateHarness {
	t.Helper()
	logger := slog.New(slog.NewTextHandler(log, nil))
	place := func(context.Context) (string, error) { return "github at a.test", nil }
	return openWith(t, rules, Options{Name: "github", Log: logger, Route: func() string { return "proxy" }, Pins: pins.New(dir, place, logger), Who: ada})
}

func ada(context.Context) (policy.Person, error) {
	return policy.Person{Name: "ada@a.test", Groups: []string{"users", "admins"}}, nil
}

func (th *gateHarness) list(method, member, entries string) string {
	th.t.Helper()
	raw := fmt.Sprintf(`{"jsonrpc":"2.0","id":1,"method":"%s"}`, method)
	th.say(raw)
	th.gate.Emit(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":1,"result":{"%s":[%s]}}`, member, entries))
	th.sent()
	return th.last()
}

func TestPins(t *testing.T) {
	t.Parallel()
	const first = `{"name":"a","description":"reads","inputSchema":{"type":"object","required":["x"]},"_meta":{"v":1}}`
	for name, tt := range map[string]struct {
		then  string
		shown bool
	}{
		"the same":                        {first, true},
		"another spelling":                {`{"description":"r\u0065ads","inputSchema":{"required":["x"],"type":"object"},"name":"a","_meta":{ "v":1.0}}`, true},
		"a hint of a vendor":              {strings.Replace(first, `{"v":1}`, `{"v":2}`, 1), false},
		"an icon":                         {strings.Replace(first, `"name"`, `"icons":[{"src":"https://a.test/x.png"}],"name"`, 1), false},
		"what is not known":               {strings.Replace(first, `"name"`, `"vendor":1,"name"`, 1), false},
		"a twin that shows no difference": {first + "," + strings.Replace(first, `"a"`, `"a\u200b"`, 1), true},
		"another description":             {`{"name":"a","description":"Reads","inputSchema":{"type":"object","required":["x"]}}`, false},
		"another schema":                  {`{"name":"a","description":"reads","inputSchema":{"type":"object","required":["y"]}}`, false},
		"an annotation":                   {`{"name":"a","description":"reads","inputSchema":{"type":"object","required":["x"]},"annotations":{"readOnlyHint":true}}`, false},
		"two descriptions":                {`{"name":"a","description":"reads","description":"reads","inputSchema":{"type":"object","required":["x"]}}`, false},
		"two deep down":                   {`{"name":"a","description":"reads","inputSchema":{"type":"object","required":["x"],"type":"object"}}`, false},
		"two tools":                       {first + "," + first, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			var said bytes.Buffer
			if heard := openPinned(t, "pins: enforce", dir, &said).list("tools/list", "tools", first); !strings.Contains(heard, first) || said.Len() > 0 {
				t.Fatalf("heard %s, said %s", heard, &said)
			}
			later := openPinned(t, "pins: enforce", dir, &said)
			if heard := later.list("tools/list", "tools", tt.then); strings.Contains(heard, `"name":"a"`) != tt.shown {
				t.Errorf("heard %s", heard)
			}
			later.say(call(2, "a"))
			if sent := later.sent(); (len(sent) == 1) != tt.shown {
				t.Errorf("sent %v", sent)
			}
			warned := openPinned(t, "pins: warn", dir, &said)
			if heard := warned.list("tools/list", "tools", tt.then); name != "two descriptions" && name != "two tools" && !strings.Contains(heard, `"name":"a"`) {
				t.Errorf("with a warning alone, heard %s", heard)
			}
		})
	}
}

func TestApproval(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said bytes.Buffer
	openPinned(t, "pins: enforce", dir, &said).list("prompts/list", "prompts", `{"name":"p","description":"one"}`)
	th := openPinned(t, "pins: enforce", dir, &said)
	if heard := th.list("prompts/list", "prompts", `{"name":"p","description":"two\u202e"},{"name":"q"}`); !strings.HasSuffix(heard, `"prompts":[{"name":"q"}]}}`) {
		t.Errorf("heard %s", heard)
	}
	const get = `{"jsonrpc":"2.0","id":2,"method":"prompts/get","params":{"name":"p"}}`
	if heard := th.say(get); th.sent() != nil || !strings.Contains(heard[0], "nobody has approved") {
		t.Errorf("heard %v", heard)
	}
	for _, want := range []string{`what="prompt p"`, "U+202E", "has changed since it was first seen"} {
		if !strings.Contains(said.String(), want) || strings.Contains(said.String(), "two") {
			t.Errorf("%q is not in what was said, or the text is:\n%s", want, &said)
		}
	}
	person := pins.New(dir, func(context.Context) (string, error) { return "github at a.test", nil }, slog.New(slog.DiscardHandler))
	waiting, err := person.Waiting()
	if err != nil || len(waiting) != 1 {
		t.Fatalf("waiting %v, %v", waiting, err)
	}
	if diff := cmp.Diff("description: \"two<U+202E>\"\nname: \"p\"\n", waiting["prompt p"][1].Definition.Lines()); diff != "" {
		t.Errorf("(-want +shown):\n%s", diff)
	}
	if ok, err := person.Approve("prompt p", "of another"); ok || err != nil {
		t.Errorf("approved what was not seen: %v, %v", ok, err)
	}
	if ok, err := person.Approve("prompt p", waiting["prompt p"][1].Hash); !ok || err != nil {
		t.Errorf("not approved: %v, %v", ok, err)
	}
	if th.say(get); len(th.sent()) != 1 {
		t.Error("a gate that is open does not notice the approval")
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*.json"))
	sharedfiletest.OnlyOwner(t, files[0])
	// Pins that cannot be read approve of nothing.
	if err := os.WriteFile(files[0], []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if heard := openPinned(t, "pins: enforce", dir, &said).list("prompts/list", "prompts", `{"name":"q"}`); !strings.HasSuffix(heard, `"prompts":[]}}`) {
		t.Errorf("heard %s", heard)
	}
	lost := pins.New(dir, func(context.Context) (string, error) { return "", errors.New("offline") }, slog.New(slog.DiscardHandler))
	if changed := lost.Check("tools/list", []byte(`[{"name":"a"}]`)); !changed["tool a"] {
		t.Error("pins of no place approve")
	}
}

// TestApprovalIsTold: a client whose list lacks what has changed is told when a person, in
// another process, has approved it; once, and not of what only warns.
func TestApprovalIsTold(t *testing.T) {
	t.Parallel()
	for mode, want := range map[string]int{"enforce": 1, "warn": 0} {
		dir := t.TempDir()
		place := func(context.Context) (string, error) { return "github at a.test", nil }
		log := slog.New(slog.DiscardHandler)
		synctest.Test(t, func(t *testing.T) {
			sources, target := policy.Sources{Managed: policy.ManagedAt("", "")}, policy.TargetOf("github", "", "")
			th := openWith(t, "pins: "+mode, Options{Name: "github", Log: log, Route: func() string { return "proxy" }, Pins: pins.New(dir, place, log), Watch: sources.Watch(target)})
			th.list("tools/list", "tools", `{"name":"a","description":"one"}`)
			th.list("tools/list", "tools", `{"name":"a","description":"two"}`)
			person := pins.New(dir, place, log)
			waiting, err := person.Waiting()
			if err != nil || len(waiting) != 1 {
				t.Fatalf("waiting %v, %v", waiting, err)
			}
			told := func() int {
				time.Sleep(3 * watchInterval)
				synctest.Wait()
				return strings.Count(strings.Join(th.heard, "\n"), "notifications/tools/list_changed")
			}
			if n := told(); n != 0 {
				t.Errorf("%s: told %d times before the approval", mode, n)
			}
			if ok, err := person.Approve("tool a", waiting["tool a"][1].Hash); !ok || err != nil {
				t.Fatalf("not approved: %v, %v", ok, err)
			}
			if n := told(); n != want {
				t.Errorf("%s: told %d times", mode, n)
			}
		})
	}
}

// TestPinsThatCannotBeWritten: what cannot be remembered would be new for ever.
func TestPinsThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "pins")
	if err := os.WriteFile(dir, nil, 0o600); err != nil { // a file where a folder is needed
		t.Fatal(err)
	}
	var said bytes.Buffer
	fresh := openPinned(t, "pins: enforce", dir, &said)
	for range 2 {
		if heard := fresh.list("tools/list", "tools", `{"name":"a"},{"name":"b"}`); !strings.HasSuffix(heard, `"tools":[]}}`) {
			t.Errorf("heard %s", heard)
		}
	}
	if fresh.say(call(2, "b")); fresh.sent() != nil {
		t.Error("a tool that cannot be remembered is called")
	}
	if heard := openPinned(t, "pins: warn", dir, &said).list("tools/list", "tools", `{"name":"b"}`); !strings.Contains(heard, `"name":"b"`) {
		t.Errorf("with a warning alone, heard %s", heard)
	}
}

// TestEverythingIsPinned: what a server says of itself, its resources and their templates,
// too.
func TestEverythingIsPinned(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var said bytes.Buffer
	const first, later = `"description":"one"`, `"description":"two"`
	listed := func(th *gateHarness, method, member, key, words string) string {
		return th.list(method, member, `{"`+key+`":"x:1","name":"n","size":`+fmt.Sprint(len(words))+`,`+words+`}`)
	}
	hello := func(th *gateHarness, instructions string) string {
		th.say(initialize(`{}`))
		th.gate.Emit([]byte(`{"jsonrpc":"2.0","id":"hello","result":{"protocolVersion":"2025-06-18",` + instructions + `"capabilities":{}}}`))
		th.sent()
		return th.last()
	}
	a := openPinned(t, "pins: enforce", dir, &said)
	if heard := hello(a, `"instructions":"be kind",`); !strings.Contains(heard, "be kind") {
		t.Errorf("heard %s", heard)
	}
	listed(a, "resources/list", "resources", "uri", first)
	listed(a, "resources/templates/list", "resourceTemplates", "uriTemplate", first)
	b := openPinned(t, "pins: enforce", dir, &said)
	for _, words := range []string{`"instructions":"be cruel",`, `"instructions":"be kind","Instructions":"be cruel",`} {
		if heard := hello(b, words); strings.Contains(heard, "cruel") || !strings.Contains(heard, `"capabilities":{}`) {
			t.Errorf("heard %s", heard)
		}
	}
	if heard := hello(b, `"instructions":"be k\u0069nd",`); !strings.Contains(heard, "be k") {
		t.Errorf("heard %s", heard)
	}
	if heard := listed(b, "resources/list", "resources", "uri", first+`,"annotations":{"lastModified":"now"}`); !strings.Contains(heard, "x:1") {
		t.Errorf("heard %s", heard)
	}
	if heard := listed(b, "resources/list", "resources", "uri", later); strings.Contains(heard, "x:1") {
		t.Errorf("heard %s", heard)
	}
	if heard := listed(b, "resources/templates/list", "resourceTemplates", "uriTemplate", later); strings.Contains(heard, "x:1") {
		t.Errorf("heard %s", heard)
	}
	if heard := b.say(`{"jsonrpc":"2.0","id":7,"method":"resources/read","params":{"uri":"x:1"}}`); b.sent() != nil || len(heard) != 1 {
		t.Errorf("heard %v", heard)
	}
}
