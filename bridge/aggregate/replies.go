package aggregate

import (
	"log/slog"
	"sync"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/refusal"
)

// replies are the answers of the aggregate's own, and the requests that wait for one.
type replies struct {
	requests requests
	write    func(raw []byte, about jsonrpc.ID)
	log      *slog.Logger
	working  sync.WaitGroup // what the client waits for
}

// emit writes a message that is about no request, or that tells itself which.
func (o *replies) emit(raw []byte) { o.write(raw, nil) }

// run runs work that the client waits for. Where it is at fault, r is answered.
func (o *replies) run(r *request, work func()) {
	o.working.Add(1)
	go func() {
		defer o.working.Done()
		guard.Run(o.log, func() {
			o.refuse(r, refusal.New(refusal.InternalFault, "A fault of ucbridge kept the request from being answered."))
		}, work)
	}()
}

// answerOwn answers a request that is still open with a result of the aggregate's own.
func (o *replies) answerOwn(r *request, result []byte) {
	if o.requests.cancel(r.id) == nil {
		return
	}
	if r.modern && jsonrpc.Value(result, "resultType") == nil {
		result = jsonrpc.Set(result, []byte(`"complete"`), "resultType")
	}
	o.emit(jsonrpc.Result(r.id, result))
}

// refuse answers a request that is still open with an error.
func (o *replies) refuse(r *request, e *refusal.Error) {
	if o.requests.cancel(r.id) != nil {
		o.emit(e.Response(r.id))
	}
}

// Reject answers a line that is no message.
func (o *replies) reject(e *refusal.Error, id jsonrpc.ID) {
	o.working.Add(1)
	go func() {
		defer o.working.Done()
		guard.Run(o.log, nil, func() { o.emit(e.Answer(jsonrpc.Message{ID: id})) })
	}()
}
