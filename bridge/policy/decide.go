package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Ruling says whether something may pass, and which rule decided.
type Ruling struct {
	Denied bool
	// Rule is the rule and its place, such as `deny "delete_*" (policy.yaml:7)`.
	Rule string
}

// Deny returns a ruling that denies by the rule that format describes.
func Deny(format string, args ...any) Ruling { return Ruling{true, fmt.Sprintf(format, args...)} }

// Passes is the ruling on what no rule is about.
func Passes() Ruling { return Ruling{Rule: "no rule forbids it"} }

// Tool rules on a tool: on its place in a list, and on calls to it.
func (p *Policy) Tool(t Tool) Ruling {
	if t.Changed {
		return p.Pinning().Blocks()
	}
	name := spelled(t.Name)
	return p.first(func(r *Rules) Ruling {
		if by := r.Tools.rule(name); by.Denied || r.ReadOnly == nil {
			return by
		}
		return r.reading(t)
	})
}

// reading rules on a tool under read_only.
func (r *Rules) reading(t Tool) Ruling {
	if w := covering(r.Writes, t.Name); w != nil {
		return Deny("read_only (%s): writes %q (%s)", r.ReadOnly, w.Glob, w.At)
	}
	for _, reads := range r.Reads {
		if reads.Matches(t.Name) {
			return Ruling{Rule: fmt.Sprintf("reads %q (%s)", reads.Glob, reads.At)}
		}
	}
	if !t.ReadOnly {
		return Deny("read_only (%s): the server does not declare the tool to be read-only", r.ReadOnly)
	}
	return Passes()
}

// covering returns the first pattern that covers a name, nil where none does.
func covering(patterns []Pattern, name string) *Pattern {
	if len(patterns) == 0 {
		return nil
	}
	spellings := spelled(name)
	for i, p := range patterns {
		if p.covers(spellings) {
			return &patterns[i]
		}
	}
	return nil
}

// Prompt rules on a prompt, by name.
func (p *Policy) Prompt(name string) Ruling {
	spelling := spelled(name)
	return p.first(func(r *Rules) Ruling { return r.Prompts.rule(spelling) })
}

// Resource rules on a resource, by URI. What is denied is so by every name that a reader
// may know it by. Where rules are about resources, a URI that readers disagree on is
// denied.
func (p *Policy) Resource(uri string) Ruling {
	return p.place(uri, Names.rule)
}

// place rules on a URI or a template of some, which may stand where may says so of all its
// spellings.
func (p *Policy) place(uri string, may func(Names, []spelling) Ruling) Ruling {
	if !p.speaksOfResources() { // most policies do not, and reading takes its time
		return p.first(func(*Rules) Ruling { return Passes() })
	}
	all := spellingsOf(uri)
	read, ambiguous := readURI(uri)
	spellings, lax := spelled(all...), spelled(slices.Concat(laxly(all), read, laxly(read))...)
	return p.first(func(r *Rules) Ruling {
		if by, denied := r.Resources.denies(lax); denied {
			return by
		}
		if ambiguous != "" && r.Resources.given() {
			return Deny("the URI can be read in two ways: %s", ambiguous)
		}
		return may(r.Resources, spellings)
	})
}

func (p *Policy) speaksOfResources() bool {
	speaks := false
	p.each(func(r *Rules) { speaks = speaks || r.Resources.given() })
	return speaks
}

func (n Names) given() bool { return n.Allowing != nil || len(n.Deny) > 0 }

// Template rules on a URI template, in a list or in a completion: it passes where it may
// lead to a resource that may be read, by every name that a reader may know it by. One
// without variables is a URI.
func (p *Policy) Template(template string) Ruling {
	if !strings.Contains(template, "{") {
		return p.Resource(template)
	}
	return p.place(template, Names.mayLead)
}

// mayLead is rule for the spellings of a template.
func (n Names) mayLead(template []spelling) Ruling {
	if n.Allowing == nil {
		return Passes()
	}
	for i, s := range template {
		if !slices.ContainsFunc(n.Allow, func(allowed Pattern) bool {
			return overlaps(allowed.Glob, s.name) || i > 0 && slices.ContainsFunc(allowed.folded, func(glob string) bool { return overlaps(glob, s.skeleton) })
		}) {
			return Deny("resources allow (%s)", n.Allowing)
		}
	}
	return Passes()
}

// Method rules on a method that is none of MCP's.
func (p *Policy) Method(name string) Ruling {
	if p.Silent() {
		return Passes()
	}
	var on Ruling
	for _, f := range p.Files {
		allowed := false
		for _, r := range f.Rules {
			for _, m := range r.Methods {
				if m.Matches(name) {
					allowed = true
					on = Ruling{Rule: fmt.Sprintf("methods %q (%s)", m.Glob, m.At)}
				}
			}
		}
		if !allowed && !f.Flags {
			return Deny("it is not one of MCP's, and methods in %s does not name it", f.Name)
		}
	}
	if on.Rule == "" {
		return Deny("it is not one of MCP's, and no policy names it under methods")
	}
	return on
}

// first returns the first ruling that denies, else that of the last rule that
// had something to say.
func (p *Policy) first(rule func(*Rules) Ruling) Ruling {
	if p.Broken != nil {
		return Deny("the policy cannot be read: %v", p.Broken)
	}
	if p.Closed != nil {
		return Deny("%v", p.Closed)
	}
	out := Passes()
	p.each(func(r *Rules) {
		if out.Denied {
			return
		}
		if by := rule(r); by.Denied || by != Passes() {
			by.Rule += r.condition()
			out = by
		}
	})
	return out
}

// rule applies deny and allow to a name. What is denied in any spelling is
// denied; what is allowed must be so in every spelling, the first of which is the
// name itself.
func (n Names) rule(spellings []spelling) Ruling {
	if by, denied := n.denies(spellings); denied {
		return by
	}
	if n.Allowing == nil {
		return Passes()
	}
	allowedBy := Passes()
	for i, s := range spellings {
		found := false
		for _, allowed := range n.Allow {
			if allowed.Matches(s.name) || i > 0 && allowed.resembles(s.skeleton) { // the name itself exactly
				found, allowedBy = true, Ruling{Rule: fmt.Sprintf("allow %q (%s)", allowed.Glob, allowed.At)}
				break
			}
		}
		if !found {
			return Deny("allow (%s) does not name it", n.Allowing)
		}
	}
	return allowedBy
}

func (n Names) denies(spellings []spelling) (Ruling, bool) {
	for _, d := range n.Deny {
		if d.covers(spellings) {
			return Deny("deny %q (%s)", d.Glob, d.At), true
		}
	}
	return Ruling{}, false
}

// overlaps reports whether a glob and a URI template (RFC 6570) may stand for the
// same text: whether what each begins with, up to its first variable part, does
// not differ.
func overlaps(glob, template string) bool {
	g, t := literal(glob, "*?"), literal(template, "{")
	n := min(len(g), len(t))
	return g[:n] == t[:n]
}

func literal(s, variable string) string {
	for i, r := range s {
		for _, v := range variable {
			if r == v {
				return s[:i]
			}
		}
	}
	return s
}
