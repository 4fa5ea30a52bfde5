package webui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// Form is the form that calls a tool.
type Form struct {
	Fields []Field
	// Whole holds all arguments as JSON, where they were entered AsWhole;
	// WholeFault is what is wrong with it.
	AsWhole           bool
	Whole, WholeFault string
	// Input and Output are the tool's schemas, indented.
	Input, Output string
}

// show is the page of a server, or of one of its tools.
func (q *request) show() {
	s, ok := q.server()
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(q.r.Context(), listTimeout)
	defer cancel()
	c, tools, err := q.open(ctx, s)
	defer c.end(ctx)
	page := view{Title: s.Name, Server: q.entryOf(s, c, err), Tools: tools, Setups: q.setups([]Server{s})}
	page.Problem = page.Server.Problem
	page.LoggedIn = err == nil && q.loggedIn(ctx, s)
	name := q.r.URL.Query().Get("tool")
	if name == "" || err != nil {
		q.render(http.StatusOK, serverPage, page)
		return
	}
	if page.Tool = find(tools, name); page.Tool == nil {
		q.noTool(page)
		return
	}
	page.Title, page.Form = page.Tool.Name, formOf(page.Tool)
	q.render(http.StatusOK, toolPage, page)
}

// call calls a tool, once, and is its page with the answer on it.
func (q *request) call() {
	s, ok := q.server()
	if !ok {
		return
	}
	if err := form(q.w, q.r, q.page.opts.MaxMessage); err != nil {
		q.render(http.StatusBadRequest, refusedPage, view{Title: s.Name, Problem: &Problem{Message: "The form cannot be read, or is too large."}})
		return
	}
	ctx, cancel := context.WithTimeout(q.r.Context(), callTimeout)
	defer cancel()
	c, tools, err := q.open(ctx, s)
	defer c.end(ctx)
	page := view{Title: s.Name, Server: q.entryOf(s, c, err), Tools: tools}
	if err != nil {
		page.Problem = page.Server.Problem
		q.render(http.StatusOK, serverPage, page)
		return
	}
	if page.Tool = find(tools, q.r.URL.Query().Get("tool")); page.Tool == nil {
		q.noTool(page)
		return
	}
	page.Title, page.Form = page.Tool.Name, formOf(page.Tool)
	arguments, ok := page.Form.read(q.r.PostForm)
	if !ok {
		q.render(http.StatusUnprocessableEntity, toolPage, page)
		return
	}
	page.Answer, page.Problem = q.result(ctx, c, page.Tool, arguments)
	q.render(http.StatusOK, toolPage, page)
}

// server is the one that the address names; without one the answer is given.
func (q *request) server() (Server, bool) {
	s, ok := q.page.servers[q.r.URL.Path[len("/tools"):]]
	if !ok {
		q.page.notFound(q.w, q.r)
	}
	return s, ok
}

func (q *request) open(ctx context.Context, s Server) (*mcpClient, []tool, error) {
	c, err := q.connect(ctx, s)
	if err != nil {
		return c, nil, err
	}
	tools, err := c.listTools(ctx)
	return c, tools, err
}

func find(tools []tool, name string) *tool {
	i := slices.IndexFunc(tools, func(t tool) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &tools[i]
}

func (q *request) noTool(page view) {
	page.Problem = &Problem{Message: "The server lists no tool of that name for you.", Hint: "It may be gone, or a policy may hide it."}
	q.render(http.StatusNotFound, serverPage, page)
}

func formOf(t *tool) *Form {
	f := &Form{Fields: fieldsOf(t.InputSchema), Input: indented(t.InputSchema)}
	if t.OutputSchema != nil {
		f.Output = indented(t.OutputSchema)
	}
	return f
}

// read takes what was entered, in either of the two ways.
func (f *Form) read(entered url.Values) (arguments []byte, ok bool) {
	if !entered.Has(wholeName) {
		return read(f.Fields, entered)
	}
	f.AsWhole, f.Whole = true, entered.Get(wholeName)
	arguments, f.WholeFault = readWhole(f.Whole)
	return arguments, f.WholeFault == ""
}

// result calls the tool.
func (q *request) result(ctx context.Context, c *mcpClient, called *tool, arguments []byte) (*Answer, *Problem) {
	name, err := json.Marshal(called.Name)
	if err != nil {
		return nil, q.page.problemOf(err, q.caller.Name)
	}
	began := time.Now()
	response, err := c.call(ctx, mcp.CallTool, fmt.Appendf(nil, `{"name":%s,"arguments":%s}`, name, arguments))
	took := short(time.Since(began))
	if r, ok := errors.AsType[*refused](err); ok {
		raw, _ := cut(indented(r.response.Raw))
		return &Answer{Raw: raw, Took: took}, q.page.problemOf(err, q.caller.Name)
	}
	if err != nil {
		problem := q.page.problemOf(err, q.caller.Name)
		if isLate(err) {
			c.cancel(ctx)
			problem.Message = "No answer within " + short(callTimeout) + "."
		}
		if _, own := errors.AsType[*refusal.Error](err); !own {
			problem.Hint = "The call may have run: check before you repeat it."
		}
		return nil, problem
	}
	answer := answerOf(response.Raw, response.Result)
	answer.Took = took
	return answer, nil
}

// isLate reports whether nobody waits any longer.
func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
