package doctor

import (
	"context"
	"fmt"
	"strings"
)

// Rules are what the policy files say that apply here.
type Rules struct {
	Files []string `json:"files"`
	Count int      `json:"rules"` // about the target, or all of them without one
}

// Effect is what the policy does to what the server offers.
type Effect struct {
	Hidden  int // tools that the policy does not let through
	Waiting int // changed tools and prompts that wait for approval
}

// policy tells which rules apply. What they do is told with the tools.
func (m *machine) policy(context.Context) Finding {
	rules, err := m.opts.Rules()
	switch {
	case err != nil:
		return fault(err).withHint("%s", m.commands.ForPolicy("check"))
	case len(rules.Files) == 0:
		return ok("none: everything passes").withData(rules)
	}
	f := ok("%s, from %s", counted(rules.Count, "rule"), strings.Join(rules.Files, ", ")).withData(rules)
	f.news = true
	return f
}

// governed adds to what was found of the tools what the policy does to them.
func (c *conversation) governed(f Finding) Finding {
	effect := c.opts.Effect()
	if effect.Hidden > 0 {
		f.Detail += fmt.Sprintf("; the policy hides %d more", effect.Hidden)
		f.Hint = c.commands.ForPolicy("show")
	}
	if effect.Waiting > 0 {
		f.Detail += "; waiting for approval: " + counted(effect.Waiting, "change")
		f.Hint = "see each change, and approve it, with: " + c.commands.ForPolicy("approve")
	}
	return f
}

// counted is a number with its noun.
func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}
