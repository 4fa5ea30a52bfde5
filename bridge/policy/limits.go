package policy

import "ucbridge/bridge/confusable"

// bytesPerToken is what a token of text comes to, roughly, in most models.
const bytesPerToken = 4

// Covers reports whether the limit counts calls to the tool, however it is spelled.
func (l Limit) Covers(tool string) bool {
	return l.Tools.Matches(tool) || l.Tools.resembles(confusable.Skeleton(tool))
}

// Limits are those of all rules.
func (p *Policy) Limits() []Limit {
	var all []Limit
	p.each(func(r *Rules) { all = append(all, r.Calls...) })
	return all
}

// MaxResult is the smallest budget of all rules, nil for none.
func (p *Policy) MaxResult() *Size {
	var out *Size
	p.each(func(r *Rules) {
		if r.MaxResult != nil && (out == nil || r.MaxResult.Bytes < out.Bytes) {
			out = r.MaxResult
		}
	})
	return out
}

// Limit is how many calls a minute may be made, to tools of one name or to all.
type Limit struct {
	Tools     Pattern // "*" for all
	PerMinute int
	At        Place
}

// Size is a limit in bytes.
type Size struct {
	Bytes int64
	At    Place
}

// Within rules on the size of a call, in bytes.
func (p *Policy) Within(size int) Ruling {
	return p.first(func(r *Rules) Ruling {
		if r.MaxCall != nil && int64(size) > r.MaxCall.Bytes {
			return Deny("max_call (%s): the call has %d bytes, more than %d", r.MaxCall.At, size, r.MaxCall.Bytes)
		}
		return Passes()
	})
}
