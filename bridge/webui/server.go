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
func (v *visit) show() {
	s, ok := v.server()
	if !ok {
		return
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), listWait)
	defer cancel()
	t, tools, err := v.open(ctx, s)
	defer t.end(ctx)
	page := view{Title: s.Name, Server: v.entryOf(s, t, err), Tools: tools, Setups: v.setups([]Server{s})}
	page.Trouble = page.Server.Trouble
	name := v.r.URL.Query().Get("tool")
	if name == "" || err != nil {
		v.render(http.StatusOK, "server", page)
		return
	}
	if page.Tool = find(tools, name); page.Tool == nil {
		v.noTool(page)
		return
	}
	page.Title, page.Form = page.Tool.Name, formOf(page.Tool)
	v.render(http.StatusOK, "tool", page)
}

// call calls a tool, once, and is its page with the answer on it.
func (v *visit) call() {
	s, ok := v.server()
	if !ok {
		return
	}
	if err := form(v.w, v.r, v.Gateway.MaxMessage); err != nil {
		v.render(http.StatusBadRequest, "refused", view{Title: s.Name, Trouble: &Trouble{Message: "The form cannot be read, or is too large."}})
		return
	}
	ctx, cancel := context.WithTimeout(v.r.Context(), callWait)
	defer cancel()
	t, tools, err := v.open(ctx, s)
	defer t.end(ctx)
	page := view{Title: s.Name, Server: v.entryOf(s, t, err), Tools: tools}
	if err != nil {
		page.Trouble = page.Server.Trouble
		v.render(http.StatusOK, "server", page)
		return
	}
	if page.Tool = find(tools, v.r.URL.Query().Get("tool")); page.Tool == nil {
		v.noTool(page)
		return
	}
	page.Title, page.Form = page.Tool.Name, formOf(page.Tool)
	arguments, ok := page.Form.read(v.r.PostForm)
	if !ok {
		v.render(http.StatusUnprocessableEntity, "tool", page)
		return
	}
	page.Answer, page.Trouble = v.result(ctx, t, page.Tool, arguments)
	v.render(http.StatusOK, "tool", page)
}

// server is the one that the address names; without one the answer is given.
func (v *visit) server() (Server, bool) {
	s, ok := v.servers[v.r.URL.Path[len("/tools"):]]
	if !ok {
		v.nothing(v.w, v.r)
	}
	return s, ok
}

func (v *visit) open(ctx context.Context, s Server) (*talk, []tool, error) {
	t, err := v.begin(ctx, s)
	if err != nil {
		return t, nil, err
	}
	tools, err := t.list(ctx)
	return t, tools, err
}

func find(tools []tool, name string) *tool {
	i := slices.IndexFunc(tools, func(t tool) bool { return t.Name == name })
	if i < 0 {
		return nil
	}
	return &tools[i]
}

func (v *visit) noTool(page view) {
	page.Trouble = &Trouble{Message: "The server lists no tool of that name for you.", Hint: "It may be gone, or a policy may hide it."}
	v.render(http.StatusNotFound, "server", page)
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
func (v *visit) result(ctx context.Context, t *talk, called *tool, arguments []byte) (*Answer, *Trouble) {
	name, err := json.Marshal(called.Name)
	if err != nil {
		return nil, v.troubleOf(err, v.caller.Name)
	}
	began := time.Now()
	response, err := t.ask(ctx, "tools/call", fmt.Appendf(nil, `{"name":%s,"arguments":%s}`, name, arguments), called.InputSchema)
	took := short(time.Since(began))
	if r, ok := errors.AsType[*refused](err); ok {
		raw, _ := cut(indented(r.response.Raw))
		return &Answer{Raw: raw, Took: took}, v.troubleOf(err, v.caller.Name)
	}
	if err != nil {
		trouble := v.troubleOf(err, v.caller.Name)
		if isLate(err) {
			t.cancel(ctx)
			trouble.Message = "No answer within " + short(callWait) + "."
		}
		if _, own := errors.AsType[*refusal.Error](err); !own {
			trouble.Hint = "The call may have run: check before you repeat it."
		}
		return nil, trouble
	}
	answer := answerOf(response.Raw, response.Result)
	answer.Took = took
	return answer, nil
}

// isLate reports whether nobody waits any longer.
func isLate(err error) bool {
	return errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled)
}
