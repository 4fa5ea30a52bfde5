package govern

import (
	"context"

	"ucbridge/bridge/policy"
	"ucbridge/bridge/refusal"
)

// Approver has people approve calls outside of their client, which cannot ask them.
// Its implementations are safe for concurrent use.
type Approver interface {
	// Approved reports whether the user has approved the call of this digest. An
	// approval is good once.
	Approved(ctx context.Context, digest []byte) bool
	// Await notes that a call waits, and returns the address where the user sees and
	// approves it.
	Await(Waiting) string
}

// Waiting is a call that waits for its user's approval.
type Waiting struct {
	Digest []byte // stands for user, server and call
	Server string // as the policy knows it
	Tool   string
	Params []byte // of the message, as they came
}

// confirmElsewhere rules on a call that a rule wants confirmed and that the client cannot
// ask its user about: it passes where the user has approved it, and is answered with
// where to do so otherwise. It was counted before, as an approval that a limit keeps from
// being used would be spent for nothing.
func (f *Filter) confirmElsewhere(ctx context.Context, p *part, by policy.Ruling, counted held) {
	defer func() {
		if !p.counted {
			counted.giveBack()
		}
	}()
	call, err := digest(f.user, f.g.name, p.request)
	if err != nil {
		p.ruling = policy.Deny("%s, and its arguments can be read in two ways", by.Rule)
		return
	}
	if _, err := f.g.form(p, describe(p.request)); err != nil { // what cannot be shown cannot be agreed to
		p.ruling = policy.Deny("%s: %v", by.Rule, err)
		return
	}
	if p.counted = f.approver.Approved(ctx, call); p.counted {
		p.ruling = policy.Ruling{Rule: by.Rule + ": the user approved it"}
		return
	}
	at := f.approver.Await(Waiting{Digest: call, Server: f.g.name, Tool: p.about.name, Params: p.request.Params})
	p.ruling = policy.Deny("%s: the call waits for its user's approval", by.Rule)
	p.refused = refusal.New(refusal.ApprovalPending, "The call of %s waits for its user's approval.", quoted(p.about.name)).
		WithHint("ask the user to open %s and approve it, then make the same call again, unchanged; the approval is good for one call within ten minutes", at)
}
