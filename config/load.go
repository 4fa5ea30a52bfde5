package config

import (
	"fmt"
	"slices"
	"strings"
)

// Load completes c after its flags were parsed: what no flag set is taken from
// the environment, and the target is checked. An empty variable counts as not
// set. lookup is os.LookupEnv or a test's; it is not kept. The error is an
// *Error.
func (c *Config) Load(lookup func(string) (string, bool)) error {
	if err := fromEnvironment(c.table(), lookup); err != nil {
		return err
	}
	if len(c.More) > 0 {
		return c.tooMany()
	}
	return c.checkTarget()
}

// TargetFlag is the flag for a target that a plain argument names: a path or an address is
// for --url, a name with two dots for --mcp-service, else it is a connection.
func TargetFlag(target string) string {
	switch {
	case strings.HasPrefix(target, "/") || strings.Contains(target, "://"):
		return "url"
	case strings.Count(target, ".") == 2:
		return "mcp-service"
	}
	return "connection"
}

// Name sets the target that a plain argument names, see [TargetFlag]. A later Load checks it.
func (c *Config) Name(target string) error {
	flag := TargetFlag(target)
	for _, s := range c.rows(flag) {
		if err := s.field.set(target, fromFlag(flag)); err != nil {
			return &Error{Problem: fmt.Sprintf("invalid target %q: %v", target, err)}
		}
	}
	return nil
}

// LoadOnly completes the settings with those flags, and those without any, for a
// command that has no target. What else is in the environment does not matter.
func (c *Config) LoadOnly(lookup func(string) (string, bool), flags ...string) error {
	return fromEnvironment(c.rows(append([]string{""}, flags...)...), lookup)
}

// databricksVariables stand for the flags that have no variable of ours.
var databricksVariables = map[string]string{"profile": "DATABRICKS_CONFIG_PROFILE", "host": "DATABRICKS_HOST"}

// Variables are the environment variables that some command reads, by UCBRIDGE_ and the
// flag: a name that is not its own value is none, and stands for one of the Databricks SDK.
func Variables() map[string]string {
	all := make(map[string]string)
	for _, s := range slices.Concat(new(Config).table(), new(Gateway).table()) {
		if s.env != "" {
			all[s.env] = s.env
		} else if variable := databricksVariables[s.flag]; variable != "" {
			all["UCBRIDGE_"+strings.ToUpper(s.flag)] = variable
		}
	}
	return all
}

// fromEnvironment sets what no flag has set.
func fromEnvironment(table []setting, lookup func(string) (string, bool)) error {
	for _, s := range table {
		if s.env == "" || s.field.source().isFlag() {
			continue
		}
		value, _ := lookup(s.env)
		if value == "" {
			continue
		}
		if err := s.field.set(value, fromEnv(s.env)); err != nil {
			if s.field.Type() == headerType { // it may be a secret
				return &Error{Problem: fmt.Sprintf("invalid argument for %q: %v", s.env, err)}
			}
			return &Error{Problem: fmt.Sprintf("invalid argument %q for %q: %v", value, s.env, err)}
		}
	}
	return nil
}

// ErrNoTarget is Load's error where everything is well but that no target was set.
var ErrNoTarget = &Error{
	Problem: "no target: give one of --connection, --mcp-service and --url",
	Hint:    "list connections with: ucbridge connections",
}

// checkTarget sees to it that one target is set and that nothing contradicts
// it. A target named by flag overrides one in the environment even when it is
// of another kind: the environment is often a client's and shared.
func (c *Config) checkTarget() error {
	targets := c.rows("connection", "mcp-service", "url")
	chosen := from(targets, Source.isFlag)
	if len(chosen) == 0 {
		chosen = from(targets, Source.given)
	}
	switch len(chosen) {
	case 0:
		return ErrNoTarget
	case 1:
	default:
		return c.tooMany()
	}
	target := chosen[0]
	for _, s := range targets {
		if s.flag != target.flag {
			s.reset()
		}
	}
	if target.flag == "connection" {
		return nil
	}
	return c.checkWithoutConnection(target)
}

// checkWithoutConnection deals with --route and --path, which say something
// about a connection, where the target is another.
func (c *Config) checkWithoutConnection(target setting) error {
	for _, s := range from(c.rows("route", "path"), Source.given) {
		if target.field.source().isFlag() && !s.field.source().isFlag() {
			s.reset() // it went with a connection in the environment, overridden too
			continue
		}
		return &Error{Problem: fmt.Sprintf("%s contradict each other: --%s belongs to --connection",
			spelled([]setting{s, target}), s.flag)}
	}
	return nil
}

// from returns the settings whose source is of that kind.
func from(settings []setting, kind func(Source) bool) []setting {
	return slices.DeleteFunc(slices.Clone(settings), func(s setting) bool { return !kind(s.field.source()) })
}

// spelled joins what the user wrote: "--connection and --url".
func spelled(settings []setting) string {
	names := make([]string, len(settings))
	for i, s := range settings {
		names[i] = s.field.source().spelled()
	}
	return strings.Join(names, " and ")
}
