package policy

import (
	"fmt"
	"slices"
	"strings"
)

// Person is whose messages are ruled on, as the SCIM record of the workspace names them.
type Person struct {
	// Name is the user's name, or the application id of a service principal.
	Name string
	// Groups are those that the record lists, by display name.
	Groups []string
}

// Is reports whether two are the same person in the same groups.
func (p Person) Is(other Person) bool {
	return p.Name == other.Name && slices.Equal(p.Groups, other.Groups)
}

// People says whom a section is about. Whoever Users or Groups name, where either was
// written, is meant, but for those whom NotUsers or NotGroups name.
type People struct {
	At                                 Place
	Users, Groups, NotUsers, NotGroups []Pattern
}

// include reports whether a section is about a person. Who is meant is so however it is
// spelled; who is not meant must be named exactly.
func (p People) include(who Person) bool {
	name, groups := spelled(who.Name), spelled(who.Groups...)
	if len(p.Users)+len(p.Groups) > 0 && !anyCovers(p.Users, name) && !anyCovers(p.Groups, groups) {
		return false
	}
	return !anyMatches(p.NotUsers, name) && !anyMatches(p.NotGroups, groups)
}

func anyCovers(patterns []Pattern, spellings []spelling) bool {
	return slices.ContainsFunc(patterns, func(p Pattern) bool { return p.covers(spellings) })
}

func anyMatches(patterns []Pattern, spellings []spelling) bool {
	return slices.ContainsFunc(patterns, func(p Pattern) bool {
		return slices.ContainsFunc(spellings, func(s spelling) bool { return p.Matches(s.name) })
	})
}

func (p People) String() string {
	var all []string
	for _, part := range []struct {
		name     string
		patterns []Pattern
	}{{"users", p.Users}, {"groups", p.Groups}, {"not_users", p.NotUsers}, {"not_groups", p.NotGroups}} {
		if len(part.patterns) > 0 {
			all = append(all, part.name+" "+globs(part.patterns))
		}
	}
	return strings.Join(all, ", ")
}

func globs(patterns []Pattern) string {
	all := make([]string, len(patterns))
	for i, p := range patterns {
		all[i] = fmt.Sprintf("%q", p.Glob)
	}
	return strings.Join(all, " or ")
}

// AboutPeople returns the first place that speaks of people; there is none where the
// policy is the same for everybody.
func (p *Policy) AboutPeople() (Place, bool) {
	var at Place
	found := false
	p.each(func(r *Rules) {
		if len(r.For) > 0 && !found {
			at, found = r.For[0].At, true
		}
	})
	return at, found
}

// For returns the policy with nothing but what is about a person.
func (p *Policy) For(who Person) *Policy {
	return p.keep(func(r *Rules) bool {
		return !slices.ContainsFunc(r.For, func(people People) bool { return !people.include(who) })
	})
}

// ForUnknown returns the policy for somebody of whom it cannot be told who they are, and
// why: nothing passes where the policy is about people.
func (p *Policy) ForUnknown(why error) *Policy {
	at, found := p.AboutPeople()
	if !found {
		return p
	}
	unknown := *p
	unknown.Closed = fmt.Errorf("the policy has rules about people (%s), and it is not known who calls: %w", at, why)
	return &unknown
}

// keep returns the policy with those sections alone; p itself where it has no other.
func (p *Policy) keep(is func(*Rules) bool) *Policy {
	kept := *p
	kept.Files = nil
	all := true
	for _, f := range p.Files {
		some := *f
		some.Rules = nil
		for _, r := range f.Rules {
			if is(r) {
				some.Rules = append(some.Rules, r)
			} else {
				all = false
			}
		}
		if len(some.Rules) > 0 {
			kept.Files = append(kept.Files, &some)
		}
	}
	if all {
		return p
	}
	return &kept
}

// condition says in words whom and which calls a section is about, "" where that is
// everybody and all.
func (r *Rules) condition() string {
	var b strings.Builder
	for _, people := range r.For {
		b.WriteString(", for " + people.String())
	}
	for _, a := range r.When {
		b.WriteString(", when " + a.String())
	}
	return b.String()
}

// Skipped are the sections about the target that are not about this person's call, in
// words and with their places.
func (p *Policy) Skipped(of *Policy) []Line {
	var kept []*Rules
	of.each(func(r *Rules) { kept = append(kept, r) })
	var all []Line
	p.each(func(r *Rules) {
		if !slices.Contains(kept, r) {
			all = append(all, Line{strings.TrimPrefix(r.condition(), ", "), r.At})
		}
	})
	return all
}
