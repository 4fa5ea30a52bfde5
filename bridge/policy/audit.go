package policy

// AuditRules say where and how a log is kept.
type AuditRules struct {
	At Place
	// File is the log, "" where the system has no place for one.
	File string
	// Required refuses calls while the log cannot be written.
	Required *Place
	// Values has arguments written, not only their sizes.
	Values *Place
	// MaxSize is the size beyond which a new file is begun, in bytes; Keep is how many
	// old ones stay.
	MaxSize *Size
	Keep    int
	KeepAt  Place
}
