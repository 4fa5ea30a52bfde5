package govern

import (
	"sync"

	"ucbridge/bridge/policy"
)

// toolRuling is what a policy says of calls to a tool. It is never modified.
type toolRuling struct {
	ruling policy.Ruling
	// asks says that the user is asked before a call that may pass, asking by which rule.
	asks   bool
	asking policy.Ruling
	limits []policy.Limit // that count calls to it
}

const (
	// maxRulings is how many rulings are kept, of tools whose names have at most
	// maxRuledName bytes: a client may call tools by any name.
	maxRulings   = 500
	maxRuledName = 128
)

// rulings keeps what a policy says of the tools that are called, for as long as the policy
// is in force. What the server has said of a tool is a part of the key: where it says
// something else, another ruling holds. The zero value has none. It is safe for concurrent
// use.
type rulings struct {
	mu   sync.Mutex
	kept map[policy.Tool]*toolRuling
}

// judge returns what those rules that are about a call say of its tool. Where that is all
// of them, the ruling is kept: where some are not, they depend on the arguments.
func (r *ruleset) judge(about *policy.Policy, t policy.Tool) *toolRuling {
	if about != r.policy || len(t.Name) > maxRuledName {
		return judge(about, t)
	}
	k := &r.rulings
	k.mu.Lock()
	defer k.mu.Unlock()
	if ruling := k.kept[t]; ruling != nil {
		return ruling
	}
	if k.kept == nil || len(k.kept) >= maxRulings {
		k.kept = make(map[policy.Tool]*toolRuling)
	}
	ruling := judge(about, t)
	k.kept[t] = ruling
	return ruling
}

func judge(p *policy.Policy, t policy.Tool) *toolRuling {
	r := &toolRuling{ruling: p.Tool(t)}
	if r.ruling.Denied {
		return r
	}
	r.asking, r.asks = p.Confirm(t)
	for _, limit := range p.Limits() {
		if limit.Covers(t.Name) {
			r.limits = append(r.limits, limit)
		}
	}
	return r
}
