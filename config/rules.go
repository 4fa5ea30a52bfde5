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
	// Meta are members of _meta for each tools/call, as KEY=VALUE or KEY:=JSON.
	Meta Value[[]string]
	// Audit is a file for the audit log, empty for what the policy says.
	Audit Value[string]
}

func (r *Rules) table() []setting {
	return []setting{
		{"policy", "", "UCBRIDGE_POLICY", "", text(&r.Policy, "file"), "policy file, in addition to the administrator's and your own"},
		{"read-only", "", "UCBRIDGE_READ_ONLY", "false", boolean(&r.ReadOnly), "allow only tools that are declared read-only"},
		{"allow", "", "UCBRIDGE_ALLOW", "", globs(&r.Allow), "allow only these tools, such as get_*,list_*; repeatable"},
		{"deny", "", "UCBRIDGE_DENY", "", globs(&r.Deny), "block these tools; repeatable"},
		{"meta", "", "UCBRIDGE_META", "", meta(&r.Meta), "set this in _meta of each tools/call (KEY:=JSON for other types); repeatable"},
		{"audit", "", "UCBRIDGE_AUDIT", "", text(&r.Audit, "file"), "append one JSON line per request to this file"},
	}
}
