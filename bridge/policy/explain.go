package policy

import (
	"fmt"
	"strconv"
)

// Line is one rule in words, and where it was written.
type Line struct {
	Rule string
	At   Place
}

// Lines say what a section rules, in the order of the documentation.
func (r *Rules) Lines() []Line {
	var all []Line
	add := func(at Place, format string, args ...any) {
		all = append(all, Line{fmt.Sprintf(format, args...) + r.condition(), at})
	}
	patterns := func(what string, list []Pattern) {
		for _, p := range list {
			add(p.At, "%s %q", what, p.Glob)
		}
	}
	if r.ReadOnly != nil {
		add(*r.ReadOnly, "read_only")
	}
	for _, kind := range []struct {
		name  string
		names Names
	}{{"tools", r.Tools}, {"prompts", r.Prompts}, {"resources", r.Resources}} {
		patterns(kind.name+" deny", kind.names.Deny)
		patterns(kind.name+" allow", kind.names.Allow)
		if kind.names.Allowing != nil && len(kind.names.Allow) == 0 {
			add(*kind.names.Allowing, "%s allow nothing", kind.name)
		}
	}
	patterns("tools reads", r.Reads)
	patterns("tools writes", r.Writes)
	if r.ConfirmDestructive != nil {
		add(*r.ConfirmDestructive, "confirm destructive calls")
	}
	patterns("tools confirm", r.Confirm)
	patterns("methods", r.Methods)
	for _, limit := range r.Calls {
		add(limit.At, "limits %d calls a minute to %q", limit.PerMinute, limit.Tools.Glob)
	}
	if r.MaxCall != nil {
		add(r.MaxCall.At, "limits max_call %d bytes", r.MaxCall.Bytes)
	}
	if r.Pins.Mode != PinOff {
		add(r.Pins.At, "pins %s", r.Pins.Mode)
	}
	if m := r.Secrets.Arguments; m != SecretOff {
		add(r.Secrets.ArgumentsAt, "secrets arguments %s", argumentModes[m])
	}
	if m := r.Secrets.Results; m != SecretOff {
		add(r.Secrets.ResultsAt, "secrets results %s", resultModes[m])
	}
	for _, preset := range r.Meta {
		add(preset.At, "meta %s = %s", preset.Name, preset.JSON)
	}
	if r.MaxResult != nil {
		add(r.MaxResult.At, "max_result %d bytes", r.MaxResult.Bytes)
	}
	return all
}

// Lines say how a log is kept.
func (a AuditRules) Lines() []Line {
	all := []Line{{"audit " + strconv.Quote(a.File), a.At}}
	if a.Required != nil {
		all = append(all, Line{"audit required", *a.Required})
	}
	if a.Values != nil {
		all = append(all, Line{"audit values", *a.Values})
	}
	if a.MaxSize != nil {
		all = append(all, Line{fmt.Sprintf("audit max_size %d bytes", a.MaxSize.Bytes), a.MaxSize.At})
	}
	if a.Keep > 0 {
		all = append(all, Line{fmt.Sprintf("audit keep %d files", a.Keep), a.KeepAt})
	}
	return all
}
