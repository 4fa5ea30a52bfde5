package policy

import (
	"fmt"
	"slices"
)

// Confirm rules on whether the user must be asked before a call to the tool. What
// is denied is not asked for.
func (p *Policy) Confirm(t Tool) (by Ruling, must bool) {
	p.each(func(r *Rules) {
		if must {
			return
		}
		if c := covering(r.Confirm, t.Name); c != nil {
			by, must = Ruling{Rule: fmt.Sprintf("confirm %q (%s)%s", c.Glob, c.At, r.condition())}, true
			return
		}
		if r.ConfirmDestructive != nil && r.mayDestroy(t) {
			by, must = Ruling{Rule: fmt.Sprintf("confirm (%s): the tool is destructive%s", r.ConfirmDestructive, r.condition())}, true
		}
	})
	return by, must
}

// mayDestroy takes the policy's word on a tool before the server's.
func (r *Rules) mayDestroy(t Tool) bool {
	if covering(r.Writes, t.Name) != nil {
		return true
	}
	return t.Destructive && !slices.ContainsFunc(r.Reads, func(p Pattern) bool { return p.Matches(t.Name) })
}
