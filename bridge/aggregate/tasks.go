package aggregate

import (
	"bytes"
	"context"
	"fmt"
	"sync"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// maxTasks bounds how many tasks are remembered.
const maxTasks = 10_000

// taskOwners knows which server a task belongs to (2025-11-25, Tasks; 2026-07-28,
// extension io.modelcontextprotocol/tasks). A task keeps its id, unless another server
// has a task of the same: then the later one's id carries its server's name. The zero
// taskOwners is ready for use.
type taskOwners struct {
	mu     sync.Mutex
	owners map[string]target // by the id that the client knows; name is the server's
	known  map[target]string // the other way round
}

// note returns the id by which the client knows a task.
func (t *taskOwners) note(from *member, id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.owners == nil || len(t.owners) >= maxTasks {
		t.owners, t.known = make(map[string]target), make(map[target]string)
	}
	own := target{from, id}
	if known, ok := t.known[own]; ok {
		return known
	}
	known := id
	if _, taken := t.owners[known]; taken {
		known = plain(from.Name) + ":" + id
		for n := 2; ; n++ {
			if _, taken := t.owners[known]; !taken {
				break
			}
			known = fmt.Sprintf("%s:%d:%s", plain(from.Name), n, id)
		}
	}
	t.owners[known], t.known[own] = own, known
	return known
}

// find returns the server of a task, and its id there.
func (t *taskOwners) find(id string) (target, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	own, ok := t.owners[id]
	return own, ok && !own.of.gone()
}

// taskPaths are where a result names a task.
var taskPaths = [][]string{{"result", "task", "taskId"}, {"result", "taskId"}, {"result", "_meta", "io.modelcontextprotocol/related-task", "taskId"}}

// learn notes the task that a result names, and returns the answer with the id that the
// client knows.
func (t *taskOwners) learn(from *member, m jsonrpc.Message) jsonrpc.Message {
	if !bytes.Contains(m.Result, []byte(`"taskId"`)) {
		return m
	}
	raw, changed := m.Raw, false
	for _, path := range taskPaths {
		id := jsonrpc.Text(raw, path...)
		if id == "" {
			continue
		}
		if known := t.note(from, id); known != id {
			raw, changed = jsonrpc.Set(raw, quote(known), path...), true
		}
	}
	if !changed {
		return m
	}
	return jsonrpc.MustParse(raw)
}

// rename returns a notification about a task with the id that the client knows. It
// reports false where the server has no such task.
func (t *taskOwners) rename(from *member, m jsonrpc.Message) (jsonrpc.Message, bool) {
	id := jsonrpc.Text(m.Field("taskId"))
	t.mu.Lock()
	known, ok := t.known[target{from, id}]
	t.mu.Unlock()
	if !ok || known == id {
		return m, ok
	}
	return jsonrpc.MustParse(jsonrpc.Set(m.Raw, quote(known), "params", "taskId")), true
}

// useTask sends a request about a task to the server that has it; the code for one that is
// not there is that of 2025-11-25, Tasks, "Protocol Errors".
func (rt *router) useTask(r *request, m jsonrpc.Message) {
	id := jsonrpc.Text(m.Field("taskId"))
	own, ok := rt.tasks.find(id)
	if !ok {
		rt.replies.run(r, func() {
			rt.replies.refuse(r, &refusal.Error{
				Code: mcp.CodeInvalidParams, Message: "Unknown task: " + refusal.Quote(id),
				Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "list the tasks again"},
			})
		})
		return
	}
	raw := m.Raw
	if own.name != id {
		raw = jsonrpc.Set(raw, quote(own.name), "params", "taskId")
	}
	rt.send(r, own.of, m, raw)
}

// listTasks answers tasks/list with the tasks of all servers that have a list of them, as
// far as they tell them in time.
func (rt *router) listTasks(r *request, m jsonrpc.Message) {
	ctx, cancel := context.WithTimeout(rt.set.ctx, listTimeout)
	defer cancel()
	members := rt.set.active()
	of := make([][][]byte, len(members))
	var asking sync.WaitGroup
	for i, s := range members {
		if s.declares("tasks", "list") {
			asking.Go(func() {
				guard.Run(rt.replies.log, nil, func() { of[i] = rt.tasksOf(ctx, s, m.Method) })
			})
		}
	}
	asking.Wait()
	var all [][]byte
	for i, s := range members { // in their order, so that the first of two tasks keeps its id
		for _, task := range of[i] {
			if id := jsonrpc.Text(task, "taskId"); id != "" {
				task = jsonrpc.Set(task, quote(rt.tasks.note(s, id)), "taskId")
			}
			all = append(all, task)
		}
	}
	rt.replies.answerOwn(r, page("tasks", all, nil, r.modern))
}

// tasksOf returns the tasks on all pages that a server answers before ctx is done.
func (rt *router) tasksOf(ctx context.Context, s *member, method string) (all [][]byte) {
	for page, err := range s.pages(ctx, method) {
		if err != nil {
			rt.replies.log.Debug("a list of a server's tasks is not whole", "server", s.Name, "err", err)
			break
		}
		all = append(all, jsonrpc.Elements(jsonrpc.Value(page, "tasks"))...)
	}
	return all
}
