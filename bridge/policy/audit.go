package policy

import (
	"os"
	"path/filepath"
)

// AuditRules say where and how a log is kept.
type AuditRules struct {
	At Place
	// File is the log, "" for the default of the system.
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

// DefaultLog is the audit log of a user who names none, "" where the system has no
// place for it: $XDG_STATE_HOME/ucbridge/audit.jsonl, ~/.local/state in its place,
// and the cache directory on macOS and Windows.
func DefaultLog() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "ucbridge", "audit.jsonl")
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return ""
	}
	if home, err := os.UserHomeDir(); err == nil && filepath.Base(cache) == ".cache" {
		return filepath.Join(home, ".local", "state", "ucbridge", "audit.jsonl")
	}
	return filepath.Join(cache, "ucbridge", "audit.jsonl")
}
