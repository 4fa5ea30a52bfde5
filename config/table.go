package config

import (
	"slices"
	"strings"

	"github.com/spf13/pflag"

	"ucbridge/config/route"
)

// Eras are the ways to treat a client whose protocol revisions the server lacks, in
// the order of --help.
var Eras = []string{"auto", "pass"}

// Adaptings are the ways to treat a client that is known to be unable to read something.
var Adaptings = []string{"auto", "off"}

// Prefixes are the ways to name the tools of several servers, ToolForms those to show
// them.
var (
	Prefixes  = []string{"auto", "always", "never"}
	ToolForms = []string{"list", "search"}
)

// byName are flags that a command has only where it names them.
var byName = []string{"record"}

// setting is one row of the table: how a user spells one field of Config.
type setting struct {
	flag, short string // long and one-letter flag; "" is none
	env         string // environment variable; "" is none
	def         string // default, spelled as a user would
	field       field
	usage       string
}

// table is every setting there is, in the order of --help. Help tells the names
// of the variables by a rule: UCBRIDGE_ and the flag. Profile and host have none
// of ours, since the Databricks SDK has DATABRICKS_CONFIG_PROFILE and
// DATABRICKS_HOST.
func (c *Config) table() []setting {
	return slices.Concat([]setting{
		{"connection", "", "UCBRIDGE_CONNECTION", "", c.target("connection"), "Unity Catalog connection"},
		{"route", "", "UCBRIDGE_ROUTE", string(route.Auto), choice(&c.Route, "route", route.Choices()), "how to reach it: " + strings.Join(route.Choices(), ", ")},
		{"path", "", "UCBRIDGE_PATH", "", text(&c.Path, "path"), "path below the connection's base path"},
		{"mcp-service", "", "UCBRIDGE_MCP_SERVICE", "", c.target("mcp-service"), "MCP service (catalog.schema.name), instead of a connection"},
		{"url", "", "UCBRIDGE_URL", "", c.target("url"), "workspace path or Databricks App, instead of a connection"},

		{"header", "", "UCBRIDGE_HEADER", "", headers(&c.Headers), "send this header to the server with each request; repeatable"},

		{"servers", "", "UCBRIDGE_SERVERS", "", text(&c.File, "file"), "YAML file of servers, in the format of ucbridge serve --config"},
		{"all-servers", "", "UCBRIDGE_ALL_SERVERS", "false", boolean(&c.All), "every connection and MCP service that you may use"},
		{"prefix", "", "UCBRIDGE_PREFIX", "auto", choice(&c.Prefix, "when", Prefixes), "put server names before tool names: auto, always, never"},
		{"tools", "", "UCBRIDGE_TOOLS", "list", choice(&c.Tools, "form", ToolForms), "show tools as a list, or by a search: list, search"},

		{"profile", "p", "", "", text(&c.Profile, "name"), "profile in ~/.databrickscfg"},
		{"host", "", "", "", text(&c.Host, "url"), "workspace URL"},
		{"ca-file", "", "UCBRIDGE_CA_FILE", "", text(&c.CAFile, "file"), "PEM file of certificates to trust in addition to the system's"},

		{"call-timeout", "", "UCBRIDGE_CALL_TIMEOUT", "5m", duration(&c.CallTimeout, orNone), "fail a request after this long, 0 for never"},
		{"call-idle-timeout", "", "UCBRIDGE_CALL_IDLE_TIMEOUT", "0", duration(&c.CallIdleTimeout, orNone), "fail a request after this long without any data"},
		{"connect-timeout", "", "UCBRIDGE_CONNECT_TIMEOUT", "8s", duration(&c.ConnectTimeout, positive), "answer initialize locally after this long"},
		{"fail-fast", "", "UCBRIDGE_FAIL_FAST", "false", boolean(&c.FailFast), "exit if a server cannot be reached at the start"},
		{"fresh", "", "UCBRIDGE_FRESH", "false", boolean(&c.Fresh), "do not use answers of an earlier session at the start"},
		{"max-message", "", "UCBRIDGE_MAX_MESSAGE", "64MiB", size(&c.MaxMessage), "largest message to carry"},
		{"keep-capabilities", "", "UCBRIDGE_KEEP_CAPABILITIES", "false", boolean(&c.KeepCapabilities), "announce client capabilities that the route cannot carry"},

		{"era", "", "UCBRIDGE_ERA", "auto", choice(&c.Era, "era", Eras), "translate between old and new MCP revisions: auto, pass"},
		{"adapt", "", "UCBRIDGE_ADAPT", "auto", choice(&c.Adapt, "adapt", Adaptings), "rewrite what the client cannot read: auto, off"},
		{"record", "", "UCBRIDGE_RECORD", "", text(&c.Record, "file"), "record the session in this file; what looks like a secret is masked"},
	}, c.Rules.table(), []setting{
		{"debug", "", "UCBRIDGE_DEBUG", "false", boolean(&c.Debug), "log at debug level"},
		{"log-file", "", "UCBRIDGE_LOG_FILE", "", text(&c.LogFile, "file"), "append the log to this file instead of stderr"},
		{"", "", "UCBRIDGE_CACHE_DIR", "", text(&c.CacheDir, "directory"), "where to remember the route that worked"},
	})
}

// rows are the settings with those flags, in the order of the table.
func (c *Config) rows(flags ...string) []setting {
	return slices.DeleteFunc(c.table(), func(s setting) bool { return !slices.Contains(flags, s.flag) })
}

// reset brings the setting back to its default.
func (s setting) reset() {
	if s.def == "" {
		s.field.clear()
		return
	}
	if err := s.field.set(s.def, Default); err != nil {
		panic("config: default of " + s.flag + ": " + err.Error())
	}
}

func resetAll(table []setting) {
	for _, s := range table {
		s.reset()
	}
}

// Bind defines on a flag set the flags named, or without names all but those that a
// command has to name; parsing it writes into c.
func (c *Config) Bind(flags *pflag.FlagSet, names ...string) {
	if len(names) > 0 {
		bind(c.rows(names...), flags)
		return
	}
	bind(slices.DeleteFunc(c.table(), func(s setting) bool { return slices.Contains(byName, s.flag) }), flags)
}

func bind(table []setting, flags *pflag.FlagSet) {
	for _, s := range table {
		if s.flag == "" {
			continue
		}
		f := flags.VarPF(flagValue{s.field, fromFlag(s.flag)}, s.flag, s.short, s.usage)
		if s.field.Type() == "bool" {
			f.NoOptDefVal = "true"
		}
	}
}

// flagValue makes a field settable by pflag.
type flagValue struct {
	field
	from Source
}

// Set implements pflag.Value; pflag puts the flag and the text before the error.
func (v flagValue) Set(s string) error { return v.set(s, v.from) }
