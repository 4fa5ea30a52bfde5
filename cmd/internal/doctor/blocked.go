package doctor

import (
	"strings"

	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/terminal"
)

// blocked is the finding on an entry that its client does not start, because of rules
// of its administrator's or of its user's.
func (m *machine) blocked(state aiclient.State, entry aiclient.Entry, block aiclient.Block) Finding {
	f := failed("%s does not start %s, by %s: %s", state.Client.Title, terminal.Line(entry.Name), block.File, block.Reason)
	rule, known, err := state.Client.Rule(m.opts.System, entry)
	if !block.Lacks || !known || err != nil {
		return f.withHint("change that in %s, or ask whoever keeps it", block.File)
	}
	return f.withHint("add to %s there, or ask whoever keeps the file: %s", rule.List, strings.ReplaceAll(rule.Text, "\n", "\n    "))
}
