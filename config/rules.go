package config

// Rules are the settings that say what may pass and where it is written down, the
// same for stdio and serve.
type Rules struct {
	// Policy is a file of rules that apply besides the administrator's and the
	// user's own; ReadOnly, Allow and Deny (globs of tool names) are the simple rules
	// in its place. See package govern.
	Policy      Value[string]
	ReadOnly    Value[bool]
	Allow, Deny Value[[]string]
	// Audit is a file for the audit log, empty for what the policy says.
	Audit Value[string]
}

func (r *Rules) table() []setting {
	return []setting{
		{"policy", "", "UCBRIDGE_POLICY", "", text(&r.Policy, "file"), "rules for what may pass, besides those of the administrator"},
		{"read-only", "", "UCBRIDGE_READ_ONLY", "false", boolean(&r.ReadOnly), "let only tools pass that are declared to be read-only"},
		{"allow", "", "UCBRIDGE_ALLOW", "", globs(&r.Allow), "let only these tools pass, as in get_*,list_*; may be repeated"},
		{"deny", "", "UCBRIDGE_DENY", "", globs(&r.Deny), "let these tools not pass; may be repeated"},
		{"audit", "", "UCBRIDGE_AUDIT", "", text(&r.Audit, "file"), "append a line for each request to a file"},
	}
}
