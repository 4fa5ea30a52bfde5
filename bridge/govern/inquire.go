package govern

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// decide decides what could not be decided at once. What may pass then stands in the
// log, where that is required.
func (f *Filter) decide(ctx context.Context, x *exchange) {
	f.identify(ctx, x)
	f.inquire(ctx, x)
	f.revise(ctx, x)
	f.recordBegun(ctx, x)
}

// identify finds out who calls and rules on what waited for that.
func (f *Filter) identify(ctx context.Context, x *exchange) {
	asked := false
	for _, p := range x.parts {
		if !p.unidentified || p.ruling.Denied {
			continue
		}
		if !asked {
			f.caller.identify(ctx)
			asked = true
		}
		ruled := &part{request: p.request, began: p.began}
		f.rule(ruled, x.message.Batch == nil)
		f.open.settle(p, ruled)
		f.clear(x, p)
	}
}

// inquire asks the server for the tools that are called and were not listed yet, and
// the user for agreement.
func (f *Filter) inquire(ctx context.Context, x *exchange) {
	for _, p := range x.parts {
		if !p.undecided || x.denied() != nil {
			continue
		}
		p.undecided = false
		if p.tool.Name == "" {
			f.inquireTool(ctx, p)
		}
		f.confirm(ctx, x, p)
	}
}

func (f *Filter) inquireTool(ctx context.Context, p *part) {
	t, found, err := f.lookUp(ctx, p.about.name, p.request)
	switch {
	case err != nil:
		p.ruling = policy.Deny("the tools of the server cannot be listed: %v", err)
		p.refused, p.failure = unlisted(err), err
	case !found:
		p.ruling = policy.Deny("the server lists no tool %s", quoted(p.about.name))
	default:
		f.ruleCall(p, t, f.rules())
	}
}

// revise rules again on parts for which other rules hold by now, or whose tools are others:
// to rule on the rest of the batch, or to ask the user, may have taken minutes.
func (f *Filter) revise(ctx context.Context, x *exchange) {
	if x.gone == nil || len(x.parts) == 1 && !x.parts[0].asks() { // nothing has passed since
		return
	}
	for _, p := range x.parts {
		if x.denied() != nil {
			return
		}
		if f.g.rules().aboutPeople && !f.caller.fresh() {
			f.caller.identify(ctx)
		}
		under, tool, known := f.rules(), p.tool, true
		if tool.Name != "" && under.needsTools {
			tool, known = f.tools.find(tool.Name)
		}
		if under == p.under && known && tool == p.tool {
			continue
		}
		again := &part{request: p.request, counted: p.counted}
		f.rule(again, x.message.Batch == nil)
		if again.undecided && !again.asks() {
			again.undecided = false
			f.inquireTool(ctx, again)
		}
		p.revised(again)
		f.clear(x, p)
	}
}

// asks reports whether the user is asked about the call, or was.
func (p *part) asks() bool { return p.judged != nil && p.judged.asks }

// revised takes what is ruled on p now in place of what was. What the user has agreed to
// stays agreed to.
func (p *part) revised(again *part) {
	wasAsked, agreed := p.asks(), p.ruling
	p.under, p.tool, p.judged, p.early = again.under, again.tool, again.judged, again.early
	p.ruling, p.refused, p.failure = again.ruling, again.refused, again.failure
	switch {
	case p.ruling.Denied || !p.asks():
	case wasAsked:
		p.ruling = agreed
	default:
		p.ruling = policy.Deny("%s, but the user was not asked when the call came: make it again", p.judged.asking.Rule)
	}
}

// unlisted is the answer to a call that could not be ruled on.
func unlisted(err error) *refusal.Error {
	e := refusal.New(refusal.PolicyUndecided, "The policy could not be applied, because the server's tools cannot be listed: %v", err)
	e.Data.Retryable = true
	return e
}

// listingTimeout bounds a listing of the bridge's own, for which a call waits.
const listingTimeout = time.Minute

// lookUp finds a tool that was not listed yet, for the call request.
func (f *Filter) lookUp(ctx context.Context, name string, request jsonrpc.Message) (policy.Tool, bool, error) {
	ctx, cancel := context.WithTimeout(ctx, listingTimeout)
	defer cancel()
	tools := pager{f, mcp.ListTools, request}
	return f.tools.lookUp(name, func() (map[string]policy.Tool, error) {
		return f.rules().allTools(func(cursor []byte) ([]byte, error) {
			answer, err := tools.fetch(ctx, cursor)
			return answer.Result, err
		})
	})
}

// allTools reads all pages of the list, each of which fetch returns the result of.
func (r *ruleset) allTools(fetch func(cursor []byte) ([]byte, error)) (map[string]policy.Tool, error) {
	all := make(map[string]policy.Tool)
	for result, err := range mcp.Pages(fetch) {
		if errors.Is(err, mcp.ErrRepeatedCursor) {
			break // what is known is all there is, and no other tool passes
		}
		if err != nil {
			return nil, err
		}
		list, _ := mcp.ListOf(mcp.ListTools)
		entries, err := entriesOf(result, list)
		if err != nil {
			return nil, fmt.Errorf("reading the list of tools: %w", err)
		}
		merge(all, readTools(entries, r.changed(mcp.ListTools, entries)))
	}
	return all, nil
}

// protocolMeta is what a request of revision 2026-07-28 says of itself in _meta,
// without what belongs to that request alone; nil in an older one.
func protocolMeta(request jsonrpc.Message) []byte {
	var meta []byte
	for _, m := range jsonrpc.Members(jsonrpc.Value(request.Params, "_meta")) {
		switch m.Name {
		case mcp.MetaRevision, mcp.MetaCapabilities, mcp.MetaClientInfo:
			if meta == nil {
				meta = []byte(`{}`)
			}
			meta = jsonrpc.Set(meta, m.Value, m.Name)
		}
	}
	return meta
}
