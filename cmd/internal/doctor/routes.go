package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/streamable"
	"ucbridge/bridge/unity"
	"ucbridge/config"
)

// answer is what became of a message by one route.
type answer struct {
	Route string `json:"route,omitempty"` // to a connection; other targets have one
	// Answered tells that the MCP server did, whatever it said.
	Answered bool   `json:"answered"`
	Reason   string `json:"reason,omitempty"`
	Problem  string `json:"problem,omitempty"`
	err      error
}

// knock sends one message by every route to the target, side by side.
func (e *Exam) knock(ctx context.Context) {
	e.knocking.Do(func() {
		defer func(began time.Time) { e.knocked = time.Since(began) }(time.Now())
		targets := []unity.Target{e.Target}
		if e.Target.Connection != "" {
			targets = nil
			for _, route := range config.Routes[1:] { // all but auto
				t := e.Target
				t.Route = route
				targets = append(targets, t)
			}
		}
		e.answers = make([]answer, len(targets))
		var all sync.WaitGroup
		for i, t := range targets {
			all.Go(func() {
				timed, cancel := context.WithTimeout(ctx, e.Config.ConnectTimeout.Value)
				defer cancel()
				var a answer
				if t.Connection != "" {
					a.Route = t.Route
				}
				if a.err = e.greet(timed, t); a.err != nil {
					f := fault(a.err)
					a.Reason, a.Problem = reason(a.err), f.Detail
				}
				a.Answered = a.err == nil
				e.answers[i] = a
			})
		}
		all.Wait()
	})
}

// letIn reports whether Databricks carried a message to the server.
func (e *Exam) letIn() bool {
	for _, a := range e.answers {
		if a.Answered || reason(a.err) == "upstream_unreachable" {
			return true
		}
	}
	return false
}

// hello is an initialize of the oldest revision with Streamable HTTP that servers
// still speak: any answer to it will do, a refusal too.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"ucbridge-doctor","version":%q}}}`

// greet begins a session at the server and ends it.
func (e *Exam) greet(ctx context.Context, t unity.Target) error {
	road, err := e.Workspace.Road(t)
	if err != nil {
		return err
	}
	c := &streamable.Client{URL: road.URL(), RoundTripper: road, MaxMessage: e.Config.MaxMessage.Value}
	got, err := c.Send(ctx, streamable.Post{Body: fmt.Appendf(nil, hello, e.Version)})
	if err != nil {
		return err
	}
	defer got.Close()
	for m, err := range got.Messages() {
		if err != nil {
			return err
		}
		if m.ID == nil { // a notification before the answer
			continue
		}
		if got.Session != "" {
			_ = c.Delete(ctx, streamable.Conversation{Session: got.Session, Version: jsonrpc.Text(m.Result, "protocolVersion")})
		}
		return nil
	}
	return errors.New("the server accepted the message and gave no answer")
}

// routes tells by which routes the server answers.
func (e *Exam) routes(ctx context.Context) Finding {
	e.knock(ctx)
	var answered, silent []string
	var wanted *answer
	for i, a := range e.answers {
		fits := a.Route == "" || a.Route == e.Target.Route || e.Target.Route == "auto" && a.Route != "mcp-external"
		if a.Answered {
			answered = append(answered, a.Route)
		} else {
			silent = append(silent, a.Route)
		}
		if fits && (wanted == nil || a.Answered && !wanted.Answered) {
			wanted = &e.answers[i]
		}
	}
	if !wanted.Answered {
		f := fault(wanted.err).withData(e.answers)
		if errors.Is(wanted.err, context.DeadlineExceeded) && reason(wanted.err) == "" {
			f.Detail = fmt.Sprintf("no answer within %s", inWords(e.Config.ConnectTimeout.Value))
			f.Hint = "see whether the server behind is up; a slow one may need --connect-timeout 30s"
		}
		f.Hint = e.addressed(f.Hint)
		if other := strings.Join(answered, ", "); other != "" {
			f.Hint = "take another: --route " + answered[0]
		}
		if wanted.Route != "" {
			f.Detail = wanted.Route + ": " + f.Detail
		}
		return f
	}
	detail := cmp.Or(strings.Join(answered, ", "), "the server") + " answered"
	if len(silent) > 0 {
		detail += ", not " + strings.Join(silent, ", ")
	}
	detail += ", in " + inWords(e.knocked)
	if e.Target.Route == "auto" && unity.Remembered(e.Config.CacheDir.Value, e.Workspace.Describe().Host, e.Target.Connection) {
		detail += "; stdio takes external-function for a day, having found no proxy"
	}
	return ok("%s", detail).withData(e.answers)
}
