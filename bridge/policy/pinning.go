package policy

import "slices"

// PinMode is what happens to a tool or prompt whose definition is no longer the one
// that was seen first.
type PinMode int

const (
	PinOff     PinMode = iota
	PinWarn            // it is logged
	PinEnforce         // it is hidden and blocked until a person approves
)

// pinModes are the words of a policy, weakest first.
var pinModes = []string{"off", "warn", "enforce"}

func (m PinMode) String() string { return pinModes[m] }

// Pinning is the setting and its place.
type Pinning struct {
	Mode PinMode
	At   Place
}

// Pinning is the strictest setting of all rules.
func (p *Policy) Pinning() Pinning {
	var out Pinning
	p.each(func(r *Rules) {
		if r.Pins.Mode > out.Mode {
			out = r.Pins
		}
	})
	return out
}

// PinsAreManaged reports whether the administrator's file wants pins.
func (p *Policy) PinsAreManaged() bool {
	return slices.ContainsFunc(p.Files, func(f *File) bool {
		return f.Managed && slices.ContainsFunc(f.Rules, func(r *Rules) bool { return r.Pins.Mode != PinOff })
	})
}

// Blocks is the ruling on what has changed.
func (p Pinning) Blocks() Ruling {
	return Deny("pins: enforce (%s): its definition has changed since it was first seen, or cannot be compared, and nobody has approved it (ucbridge policy diff, in a terminal)", p.At)
}
