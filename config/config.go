// Package config says what a user may set. A value comes from its flag, else
// from its environment variable, else it is the default, and every value
// remembers which of the three it was. The table in table.go is the whole list
// for commands of one client, the one in gateway.go for ucbridge serve. A YAML file
// (endpoint.go) names servers, and a policy and an audit log where nothing nearer does.
//
// Credentials are no part of it: the Databricks SDK reads ~/.databrickscfg and
// the DATABRICKS_* variables itself, so that a user's existing set-up works
// unchanged. Only a profile and a host can be named here, by flag.
package config

import (
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// Config is everything a user may set. Make one with New, give it to a command
// line with Bind, and complete it with Load; from then on it is only read, by
// any number of goroutines.
type Config struct {
	// Connection, Service and URL name the target; after Load exactly one of
	// them is set, unless there are several targets. Connection is a Unity Catalog
	// connection, Service the full name of an MCP service (catalog.schema.name),
	// URL a path on the workspace or the address of a Databricks App.
	Connection, Service, URL Value[string]
	// Route is how a Connection is reached, one of [route.Choices]. Path is appended to
	// the connection's base path; empty leaves it to the route. Neither is set
	// with another target.
	Route, Path Value[string]

	// More are the targets that flags named after the first of their kind, File a YAML
	// file of others, and All stands for every one that the user may use. URLName is what
	// the user calls URL.
	More    []Endpoint
	File    Value[string]
	All     Value[bool]
	URLName string
	// Prefix is one of Prefixes, Tools one of ToolForms.
	Prefix, Tools Value[string]
	// Endpoints are, after LoadSeveral, the targets where there are several: each with
	// another Name.
	Endpoints []Endpoint

	// Headers go with every request, as "NAME: VALUE", for a server that reads them.
	Headers Value[[]string]

	// Profile and Host choose the workspace and its credentials. Empty leaves
	// the choice to the Databricks SDK, which reads DATABRICKS_CONFIG_PROFILE,
	// DATABRICKS_HOST and ~/.databrickscfg.
	Profile, Host Value[string]
	// CAFile is a PEM file with certificates to trust besides the system's.
	CAFile Value[string]

	// CallTimeout is how long one request may take; 0 means as long as it wants.
	CallTimeout Value[time.Duration]
	// CallIdleTimeout is how long one request may go without any sign of the
	// server; 0 means as long as CallTimeout allows.
	CallIdleTimeout Value[time.Duration]
	// ConnectTimeout is how long initialize waits for the remote server before
	// the bridge answers in its place. Always above 0.
	ConnectTimeout Value[time.Duration]
	// FailFast ends the program, for scripts, where the bridge would otherwise
	// answer in the remote server's place.
	FailFast Value[bool]
	// Fresh asks the server first at each start, where initialize and lists would
	// otherwise be answered as it did last time.
	Fresh Value[bool]
	// MaxMessage is the longest message, in bytes, that is carried.
	MaxMessage Value[int64]
	// KeepCapabilities passes the client's capabilities unchanged even where
	// the route cannot carry what they promise.
	KeepCapabilities Value[bool]
	// Era says what becomes of a client that speaks no revision that the server
	// does, one of Eras.
	Era Value[string]
	// Adapt says whether clients get what they are known to be unable to read in a
	// form that they can, one of Adaptings.
	Adapt Value[string]
	// Record is the file that the session is recorded in, "" for none.
	Record Value[string]

	Rules

	// Debug lowers the log level from warn to debug.
	Debug Value[bool]
	// LogFile receives the log instead of stderr; empty is stderr.
	LogFile Value[string]
	// CacheDir holds what is remembered between runs; empty remembers nothing.
	CacheDir Value[string]
}

// Value is one setting and where it came from.
type Value[T any] struct {
	Value  T
	Source Source
}

// Given reports whether a user set the value, by flag or by environment.
func (v Value[T]) Given() bool { return v.Source.given() }

// Source says where a value came from, in words for a person: "flag --route",
// "environment UCBRIDGE_ROUTE" or Default.
type Source string

// Default is the Source of a value that nobody set. The zero Source means the same.
const Default Source = "default"

func fromFlag(name string) Source { return Source("flag --" + name) }
func fromEnv(name string) Source  { return Source("environment " + name) }

func (s Source) given() bool  { return s != Default && s != "" }
func (s Source) isFlag() bool { return strings.HasPrefix(string(s), "flag ") }

// spelled is the name by which the user set it: "--route", "UCBRIDGE_ROUTE".
func (s Source) spelled() string {
	_, name, _ := strings.Cut(string(s), " ")
	return name
}

// Error is a fault in what a user set, worded for that user.
type Error struct {
	Problem string // one line, naming the flag or variable
	Hint    string // one thing to do, to be pasted; may be empty
}

func (e *Error) Error() string { return e.Problem }

// New returns a Config that holds the defaults.
func New() *Config {
	c := &Config{}
	resetAll(c.table())
	if dir, err := os.UserCacheDir(); err == nil {
		c.CacheDir.Value = filepath.Join(dir, "ucbridge")
	}
	return c
}

// Given is a setting as a user set it.
type Given struct {
	Name  string `json:"name"` // of the flag or the variable: "--route", "UCBRIDGE_ROUTE"
	Value string `json:"value"`
	// isSwitch says that the name alone, as a flag, means true.
	isSwitch bool
}

// Words are the words of a command that set it, where Name is a flag.
func (g Given) Words() []string {
	switch {
	case g.isSwitch && g.Value == "true":
		return []string{g.Name}
	case g.isSwitch:
		return []string{g.Name + "=" + g.Value}
	}
	return []string{g.Name, g.Value}
}

// Given lists what was set and by what, in the order of --help. A header may be a secret.
func (c *Config) Given() []Given { return given(c.table()) }

// Shown is Given for a log or a report: of headers it has the names alone.
func (c *Config) Shown() []Given { return shown(c.table()) }

func given(table []setting) []Given {
	var all []Given
	for _, s := range from(table, Source.given) {
		all = append(all, s.as(s.field.source().spelled(), s.field.String()))
	}
	return all
}

// as is the setting under a name, with a value.
func (s setting) as(name, value string) Given {
	return Given{Name: name, Value: value, isSwitch: s.field.Type() == "bool"}
}

func shown(table []setting) []Given {
	all := given(table)
	for i, s := range from(table, Source.given) {
		if s.field.Type() == headerType {
			all[i].Value = headerNames(all[i].Value)
		}
	}
	return all
}

// LogValue is Shown for the debug log.
func (c *Config) LogValue() slog.Value { return logValue(c.Shown()) }

func logValue(given []Given) slog.Value {
	var attrs []slog.Attr
	for _, g := range given {
		attrs = append(attrs, slog.String(g.Name, g.Value))
	}
	return slog.GroupValue(attrs...)
}
