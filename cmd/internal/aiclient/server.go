package aiclient

import (
	"maps"
	"os/exec"
	"slices"
	"strings"

	"ucbridge/cmd/internal/document"
)

// Server is an MCP server that a client starts.
type Server struct {
	Command string            `json:"command"`
	Args    []string          `json:"args"`
	Env     map[string]string `json:"env,omitempty"`
	// Inherit names variables that the client is asked to pass on to the server, with
	// the values that it has itself.
	Inherit []string `json:"-"`
	// Network are variables of this machine's network that the server needs, where
	// the client does not pass them on; Install decides that.
	Network map[string]string `json:"-"`
	// Off says that the entry is there and that its user has turned it off.
	Off bool `json:"-"`
}

// entryVariable is in the environment of an entry whose program has a name by which
// Ours would not know it.
const entryVariable = "UCBRIDGE_ENTRY"

// Ours reports whether the client starts ucbridge stdio, whichever copy of it:
// some have the platform in their name, and others are known by what Install left
// in their entry.
func (s Server) Ours() bool {
	if s.Env[entryVariable] != "" {
		return true
	}
	name := s.Command[strings.LastIndexAny(s.Command, `/\`)+1:]
	return strings.HasPrefix(strings.ToLower(name), "ucbridge") && slices.Contains(s.Args, "stdio")
}

// Program is the file that the client would run, or an error where there is none.
func (s Server) Program() (string, error) { return exec.LookPath(s.Command) }

// over is s with the variables that a user wrote into an earlier entry. Those that
// are ours stay as they are in s.
func (s Server) over(earlier Server) Server {
	merged := maps.Clone(s.Env)
	for name, value := range earlier.Env {
		if strings.HasPrefix(name, "UCBRIDGE_") || strings.HasPrefix(name, "DATABRICKS_") {
			continue
		}
		if merged == nil {
			merged = make(map[string]string)
		}
		merged[name] = value
	}
	s.Env = merged
	s.Inherit = slices.Compact(slices.Sorted(slices.Values(slices.Concat(s.Inherit, earlier.Inherit))))
	return s
}

// The shapes that clients want a server in.

func plain(s Entry) document.Object {
	return s.with("env", document.Object{{Name: "command", Value: s.Command}, {Name: "args", Value: s.Args}})
}

func typed(s Entry) document.Object {
	return append(document.Object{{Name: "type", Value: "stdio"}}, plain(s)...)
}

// allTools is for GitHub Copilot CLI, which wants to be told which tools.
func allTools(s Entry) document.Object {
	o := append(document.Object{{Name: "type", Value: "local"}}, plain(s)...)
	return append(o, document.Member{Name: "tools", Value: []string{"*"}})
}

// patient is for Cline, which gives a server 2 to 3 s to start where it is not told
// another time, in seconds, and calls it anew with another framing after that.
func patient(s Entry) document.Object {
	return append(plain(s), document.Member{Name: "timeout", Value: 60})
}

// required is for Codex, whose exec runs its only turn without the tools of a
// server that is still starting unless it is told to wait. It passes few of its
// variables on, and those that are named.
func required(s Entry) document.Object {
	o := plain(s)
	if len(s.Inherit) > 0 {
		o = append(o, document.Member{Name: "env_vars", Value: s.Inherit})
	}
	return append(o, document.Member{Name: "required", Value: true})
}

// enabled is for Factory's droid.
func enabled(s Entry) document.Object {
	return append(typed(s), document.Member{Name: "disabled", Value: false})
}

// custom is for Zed, where servers can come from extensions too.
func custom(s Entry) document.Object {
	return append(document.Object{{Name: "source", Value: "custom"}}, plain(s)...)
}

// local is for OpenCode and Kilo, which have one list for the command and its arguments.
func local(s Entry) document.Object {
	command := append([]string{s.Command}, s.Args...)
	return s.with("environment", document.Object{
		{Name: "type", Value: "local"}, {Name: "command", Value: command}, {Name: "enabled", Value: true},
	})
}

// extension is for Goose, which calls servers so. Its timeout is in seconds.
func extension(s Entry) document.Object {
	return s.with("envs", document.Object{
		{Name: "type", Value: "stdio"}, {Name: "name", Value: s.Name}, {Name: "description", Value: ""}, {Name: "enabled", Value: true},
		{Name: "cmd", Value: s.Command}, {Name: "args", Value: s.Args}, {Name: "timeout", Value: 300},
	})
}

// with adds the environment under that name, where there is any.
func (s Server) with(name string, o document.Object) document.Object {
	if len(s.Env) == 0 {
		return o
	}
	var env document.Object
	for _, variable := range slices.Sorted(maps.Keys(s.Env)) {
		env = append(env, document.Member{Name: variable, Value: s.Env[variable]})
	}
	return append(o, document.Member{Name: name, Value: env})
}

// environments are the names that clients have for the environment.
var environments = []string{"env", "envs", "environment"}

// launch are the members of an entry that say what is started and how. The others
// belong to its user once they are there.
var launch = append([]string{"type", "source", "name", "command", "cmd", "args", "env_vars"}, environments...)

// read is the inverse of every shape. A remote server has no command.
func read(entry map[string]any) Server {
	s := Server{Off: entry["enabled"] == false || entry["disabled"] == true}
	for _, name := range []string{"command", "cmd"} {
		switch command := entry[name].(type) {
		case string:
			s.Command = command
		case []any:
			s.Args = words(command)
		}
	}
	if args, ok := entry["args"].([]any); ok {
		s.Args = words(args)
	}
	if s.Command == "" && len(s.Args) > 0 {
		s.Command, s.Args = s.Args[0], s.Args[1:]
	}
	for _, name := range environments {
		env, _ := entry[name].(map[string]any)
		for variable, value := range env {
			if text, ok := value.(string); ok {
				if s.Env == nil {
					s.Env = make(map[string]string)
				}
				s.Env[variable] = text
			}
		}
	}
	if names, ok := entry["env_vars"].([]any); ok {
		s.Inherit = words(names)
	}
	return s
}

func words(list []any) []string {
	var out []string
	for _, item := range list {
		if text, ok := item.(string); ok {
			out = append(out, text)
		}
	}
	return out
}
