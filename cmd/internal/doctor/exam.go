package doctor

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/refusal"
	"ucbridge/bridge/unitycatalog"
	"ucbridge/cmd/internal/aiclient"
	"ucbridge/cmd/internal/commandline"
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
	// Environment are the variables of this shell that tell ucbridge how to reach
	// and sign in to the workspace.
	Environment []string
	// Workspace is the one that Config names.
	Workspace *databricks.Workspace
	// Nearest is the name that was most likely meant, where a refusal says that there is no
	// such connection or service, and "" where none is near.
	Nearest func(context.Context, *unitycatalog.Catalog, *refusal.Error) string
	// Mistyped says what was most likely meant by variables of an environment that are none
	// of ucbridge's, but spelled nearly as one.
	Mistyped func(environ []string) []string
	// Rules reads the policy. The error says that nothing passes, as it cannot be read.
	Rules func() (Rules, error)
	// Effect is that of the policy on the tools that were listed.
	Effect func() Effect
	// Connect shakes hands with the MCP server as an AI client does; nil without
	// a target.
	Connect func(context.Context) (*remote.Server, error)
	// Tool is called, if it is set, with the arguments name=value.
	Tool      string
	Arguments []string
	// Name tells one of several targets from the others.
	Name string
	// Several are the options of each of several targets; there is none in these then.
	// Of each only what is about the target counts.
	Several []Options
	// TargetOnly leaves out what is on this machine, and stops before the routes to
	// the target.
	TargetOnly bool
}

// Exam is one examination: the checks, and what they found out that others go by.
// Each part reads only what the checks that it needs have written.
type Exam struct {
	opts         Options
	machine      *machine
	workspace    *workspace
	securable    *securable
	routes       *routes
	conversation *conversation
	beside       []*Exam // one for each of several targets
}

// New prepares an examination. Close ends it.
func New(o Options) *Exam {
	m := &machine{opts: o, commands: commandline.Commands{Config: o.Config}}
	w := &workspace{client: o.Workspace, catalog: unitycatalog.New(o.Workspace), config: o.Config, mistyped: o.Mistyped}
	e := newExam(o, m, w)
	for _, one := range o.Several {
		e.beside = append(e.beside, newExam(one, m, w))
	}
	return e
}

// newExam is an examination that goes by what is found of a machine and a workspace.
func newExam(o Options, m *machine, w *workspace) *Exam {
	paste := commandline.Commands{Config: o.Config}
	e := &Exam{opts: o, machine: m, workspace: w}
	e.routes = &routes{opts: o, workspace: e.workspace}
	e.securable = &securable{target: o.Target, workspace: e.workspace, routes: e.routes, nearest: o.Nearest, commands: paste}
	e.conversation = &conversation{opts: o, workspace: e.workspace, commands: paste}
	return e
}

// Checks returns the checks, in the order in which a message meets what they are
// about. A new check is a row here.
func (e *Exam) Checks() []Check {
	checks := []Check{
		{ID: "configuration", run: e.workspace.configuration},
		{ID: "proxy", needs: []string{"configuration"}, routine: true, run: e.workspace.proxy},
		{ID: "certificate", needs: []string{"proxy"}, routine: true, run: e.workspace.certificate, reach: true},
		{ID: "workspace", needs: []string{"certificate"}, routine: true, run: e.workspace.reachable, reach: true},
		{ID: "clock", needs: []string{"workspace"}, routine: true, run: e.workspace.clock},
		{ID: "credentials", needs: []string{"workspace"}, run: e.workspace.credentials},
	}
	if !e.opts.TargetOnly {
		checks = slices.Concat([]Check{
			{ID: "program", routine: true, run: e.machine.program},
			{ID: "clients", run: e.machine.clients},
			{ID: "cache", routine: true, run: e.machine.cache},
			{ID: "policy", routine: true, run: e.machine.policy},
		}, checks, []Check{
			{ID: "entries", needs: []string{"credentials"}, routine: true, run: e.machine.entries},
		})
	}
	for _, one := range e.beside {
		checks = append(checks, one.ofTarget()...)
	}
	switch {
	case len(e.beside) > 0:
		return checks
	case e.opts.Connect == nil:
		return append(checks, Check{ID: "connections", needs: []string{"credentials"}, run: e.securable.choices})
	}
	return append(checks, e.ofTarget()...)
}

// ofTarget are the checks of a target, which need those of the machine and the
// workspace.
func (e *Exam) ofTarget() (checks []Check) {
	way := []string{"credentials"}
	if e.opts.Target.URL != "" {
		checks = append(checks, Check{ID: "address", needs: []string{"configuration"}, routine: true, run: e.routes.address})
		way = append(way, "address")
	} else {
		name := string(e.securable.kind())
		checks = append(checks,
			Check{ID: name, needs: way, run: e.securable.find},
			Check{ID: "permission", needs: []string{name}, run: e.securable.permission},
			Check{ID: "sign-in", needs: []string{name}, run: e.securable.signIn},
		)
		way = []string{"permission", "sign-in"}
	}
	if !e.opts.TargetOnly {
		checks = append(checks,
			Check{ID: "routes", needs: way, run: e.routes.check, reach: true},
			Check{ID: "initialize", needs: []string{"policy", "routes"}, run: e.conversation.initialize, reach: true},
			Check{ID: "tools", needs: []string{"initialize"}, run: e.conversation.tools},
		)
	}
	if e.opts.Tool != "" {
		checks = append(checks, Check{ID: "call", needs: []string{"tools"}, run: e.conversation.call})
	}
	for i := range checks {
		checks[i].Target = e.opts.Name
	}
	return checks
}

// Close ends the sessions at the servers, in a moment.
func (e *Exam) Close(ctx context.Context) error {
	errs := make([]error, len(e.beside))
	var all sync.WaitGroup
	for i, one := range e.beside {
		all.Go(func() { errs[i] = one.conversation.close(ctx) })
	}
	all.Wait()
	return errors.Join(e.conversation.close(ctx), errors.Join(errs...))
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
