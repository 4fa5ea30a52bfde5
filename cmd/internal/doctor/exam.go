package doctor

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/remote"
	"ucbridge/config"
)

// Options say what is examined.
type Options struct {
	Version string
	// Config is complete; it may lack a target, and then so does Target.
	Config *config.Config
	Target databricks.Target
	// System is where AI clients are looked for.
	System aiclient.System
	// Workspace is the one that Config names.
	Workspace *databricks.Workspace
	// Connect shakes hands with the MCP server as an AI client does; nil without
	// a target.
	Connect func(context.Context) (*remote.Server, error)
	// Tool is called, if it is set, with the arguments name=value.
	Tool      string
	Arguments []string
	// Command spells a command line so that it can be pasted.
	Command func(words ...string) string
}

// Exam is one examination. What a check found out and others go by is in it; a
// check reads only what those that it needs have written.
type Exam struct {
	Options
	catalog *unitycatalog.Catalog

	settings []auth.Setting      // configuration
	reached  error               // certificate: why there was no connection
	contact  databricks.Probe    // certificate
	me       string              // credentials
	found    unitycatalog.Server // connection
	unseen   bool                // connection: it exists, and the user may not see it

	knocking sync.Once
	answers  []answer      // of the routes
	knocked  time.Duration // how long they took together

	server atomic.Pointer[remote.Server] // initialize; Close may come while that still runs
}

// New prepares an examination. Close ends it.
func New(o Options) *Exam { return &Exam{Options: o, catalog: unitycatalog.New(o.Workspace)} }

// Checks returns the checks, in the order in which a message meets what they are
// about.
func (e *Exam) Checks() []Check {
	checks := []Check{
		{"program", nil, e.program},
		{"clients", nil, e.clients},
		{"cache", nil, e.cache},
		{"configuration", nil, e.configuration},
		{"proxy", []string{"configuration"}, e.proxy},
		{"certificate", []string{"proxy"}, e.certificate},
		{"workspace", []string{"certificate"}, e.workspace},
		{"clock", []string{"workspace"}, e.clock},
		{"credentials", []string{"workspace"}, e.credentials},
	}
	if e.Connect == nil {
		return append(checks, Check{"connections", []string{"credentials"}, e.connections})
	}
	way := []string{"credentials"}
	if e.Target.URL == "" {
		name := string(e.kind())
		checks = append(checks,
			Check{name, way, e.securable},
			Check{"permission", []string{name}, e.permission},
			Check{"sign-in", []string{name}, e.signIn},
		)
		way = []string{"permission", "sign-in"}
	}
	checks = append(checks,
		Check{"routes", way, e.routes},
		Check{"initialize", []string{"routes"}, e.initialize},
		Check{"tools", []string{"initialize"}, e.tools},
	)
	if e.Tool != "" {
		checks = append(checks, Check{"call", []string{"tools"}, e.call})
	}
	return checks
}

// kind is that of the target, where it is not a URL.
func (e *Exam) kind() unitycatalog.Kind {
	if e.Target.Service != "" {
		return unitycatalog.Service
	}
	return unitycatalog.Connection
}

// workspaceFlags choose the workspace and the way to it.
var workspaceFlags = []string{"--profile", "--host", "--ca-file"}

// command is a command of ucbridge to paste, for the same workspace.
func (e *Exam) command(words ...string) string {
	return e.paste(words, func(flag string) bool { return slices.Contains(workspaceFlags, flag) })
}

// targeted is a command of ucbridge to paste, for the same target.
func (e *Exam) targeted(words ...string) string {
	return e.paste(words, func(flag string) bool { return strings.HasPrefix(flag, "--") })
}

// paste adds those of the flags that were given. What came by environment the
// pasted command finds there.
func (e *Exam) paste(words []string, takes func(flag string) bool) string {
	words = append([]string{"ucbridge"}, words...)
	for _, given := range e.Config.Given() {
		switch {
		case !takes(given.Name):
		case given.Value == "true" || given.Value == "false":
			words = append(words, given.Name+"="+given.Value)
		default:
			words = append(words, given.Name, given.Value)
		}
	}
	return e.Command(words...)
}

// setting is what the configuration says, and where.
func (e *Exam) setting(name string) auth.Setting {
	i := slices.IndexFunc(e.settings, func(s auth.Setting) bool { return s.Name == name })
	if i < 0 {
		return auth.Setting{}
	}
	return e.settings[i]
}

// Close ends the session at the server, in a moment.
func (e *Exam) Close(ctx context.Context) error {
	if server := e.server.Load(); server != nil {
		return server.Close(ctx)
	}
	return nil
}

// inWords is a time as people say it.
func inWords(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return d.Round(100 * time.Microsecond).String()
	case d < time.Second:
		return d.Round(time.Millisecond).String()
	case d < time.Minute:
		return d.Round(time.Second / 10).String()
	}
	text := d.Round(time.Minute).String()
	return strings.TrimSuffix(text, "0s")
}
