package govern

import (
	"fmt"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/strictjson"
)

// exchange is one message of the client: a request or notification, or a batch.
type exchange struct {
	message jsonrpc.Message
	parts   []*part
	// handed and withdrawn are guarded by the gate's mu; gone is closed with withdrawn.
	handed, withdrawn bool
	gone              chan struct{}
}

// part is one request or notification of an exchange, and what was ruled on it.
type part struct {
	request jsonrpc.Message
	about   subject
	tool    policy.Tool // that is called
	// ruling is what was decided, undecided whether that is still to come.
	ruling    policy.Ruling
	undecided bool
	// refused is what the client gets instead of an answer; nil lets refuse word it.
	refused *refusal.Error
	// question is the answer that asks the user first, agreed the digest of a call
	// that the user has agreed to (2026-07-28).
	question, agreed []byte
	// failure is why the server could not be asked about the tool.
	failure error
	// resumed says that an earlier gate has recorded the request.
	resumed bool
	// What the log tells of it: when it came, the kinds of secrets found, whether it
	// was sent, under what it is known elsewhere, whether its answer was cut.
	began     time.Time
	secrets   []string
	sent, cut bool
	trace     Trace
}

// Trace is what a request is known by in the records of Databricks, each empty
// where nobody said.
type Trace struct{ RequestID, ID string }

func (x *exchange) undecided() bool {
	for _, p := range x.parts {
		if p.undecided {
			return true
		}
	}
	return false
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

// begin rules on a message as far as that can be done at once, and notes the
// requests in it. Nil says that there is nothing to do.
func (c *Gate) begin(m jsonrpc.Message) *exchange {
	x := &exchange{message: m}
	elements := m.Batch
	if elements == nil {
		elements = []jsonrpc.Message{m}
	}
	for _, e := range elements {
		if e.IsResponse() {
			if c.policy.Silent() {
				continue
			}
			if err := strictjson.Envelope(e); err != nil {
				c.log.Warn("dropping an answer of the client that can be read in two ways", "err", err)
				return nil
			}
			continue
		}
		x.parts = append(x.parts, c.rule(e, m.Batch == nil))
	}
	for _, p := range x.parts {
		c.clear(x, p)
	}
	if x.undecided() {
		x.gone = make(chan struct{})
	}
	c.note(x)
	return x
}

// replace lets another message pass in place of a request, which stands alone in its
// message: without a secret, or without what the bridge had asked for.
func (c *Gate) replace(x *exchange, p *part, m jsonrpc.Message) {
	c.mu.Lock()
	defer c.mu.Unlock()
	x.message, p.request = m, m
}

// note registers the requests of x by their ids. A second request of an id that
// is still open would get the answer of the first, which is checked as such.
func (c *Gate) note(x *exchange) {
	c.mu.Lock()
	defer c.mu.Unlock()
	var seen map[string]bool
	if len(x.parts) > 1 {
		seen = make(map[string]bool)
	}
	for _, p := range x.parts {
		id := string(p.request.ID)
		if p.request.ID == nil {
			continue
		}
		if (seen[id] || c.open[id] != nil) && !c.policy.Silent() {
			p.ruling, p.undecided = policy.Deny("a request with the id %s is open already", refusal.Quote(id)), false
			p.refused = &refusal.Error{Code: jsonrpc.CodeInvalidRequest, Message: "A request with this id is open already.",
				Data: refusal.Data{Source: refusal.Source, Reason: refusal.DuplicateID}}
		}
		if seen != nil {
			seen[id] = true
		}
	}
	if x.denied() != nil {
		return // answered here
	}
	for _, p := range x.parts {
		if p.request.ID != nil {
			c.open[string(p.request.ID)] = x
		}
	}
}

// rule decides on one request or notification; alone says that it is in no batch.
func (c *Gate) rule(m jsonrpc.Message, alone bool) *part {
	p := &part{request: m, began: time.Now()}
	about, err := subjectOf(m)
	if err != nil && !c.policy.Silent() {
		p.ruling = policy.Deny("the message can be read in two ways: %v", err)
		p.refused = &refusal.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The message can be read in two ways.",
			Data: refusal.Data{Source: refusal.Source, Reason: refusal.AmbiguousMessage, Detail: refusal.Quote(err.Error())}}
		return p
	}
	p.about = about
	if c.policy.Broken != nil && !handshake[m.Method] {
		p.ruling = policy.Deny("the policy cannot be read: %v", c.policy.Broken)
		return p
	}
	switch about.kind {
	case aboutUnknown:
		p.ruling = c.policy.Method(about.name)
	case aboutPrompt:
		p.ruling = c.policy.Prompt(about.name)
		if c.pinning.Mode == policy.PinEnforce && !p.ruling.Denied && c.pins.Waits(pins.Key("prompts/list", about.name)) {
			p.ruling = c.pinning.Blocks()
		}
	case aboutTemplate:
		p.ruling = c.policy.Template(about.uris[0])
	case aboutResource:
		p.ruling = policy.Passes()
		for _, uri := range about.uris {
			if p.ruling = c.policy.Resource(uri); p.ruling.Denied {
				break
			}
		}
	case aboutTool:
		c.ruleTool(p, alone)
	default:
		p.ruling = policy.Passes()
	}
	if by := c.logs.Refuse(); by.Denied && !handshake[m.Method] && !p.ruling.Denied {
		p.ruling, p.undecided = by, false
	}
	return p
}

