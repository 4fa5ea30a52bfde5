package govern

import (
	"slices"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// exchange is one message of the client: a request or notification, or a batch.
type exchange struct {
	message jsonrpc.Message
	parts   []*part
	// handed and withdrawn are guarded by the lock of pending; leave is called with
	// withdrawn, and closes gone.
	handed, withdrawn bool
	leave             func()          // nil where nothing takes time
	gone              <-chan struct{} // nil where the ruling takes no time
	// only is the part of a message that is no batch, and room is for parts then.
	only part
	room [1]*part
}

// add adds a part for one of the messages.
func (x *exchange) add(request jsonrpc.Message) *part {
	p := &x.only
	if x.message.Batch != nil {
		p = new(part)
	} else {
		x.parts = x.room[:0]
	}
	p.request, p.began = request, time.Now()
	x.parts = append(x.parts, p)
	return p
}

// part is one request or notification of an exchange, and what was ruled on it.
type part struct {
	request jsonrpc.Message
	about   subject
	tool    policy.Tool // that is called
	// ruling is what was decided, undecided whether that is still to come.
	ruling    policy.Ruling
	undecided bool
	// unidentified says that nothing is ruled on it before it is known who calls.
	unidentified bool
	// under are the rules that it was judged under, judged what they say of a call with its
	// arguments, nil for what is none.
	under  *ruleset
	judged *toolRuling
	// counted says that it counts for the limits.
	counted bool
	// refused is what the client gets instead of an answer; nil lets refuse word it.
	refused *refusal.Error
	// question is the answer that asks the user first, agreed the digest of a call
	// that the user has agreed to (2026-07-28).
	question, agreed []byte
	// failure is why the server could not be asked about the tool.
	failure error
	// ambiguous says why another reader may see another message, where that is no reason
	// to deny it.
	ambiguous string
	// beside says that it was not sent because another part of its batch is denied.
	beside bool
	// early says that it must stand in the log before it leaves; then call is the name
	// that both of its rows have.
	early bool
	call  string
	// resumed says that an earlier Filter has recorded the request.
	resumed bool
	// What the log tells of it: when it came, the kinds of secrets found, whether it
	// was sent, under what it is known elsewhere, whether its answer was cut.
	began     time.Time
	secrets   []string
	sent, cut bool
	trace     Trace
}

// resumed returns the part of a request that an earlier Filter has let pass.
func resumed(request jsonrpc.Message) *part {
	about, err := subjectOf(request)
	if err != nil { // the earlier Filter refused it, where that matters
		about = subject{}
	}
	return &part{request: request, about: about, began: time.Now(), sent: true, resumed: true}
}

// Trace is what a request is known by in the records of Databricks, each empty
// where nobody said.
type Trace struct{ RequestID, ID string }

// takesTime reports whether the exchange has to wait for something before it is ruled on,
// or for the log.
func (x *exchange) takesTime() bool {
	return x.denied() == nil && slices.ContainsFunc(x.parts, func(p *part) bool { return p.undecided || p.early })
}

// denied returns the first part that may not pass, nil where all may.
func (x *exchange) denied() *part {
	for _, p := range x.parts {
		if p.ruling.Denied {
			return p
		}
	}
	return nil
}
