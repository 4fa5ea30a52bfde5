package bridge

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"log/slog"

	"ucbridge/bridge/govern"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/record"
	"ucbridge/bridge/streamable"
)

// Outcome is what a policy would have done to one message of a recorded session.
type Outcome struct {
	Line    int    // of the record
	From    string // record.Client or record.Server
	What    string // "tools/call create_issue", "answer to tools/list"
	Denied  bool
	Changed bool   // it passes as something else
	Why     string // "" where it passes as it is
}

// Trial says message by message what a policy would have done to a session of a person.
// The server is asked nothing: what it listed then is what counts, and what pins would
// remember begins with it. Nothing is written to an audit log. pinDir is a folder for the
// time of the trial.
func Trial(ctx context.Context, p *policy.Policy, person policy.Person, s record.Session, pinDir string) iter.Seq[Outcome] {
	tried := *p
	tried.Audits = nil
	log := slog.New(slog.DiscardHandler)
	return func(yield func(Outcome) bool) {
		g := govern.New(govern.Options{
			Name: s.Target, Policy: &tried, Log: log, Route: func() string { return "" },
			Pins: pins.New(pinDir, func(context.Context) (string, error) { return "record", nil }, log),
		})
		defer g.Close()
		t := &trial{asked: make(map[string]string), gone: make(map[string]bool), player: record.NewPlayer(s)}
		t.filter = g.ForRequest(ctx, govern.Request{Person: person, Asker: t, Approver: t})
		for _, l := range s.Lines {
			of := t.hear
			if l.From == record.Server {
				of = t.say
			}
			o, ok := of(ctx, l.Message)
			o.Line, o.From = l.Number, l.From
			if ok && !yield(o) {
				return
			}
		}
	}
}

// trial is a session while a policy is tried on it.
type trial struct {
	filter *govern.Filter
	player *record.Player
	asked  map[string]string // what each open request was, by id
	gone   map[string]bool   // requests that were denied
	agrees bool              // the user had to agree to the call
}

// hear rules on a message of the client.
func (t *trial) hear(ctx context.Context, m jsonrpc.Message) (Outcome, bool) {
	o := Outcome{What: named(m)}
	if m.Method == "" && m.Batch == nil {
		o.What = "answer of the client"
	}
	t.agrees = false
	v := t.filter.Begin(ctx, m)
	switch {
	case !v.Passes:
		o.Denied, o.Why = true, said(v.Answer)
		for _, r := range mcp.Requests(m) {
			t.gone[string(r.ID)] = true
		}
		return o, true
	case t.agrees:
		o.Why = "if the user agrees"
	case !bytes.Equal(v.Forward.Raw, m.Raw):
		o.Changed, o.Why = true, "secrets masked"
	}
	for _, r := range mcp.Requests(m) {
		t.asked[string(r.ID)] = named(r)
	}
	return o, true
}

// say shows a message of the server. The answer to what was denied is none.
func (t *trial) say(_ context.Context, m jsonrpc.Message) (Outcome, bool) {
	o := Outcome{What: named(m)}
	if m.IsResponse() {
		if t.gone[string(m.ID)] {
			return o, false
		}
		o.What = "answer to " + t.asked[string(m.ID)]
	}
	out := t.filter.Pass(m)
	switch {
	case out == nil:
		o.Denied, o.Why = true, "not shown"
	case !bytes.Equal(out, m.Raw):
		o.Changed, o.Why = true, difference(m, out)
	}
	return o, true
}

// difference says how a message was changed.
func difference(m jsonrpc.Message, out []byte) string {
	for _, list := range []string{"tools", "prompts", "resources", "resourceTemplates"} {
		before := jsonrpc.Elements(jsonrpc.Value(m.Result, list))
		after := jsonrpc.Elements(jsonrpc.Value(out, "result", list))
		if hidden := len(before) - len(after); len(before) > 0 && hidden > 0 {
			return fmt.Sprintf("%d of %d %s hidden", hidden, len(before), list)
		}
	}
	if m.Error == nil && jsonrpc.Value(out, "error") != nil {
		return said(out)
	}
	return "secrets masked, or cut"
}

// said is what an answer says in words.
func said(answer []byte) string {
	if text := jsonrpc.Text(answer, "error", "message"); text != "" {
		return text
	}
	if content := jsonrpc.Elements(jsonrpc.Value(answer, "result", "content")); len(content) > 0 {
		return jsonrpc.Text(content[0], "text")
	}
	return "denied"
}

// named is a message as people call it.
func named(m jsonrpc.Message) string {
	if m.Batch != nil {
		return fmt.Sprintf("%d messages at once", len(m.Batch))
	}
	for _, name := range []string{"name", "uri"} {
		if text := jsonrpc.Text(m.Params, name); text != "" {
			return m.Method + " " + text
		}
	}
	return m.Method
}

// Ask implements [govern.Asker]: with what was recorded.
func (t *trial) Ask(_ context.Context, method string, params []byte) (jsonrpc.Message, error) {
	question, err := streamable.NewRequest(jsonrpc.ID(`"trial"`), method, params)
	if err != nil {
		return jsonrpc.Message{}, err
	}
	answers := t.player.Handle(question)
	if len(answers) == 0 {
		return jsonrpc.Message{}, errors.New("the record has no answer")
	}
	return jsonrpc.Parse(answers[len(answers)-1])
}

// Approved implements [govern.Approver]: the user agrees, and that they had to is said.
func (t *trial) Approved(context.Context, []byte) bool {
	t.agrees = true
	return true
}

// Await implements [govern.Approver].
func (t *trial) Await(govern.Waiting) string { return "" }