// handshake are the methods that pass under a policy that cannot be read, so that
// the client stays connected and can be told.
var handshake = map[string]bool{
	"initialize": true, "notifications/initialized": true, "ping": true, "server/discover": true, "notifications/cancelled": true,
}

// ruleTool rules on a call whose tool is known already and needs no question. The
// bridge's own tool is called alone and in the old era; elsewhere one of its name is
// the server's.
func (c *Gate) ruleTool(p *part, alone bool) {
	if alone && c.owns(p.about.name) && jsonrpc.Value(p.request.Params, "_meta", metaVersion) == nil {
		p.ruling = policy.Ruling{Rule: "the bridge's own tool"}
		return
	}
	t, known := c.tools.find(p.about.name)
	if !c.tooled {
		t, known = policy.Tool{Name: p.about.name}, true
	}
	if !known {
		p.undecided = true
		return
	}
	p.undecided = c.ruleCall(p, t)
}

// ruleCall rules on a call to a tool that the server has listed, and reports whether
// the user must be asked. A call that the user is asked about counts once it is made.
func (c *Gate) ruleCall(p *part, t policy.Tool) (asks bool) {
	if t.Changed && !c.pins.Waits(pins.Key("tools/list", t.Name)) { // approved meanwhile
		t.Changed = false
	}
	p.tool = t
	if p.ruling = c.policy.Tool(t); p.ruling.Denied {
		return false
	}
	if by := c.policy.Within(len(p.request.Raw)); by.Denied {
		p.ruling = by
		return false
	}
	if _, asks = c.policy.Confirm(t); !asks {
		c.count(p)
	}
	return asks
}

// count refuses a call that is one too many.
func (c *Gate) count(p *part) {
	by, wait := c.limits.take(p.tool.Name)
	if by.Denied {
		p.ruling = by
		p.refused = refusal.New(refusal.RateLimited, "The tool %s was not called: %s. Try again in %s.", quoted(p.tool.Name), by.Rule, inSeconds(wait))
	}
}

// inquire decides what could not be decided at once: it asks the server for the
// tools that are called and were not listed yet, and the user for agreement.
func (c *Gate) inquire(x *exchange) {
	for _, p := range x.parts {
		if !p.undecided || x.denied() != nil {
			continue
		}
		p.undecided = false
		if p.tool.Name == "" {
			c.inquireTool(p)
		}
		c.confirm(x, p)
	}
}

func (c *Gate) inquireTool(p *part) {
	t, found, err := c.lookUp(c.ctx, p.about.name, p.request)
	switch {
	case err != nil:
		p.ruling = policy.Deny("the tools of the server cannot be listed: %v", err)
		p.refused, p.failure = unlisted(err), err
	case !found:
		p.ruling = policy.Deny("the server lists no tool %s", quoted(p.about.name))
	default:
		c.ruleCall(p, t)
	}
}

// unlisted is the answer to a call that could not be ruled on.
func unlisted(err error) *refusal.Error {
	e := refusal.New(refusal.PolicyUndecided, "The policy could not be applied, as the server's tools cannot be listed: %v", err)
	e.Data.Retryable = true
	return e
}

func unreadableList(err error) *refusal.Error {
	e := refusal.New(refusal.PolicyUnreadableList, "The server's list cannot be read without doubt, and so it is not shown.")
	e.Data.Detail = refusal.Quote(fmt.Sprint(err))
	return e
}
