package gateway

import (
	"errors"
	"io"
	"net/http"
	"slices"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// passEvents passes on an event stream. An event whose message stays as it was stays
// as it was too, comments and ids included; what is no message does not pass.
func (r *relay) passEvents() {
	r.beginEvents()
	if r.x.filter != nil {
		defer r.x.filter.Subscribe(func(raw []byte) { r.x.out.interject(event(raw)) })()
	}
	r.cut(r.events())
}

// beginEvents begins the stream to the caller, and notes what it has to answer.
func (r *relay) beginEvents() {
	r.x.out.copyHeader(r.resp.Header)
	r.x.out.stream(r.passedStatus(r.resp.StatusCode))
	r.due.refused = r.resp.StatusCode >= http.StatusBadRequest
	if r.x.message.Method != mcp.Listen { // a subscription need not be answered
		for _, request := range mcp.Requests(r.x.message) {
			r.due.open = append(r.due.open, request.ID)
		}
	}
}

// events passes on what a stream brings, to its end. Thousands of them wait here: no
// buffer is held meanwhile, and the stack of a goroutine is half as large as long as
// the functions that lead here take little of it.
func (r *relay) events() error {
	blocks := blockReader{body: wakingReader{r: r.resp.Body}, max: r.x.g.opts.MaxMessage}
	defer blocks.release()
	for {
		if !blocks.buffered() {
			blocks.release()
			blocks.body.wait()
		}
		if ended, err := r.passBlock(&blocks); ended || err != nil {
			return err
		}
	}
}

// passBlock passes on the next block of a stream, or ends the stream.
func (r *relay) passBlock(blocks *blockReader) (ended bool, err error) {
	b, err := blocks.next()
	if errors.Is(err, io.EOF) {
		return true, r.endEvents()
	}
	if e, ok := errors.AsType[*refusal.Error](err); ok {
		return true, r.refuseOpen(e)
	}
	if err != nil {
		return true, err
	}
	if b.id != "" {
		r.remember(b.id)
	}
	if r.x.judged() {
		b = b.withoutComments()
	}
	out, err := b.reviewed(func(m jsonrpc.Message) []byte {
		if m, passes := r.due.take(m); passes {
			return r.filtered(m)
		}
		return nil
	})
	if err != nil {
		r.x.g.opts.Log.Warn("an event is not passed on", "path", r.x.r.URL.Path, "error", err)
		out = append(out, r.answerFaulty(err)...)
	}
	if len(out) == 0 {
		return false, nil
	}
	return false, r.x.out.piece(out, true)
}

// remember notes that the stream can be resumed after an event, and what has to be known to
// judge the rest of it then.
func (r *relay) remember(event string) {
	x, first := r.x, !r.due.resumable
	r.due.resumable = true
	if first && x.filter != nil && x.r.Method == http.MethodPost {
		x.origin = x.g.resumable.origin(x.message)
	}
	if x.origin != nil {
		x.g.resumable.note(x.session.eventKey(event), x.origin)
	}
}

// due are the requests that a stream has yet to answer.
type due struct {
	open, answered []jsonrpc.ID
	// refused says that the stream has a status of failure.
	refused bool
	// stray is a response to none of them.
	stray *jsonrpc.Message
	// faulty says that something came that is no message.
	faulty bool
	// resumable says that the rest of the stream can be had.
	resumable bool
}

// take notes what a message answers and returns it as it may pass: a response has the
// id of its request, and there is one for each.
func (d *due) take(m jsonrpc.Message) (jsonrpc.Message, bool) {
	if !m.IsResponse() || len(d.open) == 0 && len(d.answered) == 0 {
		for _, one := range m.Batch {
			if one.IsResponse() {
				d.settle(jsonrpc.Owner(d.open, one.ID, false))
			}
		}
		return m, true
	}
	place := jsonrpc.Owner(d.open, m.ID, d.refused)
	switch {
	case place >= 0:
		if id := d.settle(place); !id.Is(m.ID) {
			m = withID(m, id)
		}
		return m, true
	case slices.ContainsFunc(d.answered, m.ID.Is):
		return m, false
	case len(d.open) == 1 && len(d.answered) == 0: // perhaps the one response that is due
		d.stray = &m
		return m, false
	}
	return m, true
}

func (d *due) settle(place int) jsonrpc.ID {
	if place < 0 {
		return nil
	}
	id := d.open[place]
	d.open, d.answered = slices.Delete(d.open, place, place+1), append(d.answered, id)
	return id
}

// answerFaulty answers the request whose response is no message, if err tells which.
func (r *relay) answerFaulty(err error) []byte {
	d := &r.due
	d.faulty = true
	faulty, ok := errors.AsType[*jsonrpc.EnvelopeError](err)
	if !ok || faulty.Answered == nil {
		return nil
	}
	place := jsonrpc.Owner(d.open, faulty.Answered, d.refused)
	if place < 0 {
		return nil
	}
	return r.refusalEvent(d.settle(place), r.faultyAnswer(err))
}

func (r *relay) faultyAnswer(err error) *refusal.Error {
	e := refusal.New(refusal.BadAnswer, "The answer is not a JSON-RPC message.%s", ran(r.x.message))
	if err != nil {
		return e.Because(err)
	}
	return e
}

// refusalEvent is the response to one request of a stream, in the gateway's words.
func (r *relay) refusalEvent(id jsonrpc.ID, e *refusal.Error) []byte {
	r.x.reason = e.Data.Reason
	m, err := jsonrpc.Parse(e.Response(id))
	if err != nil { // it was made here
		panic(err)
	}
	return event(r.filtered(m))
}

// endEvents answers what a stream that has ended left open. The rest of one with event
// ids may still be asked for.
func (r *relay) endEvents() error {
	d := &r.due
	var out []byte
	switch {
	case d.stray != nil && len(d.open) == 1: // one POST, one response
		out = event(r.filtered(withID(*d.stray, d.open[0])))
	case d.faulty || !d.resumable:
		for _, id := range d.open {
			e := r.faultyAnswer(nil)
			if !d.faulty {
				e = refusal.New(refusal.NoAnswer, "The server's stream ended without an answer.%s", ran(r.x.message))
			}
			out = append(out, r.refusalEvent(id, e)...)
		}
	}
	if out == nil {
		return nil
	}
	return r.x.out.piece(out, true)
}

// refuseOpen answers every request that is open, of a stream that cannot be read.
func (r *relay) refuseOpen(e *refusal.Error) error {
	var out []byte
	for _, id := range r.due.open {
		out = append(out, r.refusalEvent(id, e)...)
	}
	if out == nil {
		return e
	}
	return r.x.out.piece(out, true)
}
