package policy

import (
	"errors"
	"fmt"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
)

// UserFile is the user's own policy file, in the configuration directory. Where HOME is
// not set, as clients with a bare environment leave it, the system is asked for the home
// of the user. The error says that there is no telling where the file is.
func UserFile() (string, error) {
	dir, err := ConfigDir()
	if err != nil {
		return "", fmt.Errorf("finding the user's policy: %w", err)
	}
	return filepath.Join(dir, "policy.yaml"), nil
}

// ConfigDir is the directory of the user's settings, which the environment may move.
func ConfigDir() (string, error) {
	if dir, err := os.UserConfigDir(); err == nil {
		return filepath.Join(dir, "ucbridge"), nil
	}
	home, err := homeOfUser()
	if err != nil {
		return "", err
	}
	return filepath.Join(configDir(home), "ucbridge"), nil
}

// defaultLog is the audit log of a user who names none, "" where the system has no
// place for it: $XDG_STATE_HOME/ucbridge/audit.jsonl, ~/.local/state in its place,
// and the cache directory on macOS and Windows.
func defaultLog() string {
	if dir := os.Getenv("XDG_STATE_HOME"); dir != "" {
		return filepath.Join(dir, "ucbridge", "audit.jsonl")
	}
	home, err := os.UserHomeDir()
	if err != nil {
		home, err = homeOfUser()
	}
	if err != nil {
		return ""
	}
	return logIn(home)
}

// FixedConfigDir and fixedLog are where an administrator's policy keeps what it wants
// kept. No variable of the environment moves them: it is the client's to set.

// FixedConfigDir is ConfigDir by the system's word alone.
func (m Managed) FixedConfigDir() (string, error) {
	home, err := m.home()
	if err != nil {
		return "", err
	}
	return filepath.Join(configDir(home), "ucbridge"), nil
}

// fixedLog is defaultLog by the system's word alone.
func (m Managed) fixedLog() string {
	home, err := m.home()
	if err != nil {
		return ""
	}
	return logIn(home)
}

func (m Managed) home() (string, error) {
	if m.elsewhere != nil {
		return m.elsewhere.home, nil
	}
	return homeOfUser()
}

// homeOfUser asks the system, and not the environment where that can be helped.
func homeOfUser() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", err
	}
	if u.HomeDir == "" {
		return "", errors.New("the user has no home directory")
	}
	return u.HomeDir, nil
}

func configDir(home string) string {
	switch runtime.GOOS {
	case "darwin":
		return filepath.Join(home, "Library", "Application Support")
	case "windows":
		return filepath.Join(home, "AppData", "Roaming")
	}
	return filepath.Join(home, ".config")
}

func logIn(home string) string {
	dir := filepath.Join(home, ".local", "state")
	switch runtime.GOOS {
	case "darwin":
		dir = filepath.Join(home, "Library", "Caches")
	case "windows":
		dir = filepath.Join(home, "AppData", "Local")
	}
	return filepath.Join(dir, "ucbridge", "audit.jsonl")
}
