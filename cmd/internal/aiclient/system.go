package aiclient

import (
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// System is where clients are looked for. Only Exists and OnPath look at the machine, so
// that every system's paths can be asked for on any other.
type System struct {
	OS   string // as runtime.GOOS spells it
	Home string // the user's home folder
	Dir  string // the project's folder
	// Root is put before the absolute paths of a whole machine; "" but in tests.
	Root   string
	Getenv func(string) string
	Exists func(path string) bool
	// OnPath reports whether a shell would find the program; nil where none is looked for.
	OnPath func(program string) bool
}

// Here is the machine that the program runs on, and the current folder.
func Here() (System, error) {
	home, err := os.UserHomeDir()
	if err != nil {
		return System{}, err
	}
	dir, err := os.Getwd()
	if err != nil {
		return System{}, err
	}
	exists := func(path string) bool {
		_, err := os.Stat(path)
		return err == nil
	}
	onPath := func(program string) bool {
		_, err := exec.LookPath(program)
		return err == nil
	}
	return System{OS: runtime.GOOS, Home: home, Dir: dir, Getenv: os.Getenv, Exists: exists, OnPath: onPath}, nil
}

// folders are the variables that move a client's settings, and where they are
// without: the XDG base directories, the known folders of Windows, and what each
// client documents.
var folders = map[string]string{
	"XDG_CONFIG_HOME":   "~/.config",
	"APPDATA":           "~/AppData/Roaming",
	"LOCALAPPDATA":      "~/AppData/Local",
	"CLAUDE_CONFIG_DIR": "~",
	"CODEX_HOME":        "~/.codex",
	"COPILOT_HOME":      "~/.copilot",
	"GEMINI_CLI_HOME":   "~",
	"ProgramFiles":      `C:\Program Files`,
	"ProgramData":       `C:\ProgramData`,
}

// path expands "~/..." and "$VARIABLE/..." and spells the result as the system
// does. Anything else that is not absolute is relative to the project's folder.
func (s System) path(pattern string) string {
	first, rest, _ := strings.Cut(pattern, "/")
	base := s.Dir
	if name, ok := strings.CutPrefix(first, "$"); ok {
		if base = s.Getenv(name); base == "" {
			base = s.path(folders[name])
		}
	} else if first == "~" {
		base = s.Home
	} else if strings.HasPrefix(first, `C:\`) {
		return s.Root + pattern
	} else if first == "" {
		base = s.Root
	} else {
		rest = pattern
	}
	if rest == "" {
		return base
	}
	if s.OS == "windows" {
		return strings.TrimRight(base, `\/`) + `\` + strings.ReplaceAll(rest, "/", `\`)
	}
	return strings.TrimRight(base, "/") + "/" + rest
}

// top is the folder that the pattern of a user's settings starts from and that was there
// before any client: the one that a variable names, else the home folder.
func (s System) top(pattern string) string {
	first, _, _ := strings.Cut(pattern, "/")
	if name, ok := strings.CutPrefix(first, "$"); ok && s.Getenv(name) != "" {
		return s.Getenv(name)
	}
	return s.Home
}

// parent is the folder that a path is in.
func parent(path string) string {
	if i := strings.LastIndexAny(path, `/\`); i > 0 {
		return path[:i]
	}
	return path
}
