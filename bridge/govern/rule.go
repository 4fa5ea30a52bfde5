package govern

import (
	"cmp"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/pins"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// rule decides on one request or notification; alone says that it is in no batch.
func (f *Filter) rule(p *part, alone bool) {
	m := &p.request
	if f.g.rules().aboutPeople && !keepsConnected(m.Method) && !f.caller.fresh() {
		p.undecided, p.unidentified = true, true
		return
	}
	p.under = f.rules() // all of them, though others may hold in a moment
	p.early = p.under.logs.Required() && runs(m.Method)
	about, err := subjectOf(*m)
	p.about = about
	if err != nil {
		p.ambiguous = err.Error()
	}
	if err != nil && !p.under.policy.Silent() {
		p.ruling = policy.Deny("the message is ambiguous: %v", err)
		p.refused = &refusal.Error{Code: jsonrpc.CodeInvalidRequest, Message: "The message is ambiguous.",
			Data: refusal.Data{Source: refusal.Source, Reason: refusal.AmbiguousMessage, Detail: refusal.Quote(err.Error())}}
		return
	}
	if m.ID == nil && wantsAnswer(m.Method) {
		p.ambiguous = "it has no id, and some servers run it all the same"
		if !p.under.policy.Silent() || p.early {
			p.ruling = policy.Deny("%s is no notification: it has no id, and nobody could be told how it ends", m.Method)
			return
		}
	}
	if by := p.under.closed(m.Method); by.Denied {
		p.ruling = by
		return
	}
	switch {
	case err != nil:
		p.ruling = policy.Passes() // there are no rules
	case about.kind == aboutTool:
		f.ruleTool(p, alone)
	default:
		p.ruling = p.under.ruleSubject(p)
	}
	if by := p.under.logs.Refuse(); by.Denied && !keepsConnected(m.Method) && !p.ruling.Denied {
		p.ruling, p.undecided = by, false
	}
}

// closed denies what does not pass while the policy cannot be read, or it is not known
// who calls. A list may be asked for then: it comes without what is the server's.
func (r *ruleset) closed(method string) policy.Ruling {
	switch {
	case r.policy.NotMCP:
		return policy.Deny("%v", cmp.Or(r.policy.Broken, r.policy.Closed))
	case keepsConnected(method):
	case r.policy.Broken != nil:
		return policy.Deny("the policy cannot be read: %v", r.policy.Broken)
	case r.policy.Closed != nil && !isList(method):
		return policy.Deny("%v", r.policy.Closed)
	}
	return policy.Passes()
}

func isList(method string) bool {
	_, is := mcp.ListOf(method)
	return is
}

// keepsConnected reports whether a method passes under a policy that cannot be read,
// so that the client stays connected and can be told.
func keepsConnected(method string) bool {
	switch method {
	case mcp.Initialize, mcp.Initialized, "ping", mcp.Discover, mcp.Cancelled:
		return true
	}
	return false
}

// isNotification reports whether a method is one of MCP's notifications, which no
// server runs.
func isNotification(name string) bool {
	method, known := mcp.Lookup(name)
	return known && method.Kind == mcp.KindNotification
}

// wantsAnswer reports whether a method is one of MCP's requests.
func wantsAnswer(name string) bool {
	method, known := mcp.Lookup(name)
	return known && method.Kind != mcp.KindNotification
}

// runs reports whether a server may do something for a method, and not only tell what
// there is. One that is not known may.
func runs(name string) bool {
	method, known := mcp.Lookup(name)
	return !known || method.Kind != mcp.KindNotification && method.Kind != mcp.KindList && !keepsConnected(name)
}

// ruleSubject rules on what is no tool.
func (r *ruleset) ruleSubject(p *part) policy.Ruling {
	switch about := p.about; about.kind {
	case aboutUnknown:
		return r.policy.Method(about.name)
	case aboutPrompt:
		forCall, err := r.forCall(about.arguments)
		if err != nil {
			return policy.Deny("the message is ambiguous: %v", err)
		}
		return r.unchanged(forCall.Prompt(about.name), mcp.ListPrompts, about.name)
	case aboutTemplate:
		return r.unchanged(r.policy.Template(about.uris[0]), mcp.ListTemplates, about.uris[0])
	case aboutResource:
		ruling := policy.Passes()
		for _, uri := range about.uris {
			if ruling = r.unchanged(r.policy.Resource(uri), mcp.ListResources, uri); ruling.Denied {
				break
			}
		}
		return ruling
	}
	return policy.Passes()
}

// unchanged denies what would pass, where its definition has changed and that matters.
func (r *ruleset) unchanged(ruling policy.Ruling, method, name string) policy.Ruling {
	if r.pinning.Mode == policy.PinEnforce && !ruling.Denied && r.pins.Waits(pins.Key(method, name)) {
		return r.pinning.Blocks()
	}
	return ruling
}

// ruleTool rules on a call whose tool is known already and needs no question. The
// bridge's own tool is called alone and in a revision before 2026-07-28; elsewhere one
// of its name is the server's.
func (f *Filter) ruleTool(p *part, alone bool) {
	if alone && f.owns(p.about.name) && p.request.Revision == "" {
		p.ruling = policy.Ruling{Rule: "the bridge's own tool"}
		return
	}
	t, known := f.tools.find(p.about.name)
	if !p.under.needsTools {
		t, known = policy.Tool{Name: p.about.name}, true
	}
	if !known {
		p.undecided = true
		return
	}
	p.undecided = f.ruleCall(p, t, p.under)
}

// owns reports whether calls to that tool are answered by the bridge itself.
func (f *Filter) owns(tool string) bool { return f.isLocal != nil && f.isLocal(tool) }

// ruleCall rules by under on a call to a tool that the server has listed, and reports
// whether the user must be asked. A call that the user is asked about counts once it is made.
func (f *Filter) ruleCall(p *part, t policy.Tool, under *ruleset) (asks bool) {
	if t.Changed && !under.pins.Waits(pins.Key(mcp.ListTools, t.Name)) { // approved meanwhile
		t.Changed = false
	}
	p.tool = t
	p.under = under
	rules, err := under.forCall(p.about.arguments)
	if err != nil {
		p.ruling = policy.Deny("the message is ambiguous: %v", err)
		return false
	}
	p.judged = under.judge(rules, t)
	if p.ruling = p.judged.ruling; p.ruling.Denied {
		return false
	}
	if by := rules.Within(len(p.request.Raw)); by.Denied {
		p.ruling = by
		return false
	}
	if !p.judged.asks {
		p.count(f.limits)
	}
	return p.judged.asks
}

// count refuses a call that is one too many.
func (p *part) count(by *limits) {
	if p.counted {
		return
	}
	p.counted = true
	p.limit(by.take(p.under.policy, p.judged.limits))
}

// hold is count for a call that the user may yet not agree to.
func (p *part) hold(by *limits) held {
	counted, ruling, wait := by.hold(p.under.policy, p.judged.limits)
	p.limit(ruling, wait)
	return counted
}

// limit refuses a call that may only be made after a wait.
func (p *part) limit(by policy.Ruling, wait time.Duration) {
	if by.Denied {
		p.ruling = by
		p.refused = refusal.New(refusal.RateLimited, "The tool %s was not called: %s. Try again in %s.", quoted(p.tool.Name), by.Rule, inSeconds(wait))
	}
}
