package doctor

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ucbridge/bridge/regularfile"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/commandline"
	"ucbridge/config"
)

// stated is an entry with what it says of where it leads. Settings are a file that
// others may have written, a folder's above all: what is taken from them are targets,
// the profile and the workspace, and no flag that names a file to write, or a tool.
type stated struct {
	aiclient.Entry
	project bool
	environ []string // in which the client starts it
}

// targetFlags choose a target.
var targetFlags = []string{"--connection", "--mcp-service", "--url", "--route", "--path"}

// unchecked is why nothing can be examined of an entry that may be good.
type unchecked string

func (u unchecked) Error() string { return string(u) }

// ownVariable begins the names of variables that stand for flags.
const ownVariable = "UCBRIDGE_"

// targets are the flags of each of the entry's targets, read as stdio reads them; of
// an entry for all that there is, those of the workspace alone. The error is unchecked,
// or one with which stdio would not start.
func (e stated) targets() ([][]string, error) {
	cfg := config.New()
	flags := pflag.NewFlagSet("", pflag.ContinueOnError)
	cfg.Bind(flags)
	cfg.Bind(flags, "record")
	if err := flags.Parse(e.Args); err != nil {
		return nil, unchecked("this version cannot read its arguments: " + config.FlagFault(err).Error())
	}
	if e.project && (e.choosesWorkspace() || cfg.Host.Given() || cfg.CAFile.Given() || cfg.File.Given()) {
		return nil, unchecked("the settings of this folder choose the workspace or its credentials")
	}
	if file := cfg.File.Value; file != "" && !filepath.IsAbs(file) {
		return nil, unchecked("only its client knows the folder of " + file)
	}
	if err := cfg.LoadSeveral(e.lookup, func(name string) ([]byte, error) { return regularfile.Read(name, maxNamed) }); err != nil {
		return nil, err
	}
	if !cfg.IsSeveral() {
		return [][]string{choices(cfg)}, nil
	}
	var all [][]string
	for _, endpoint := range cfg.Endpoints {
		all = append(all, choices(cfg.For(endpoint)))
	}
	if len(all) == 0 {
		all = append(all, choices(cfg.For(config.Endpoint{})))
	}
	return all, nil
}

// choosesWorkspace reports whether the entry sets a variable that is not ours, or that
// chooses more than a profile of the user's own.
func (e stated) choosesWorkspace() bool {
	for name := range e.Env {
		if !strings.HasPrefix(name, ownVariable) && name != "DATABRICKS_CONFIG_PROFILE" {
			return true
		}
	}
	return false
}

// lookup finds a variable; of two the later one counts, as in a process.
func (e stated) lookup(name string) (string, bool) {
	for _, pair := range slices.Backward(e.environ) {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			return value, true
		}
	}
	return "", false
}

// environment is that of the examination. What stands there for flags is in targets.
func (e stated) environment() []string {
	return slices.DeleteFunc(slices.Clone(e.environ), func(pair string) bool { return strings.HasPrefix(pair, ownVariable) })
}

// choices are the flags that choose the target of a configuration and its workspace.
func choices(cfg *config.Config) []string {
	var all []string
	for _, given := range cfg.Given() {
		name := given.Name
		if own, ok := strings.CutPrefix(name, ownVariable); ok {
			name = "--" + strings.ReplaceAll(strings.ToLower(own), "_", "-")
		}
		if slices.Contains(targetFlags, name) || slices.Contains(commandline.WorkspaceFlags, name) {
			all = append(all, name+"="+given.Value)
		}
	}
	return all
}
