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

// routes is what became of a message by each route to the target.
type routes struct {
	opts      Options
	workspace *workspace

	knocking sync.Once
	answers  []answer
	knocked  time.Duration // how long they took together
}

// knock sends one message by every route to the target, side by side.
func (r *routes) knock(ctx context.Context) {
	r.knocking.Do(func() {
		defer func(began time.Time) { r.knocked = time.Since(began) }(time.Now())
		targets := []databricks.Target{r.opts.Target}
		if r.opts.Target.Connection != "" {
			targets = nil
			for _, one := range route.Routes {
				if one.Choice && one.Tries == nil {
					t := r.opts.Target
					t.Route = string(one.Name)
					targets = append(targets, t)
				}
			}
		}
		r.answers = make([]answer, len(targets))
		var all sync.WaitGroup
		for i, t := range targets {
			all.Go(func() { r.answers[i] = r.try(ctx, t) })
		}
		all.Wait()
	})
}

// address tells whether the target is on a host that gets a token.
func (r *routes) address(context.Context) Finding {
	if err := r.workspace.client.Admits(r.opts.Target); err != nil {
		return fault(err)
	}
	return ok("%s is a path of the workspace, or an App", refusal.Quote(r.opts.Target.URL))
}

// try sends one message, and waits for the answer as long as initialize does.
func (r *routes) try(ctx context.Context, t databricks.Target) answer {
	limit := r.opts.Config.ConnectTimeout.Value
	timed, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	var a answer
	if t.Connection != "" {
		a.Route = t.Route
	}
	a.err = r.greet(timed, t)
	if errors.Is(a.err, context.DeadlineExceeded) && reason(a.err) == "" {
		a.err = refusal.New(refusal.ConnectTimeout, "no answer within %s", inWords(limit)).
			WithHint("check whether the server is up; a slow one may need --connect-timeout 30s")
	}
	if a.Answered = a.err == nil; !a.Answered {
		a.Reason, a.Problem = reason(a.err), fault(a.err).Detail
	}
	return a
}

// letIn reports whether Databricks carried a message to the server.
func (r *routes) letIn() bool {
	return slices.ContainsFunc(r.answers, func(a answer) bool {
		switch reason(a.err) {
		case refusal.UpstreamUnreachable, refusal.UpstreamUnauthorized, refusal.UpstreamNotFound, refusal.UpstreamError:
			return true
		}
		return a.Answered
	})
}

// hello is the initialize of a revision that most servers speak; any answer to it
// will do, a refusal too.
const hello = `{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"ucbridge-doctor","version":%q}}`

// greet begins a session at the server and ends it.
func (r *routes) greet(ctx context.Context, t databricks.Target) error {
	transport, err := r.workspace.client.Transport(t)
	if err != nil {
		return err
	}
	c := &streamable.Client{URL: transport.URL(), RoundTripper: transport, MaxMessage: r.opts.Config.MaxMessage.Value}
	request, err := streamable.NewRequest(jsonrpc.ID("1"), "initialize", fmt.Appendf(nil, hello, r.opts.Version))
	if err != nil {
		return err
	}
	reply, err := c.Call(ctx, streamable.Conversation{}, request, nil)
	status, refused := errors.AsType[*streamable.StatusError](err)
	switch {
	case refused && status.Refusal != nil:
		return status.Refusal
	case err != nil:
		return err
	case reply.Session != "":
		_ = c.Delete(ctx, streamable.Conversation{Session: reply.Session, Version: jsonrpc.Text(reply.Result, "protocolVersion")})
	}
	return nil
}

// check tells by which routes the server answers.
func (r *routes) check(ctx context.Context) Finding {
	r.knock(ctx)
	var answered, silent []string
	for _, a := range r.answers {
		if a.Answered {
			answered = append(answered, a.Route)
		} else {
			silent = append(silent, a.Route)
		}
	}
	taken := r.taken()
	if !taken.Answered {
		f := fault(taken.err).withData(r.answers)
		f.Hint = refusal.ForUser(f.Hint, r.workspace.me)
		if taken.Route != "" {
			f.Detail = taken.Route + ": " + f.Detail
		}
		if len(answered) > 0 {
			f.Hint = "use another route: --route " + answered[0]
		}
		return f
	}
	detail := cmp.Or(strings.Join(answered, ", "), "the server") + " answered"
	if len(silent) > 0 {
		detail += ", not " + strings.Join(silent, ", ")
	}
	detail += ", in " + inWords(r.knocked)
	if len(r.answers) > 1 {
		detail += "; ucbridge uses " + taken.Route
	}
	if r.opts.Target.Route == string(route.Auto) && databricks.Remembered(r.opts.Config.CacheDir.Value, r.workspace.client.Describe().Host, r.opts.Target.Connection) {
		detail += "; stdio takes external-function for a day, having found no proxy"
	}
	return ok("%s", detail).withData(r.answers)
}

// taken is what became of the message by the route that stdio takes: of several
// to try, by the first that the workspace has.
func (r *routes) taken() answer {
	if r.opts.Target.Connection == "" {
		return r.answers[0]
	}
	tries := route.Of(route.Name(r.opts.Target.Route)).Tries
	if tries == nil {
		tries = []route.Name{route.Name(r.opts.Target.Route)}
	}
	var last answer
	for _, name := range tries {
		i := slices.IndexFunc(r.answers, func(a answer) bool { return a.Route == string(name) })
		if last = r.answers[i]; reason(last.err) != refusal.EndpointNotFound {
			break
		}
	}
	return last
}
