package doctor

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/streamable"
	"ucbridge/config/route"
)

// answer is what became of a message by one route.
type answer struct {
	Route string `json:"route,omitempty"` // to a connection; other targets have one
	// Answered tells that the MCP server did, whatever it said.
	Answered bool           `json:"answered"`
	Reason   refusal.Reason `json:"reason,omitempty"`
	Problem  string         `json:"problem,omitempty"`
	err      error
}

// knock sends one message by every route to the target, side by side.
func (e *Exam) knock(ctx context.Context) {
	e.knocking.Do(func() {
		defer func(began time.Time) { e.knocked = time.Since(began) }(time.Now())
		targets := []databricks.Target{e.Target}
		if e.Target.Connection != "" {
			targets = nil
			for _, r := range route.Routes {
				if r.Choice && r.Tries == nil {
					t := e.Target
					t.Route = string(r.Name)
					targets = append(targets, t)
				}
			}
		}
		e.answers = make([]answer, len(targets))
		var all sync.WaitGroup
		for i, t := range targets {
			all.Go(func() { e.answers[i] = e.try(ctx, t) })
		}
		all.Wait()
	})
}

// try sends one message, and waits for the answer as long as initialize does.
func (e *Exam) try(ctx context.Context, t databricks.Target) answer {
	limit := e.Config.ConnectTimeout.Value
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var a answer
	if t.Connection != "" {
		a.Route = t.Route
	}
	a.err = e.greet(timed, t)
	if errors.Is(a.err, context.DeadlineExceeded) && reason(a.err) == "" {
		a.err = refusal.New(refusal.ConnectTimeout, "no answer within %s", inWords(limit)).
			WithHint("see whether the server behind is up; a slow one may need --connect-timeout 30s")
	}
	if a.Answered = a.err == nil; !a.Answered {
		a.Reason, a.Problem = reason(a.err), fault(a.err).Detail
	}
	return a
}

// letIn reports whether Databricks carried a message to the server.
func (e *Exam) letIn() bool {
	for _, a := range e.answers {
		if a.Answered || reason(a.err) == refusal.UpstreamUnreachable {
			return true
		}
	}
	return false
}

// hello is an initialize of a revision that most servers speak; any answer to it
// will do, a refusal too.
const hello = `{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"ucbridge-doctor","version":%q}}}`

// greet begins a session at the server and ends it.
func (e *Exam) greet(ctx context.Context, t databricks.Target) error {
	transport, err := e.Workspace.Transport(t)
	if err != nil {
		return err
	}
	c := &streamable.Client{URL: transport.URL(), RoundTripper: transport, MaxMessage: e.Config.MaxMessage.Value}
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
	for _, a := range e.answers {
		if a.Answered {
			answered = append(answered, a.Route)
		} else {
			silent = append(silent, a.Route)
		}
	}
	taken := e.taken()
	if !taken.Answered {
		f := fault(taken.err).withData(e.answers)
		f.Hint = e.addressed(f.Hint)
		if taken.Route != "" {
			f.Detail = taken.Route + ": " + f.Detail
		}
		if len(answered) > 0 {
			f.Hint = "take another: --route " + answered[0]
		}
		return f
	}
	detail := cmp.Or(strings.Join(answered, ", "), "the server") + " answered"
	if len(silent) > 0 {
		detail += ", not " + strings.Join(silent, ", ")
	}
	detail += ", in " + inWords(e.knocked)
	if e.Target.Route == string(route.Auto) && databricks.Remembered(e.Config.CacheDir.Value, e.Workspace.Describe().Host, e.Target.Connection) {
		detail += "; stdio takes external-function for a day, having found no proxy"
	}
	return ok("%s", detail).withData(e.answers)
}

// taken is what became of the message by the route that stdio takes: of several
// to try, by the first that the workspace has.
func (e *Exam) taken() answer {
	if e.Target.Connection == "" {
		return e.answers[0]
	}
	tries := route.Of(route.Name(e.Target.Route)).Tries
	if tries == nil {
		tries = []route.Name{route.Name(e.Target.Route)}
	}
	var last answer
	for _, name := range tries {
		i := slices.IndexFunc(e.answers, func(a answer) bool { return a.Route == string(name) })
		if last = e.answers[i]; reason(last.err) != refusal.EndpointNotFound {
			break
		}
	}
	return last
}
