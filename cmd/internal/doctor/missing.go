package doctor

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ucbridge/bridge/regularfile"
	"ucbridge/cmd/internal/aiclient"
)

// maxNamed bounds the files that an entry names and that are looked into.
const maxNamed = 1 << 20

// missing says what an entry of a client names that is not there: it would start,
// and the client would show it as connected, and it would have no tools. Relative
// paths are those of a folder that nobody knows, and pass.
func (m *machine) missing(entry aiclient.Entry) string {
	file := entry.Env["DATABRICKS_CONFIG_FILE"]
	if file == "" {
		file = filepath.Join(m.opts.System.Home, ".databrickscfg")
	} else if _, err := os.Stat(file); filepath.IsAbs(file) && os.IsNotExist(err) {
		return fmt.Sprintf("DATABRICKS_CONFIG_FILE names %s, which is not there", file)
	}
	if profile := argument(entry.Args, "--profile"); profile != "" && filepath.IsAbs(file) && !hasProfile(file, profile) {
		return fmt.Sprintf("there is no profile %q in %s", profile, file)
	}
	for _, flag := range []string{"--policy", "--ca-file"} {
		name := argument(entry.Args, flag)
		if _, err := os.Stat(name); filepath.IsAbs(name) && os.IsNotExist(err) {
			return fmt.Sprintf("%s names %s, which is not there", flag, name)
		}
	}
	return ""
}

// argument is the value of a flag, "" without one.
func argument(args []string, flag string) string {
	for i, arg := range args {
		if value, ok := strings.CutPrefix(arg, flag+"="); ok {
			return value
		}
		if arg == flag && i+1 < len(args) {
			return args[i+1]
		}
	}
	return ""
}

// hasProfile reports whether a file has a section of that name. One that cannot be
// read is another check's.
func hasProfile(file, profile string) bool {
	content, err := regularfile.Read(file, maxNamed)
	if err != nil {
		return !os.IsNotExist(err)
	}
	for line := range bytes.Lines(content) {
		if string(bytes.TrimSpace(line)) == "["+profile+"]" {
			return true
		}
	}
	return false
}
