package config

import (
	"errors"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

// invoke does what a command does: flags, then environment. It returns the
// whole Config, so that a case fails when a setting moves another.
func invoke(args []string, env map[string]string) (*Config, error) {
	c := New()
	flags := pflag.NewFlagSet("ucbridge", pflag.ContinueOnError)
	flags.SetOutput(io.Discard)
	c.Bind(flags)
	if err := flags.Parse(args); err != nil {
		return nil, err
	}
	return c, c.Load(func(name string) (string, bool) {
		value, ok := env[name]
		return value, ok
	})
}

// with returns the defaults after change.
func with(change func(*Config)) *Config {
	c := New()
	change(c)
	return c
}

func flagged[T any](v T, flag string) Value[T] { return Value[T]{v, Source("flag --" + flag)} }
func env[T any](v T, name string) Value[T] {
	return Value[T]{v, Source("environment UCBRIDGE_" + name)}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want *Config
	}{
		{
			name: "the least that works",
			args: []string{"--connection", "github"},
			want: with(func(c *Config) { c.Connection = flagged("github", "connection") }),
		},
		{
			name: "all of it by flag",
			args: []string{"--connection=github", "--route=external-function", "--path=/mcp?x=1", "-p", "work", "--host", "https://w.test",
				"--ca-file", "ca.pem", "--call-timeout", "90s", "--call-idle-timeout", "20s", "--connect-timeout", "1m30s", "--fail-fast", "--max-message", "1GB",
				"--policy", "p.yaml", "--read-only", "--allow", "get_*,list_*", "--allow=x", "--deny", "*_secret", "--keep-capabilities", "--debug", "--log-file", "log"},
			want: with(func(c *Config) {
				c.Connection = flagged("github", "connection")
				c.Route = flagged("external-function", "route")
				c.Path = flagged("/mcp?x=1", "path")
				c.Profile = flagged("work", "profile")
				c.Host = flagged("https://w.test", "host")
				c.CAFile = flagged("ca.pem", "ca-file")
				c.CallTimeout = flagged(90*time.Second, "call-timeout")
				c.CallIdleTimeout = flagged(20*time.Second, "call-idle-timeout")
				c.FailFast = flagged(true, "fail-fast")
				c.ConnectTimeout = flagged(90*time.Second, "connect-timeout")
				c.MaxMessage = flagged(int64(1e9), "max-message")
				c.KeepCapabilities = flagged(true, "keep-capabilities")
				c.Policy = flagged("p.yaml", "policy")
				c.ReadOnly = flagged(true, "read-only")
				c.Allow = flagged([]string{"get_*", "list_*", "x"}, "allow")
				c.Deny = flagged([]string{"*_secret"}, "deny")
				c.Debug = flagged(true, "debug")
				c.LogFile = flagged("log", "log-file")
			}),
		},
		{
			name: "all of it by environment",
			env: map[string]string{"UCBRIDGE_CONNECTION": "github", "UCBRIDGE_ROUTE": "proxy", "UCBRIDGE_PATH": "sub",
				"UCBRIDGE_CA_FILE": "ca.pem", "UCBRIDGE_CALL_TIMEOUT": "0", "UCBRIDGE_CONNECT_TIMEOUT": "500ms", "UCBRIDGE_CALL_IDLE_TIMEOUT": "1m", "UCBRIDGE_FAIL_FAST": "true",
				"UCBRIDGE_MAX_MESSAGE": "1048576", "UCBRIDGE_KEEP_CAPABILITIES": "true", "UCBRIDGE_DEBUG": "1",
				"UCBRIDGE_POLICY": "p.yaml", "UCBRIDGE_READ_ONLY": "1", "UCBRIDGE_ALLOW": "get_*, list_*", "UCBRIDGE_DENY": "x",
				"UCBRIDGE_LOG_FILE": "log", "UCBRIDGE_CACHE_DIR": "cache"},
			want: with(func(c *Config) {
				c.Connection = env("github", "CONNECTION")
				c.Route = env("proxy", "ROUTE")
				c.Path = env("sub", "PATH")
				c.CAFile = env("ca.pem", "CA_FILE")
				c.CallTimeout = env(time.Duration(0), "CALL_TIMEOUT")
				c.CallIdleTimeout = env(time.Minute, "CALL_IDLE_TIMEOUT")
				c.FailFast = env(true, "FAIL_FAST")
				c.ConnectTimeout = env(500*time.Millisecond, "CONNECT_TIMEOUT")
				c.MaxMessage = env(int64(1<<20), "MAX_MESSAGE")
				c.KeepCapabilities = env(true, "KEEP_CAPABILITIES")
				c.Policy = env("p.yaml", "POLICY")
				c.ReadOnly = env(true, "READ_ONLY")
				c.Allow = env([]string{"get_*", "list_*"}, "ALLOW")
				c.Deny = env([]string{"x"}, "DENY")
				c.Debug = env(true, "DEBUG")
				c.LogFile = env("log", "LOG_FILE")
				c.CacheDir = env("cache", "CACHE_DIR")
			}),
		},
		{
			name: "flag before environment, one by one",
			args: []string{"--route=mcp-external", "--debug=false"},
			env:  map[string]string{"UCBRIDGE_CONNECTION": "github", "UCBRIDGE_ROUTE": "proxy", "UCBRIDGE_DEBUG": "true", "UCBRIDGE_PATH": "sub"},
			want: with(func(c *Config) {
				c.Connection = env("github", "CONNECTION")
				c.Route = flagged("mcp-external", "route")
				c.Path = env("sub", "PATH")
				c.Debug = flagged(false, "debug")
			}),
		},
		{
			name: "an empty variable is not set",
			args: []string{"--mcp-service", "system.ai.github"},
			env:  map[string]string{"UCBRIDGE_CONNECTION": "", "UCBRIDGE_ROUTE": "", "UCBRIDGE_CALL_TIMEOUT": ""},
			want: with(func(c *Config) { c.Service = flagged("system.ai.github", "mcp-service") }),
		},
		{
			name: "a target by flag overrides another kind in the environment, and what went with it",
			args: []string{"--url", "/api/2.0/mcp/genie/1"},
			env:  map[string]string{"UCBRIDGE_CONNECTION": "github", "UCBRIDGE_ROUTE": "proxy", "UCBRIDGE_PATH": "sub", "UCBRIDGE_MCP_SERVICE": "a.b.c"},
			want: with(func(c *Config) { c.URL = flagged("/api/2.0/mcp/genie/1", "url") }),
		},
		{
			name: "the same, the other way round",
			args: []string{"--connection", "github"},
			env:  map[string]string{"UCBRIDGE_URL": "/x", "UCBRIDGE_ROUTE": "proxy"},
			want: with(func(c *Config) {
				c.Connection = flagged("github", "connection")
				c.Route = env("proxy", "ROUTE")
			}),
		},
		{
			name: "the Databricks variables are not ours",
			args: []string{"--connection", "github"},
			env:  map[string]string{"DATABRICKS_HOST": "https://w.test", "DATABRICKS_CONFIG_PROFILE": "work"},
			want: with(func(c *Config) { c.Connection = flagged("github", "connection") }),
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			got, err := invoke(tt.args, tt.env)
			if err != nil {
				t.Fatalf("invoke(%q, %q): %v", tt.args, tt.env, err)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("config (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConfigRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want string
	}{
		{
			name: "no target",
			want: "no target: give one of --connection, --mcp-service and --url",
		},
		{
			name: "two targets by flag",
			args: []string{"--connection=a", "--url=/b"},
			want: "--connection and --url contradict each other: give one target",
		},
		{
			name: "two targets by environment",
			env:  map[string]string{"UCBRIDGE_CONNECTION": "a", "UCBRIDGE_MCP_SERVICE": "b.c.d"},
			want: "UCBRIDGE_CONNECTION and UCBRIDGE_MCP_SERVICE contradict each other: give one target",
		},
		{
			name: "three targets",
			args: []string{"--connection=a", "--mcp-service=b.c.d", "--url=/b"},
			want: "--connection and --mcp-service and --url contradict each other: give one target",
		},
		{
			name: "a route without a connection",
			args: []string{"--url=/b", "--route=proxy"},
			want: "--route and --url contradict each other: --route belongs to --connection",
		},
		{
			name: "a path by flag, the target by environment",
			args: []string{"--path=x"},
			env:  map[string]string{"UCBRIDGE_MCP_SERVICE": "a.b.c"},
			want: "--path and UCBRIDGE_MCP_SERVICE contradict each other: --path belongs to --connection",
		},
		{
			name: "both by environment",
			env:  map[string]string{"UCBRIDGE_URL": "/b", "UCBRIDGE_ROUTE": "proxy"},
			want: "UCBRIDGE_ROUTE and UCBRIDGE_URL contradict each other: --route belongs to --connection",
		},
		{
			name: "an unknown route",
			args: []string{"--connection=a", "--route=direct"},
			want: `invalid argument "direct" for "--route" flag: want one of auto, proxy, external-function, mcp-external`,
		},
		{
			name: "an unknown route by environment",
			env:  map[string]string{"UCBRIDGE_CONNECTION": "a", "UCBRIDGE_ROUTE": "direct"},
			want: `invalid argument "direct" for "UCBRIDGE_ROUTE": want one of auto, proxy, external-function, mcp-external`,
		},
		{
			name: "an empty flag",
			args: []string{"--connection="},
			want: `invalid argument "" for "--connection" flag: it is empty`,
		},
		{
			name: "a flag that the client left open",
			args: []string{"--connection=${NAME}"},
			want: `invalid argument "${NAME}" for "--connection" flag: it is a variable that was not filled in; is it set where the AI client is started?`,
		},
		{
			name: "a variable that the client left open",
			env:  map[string]string{"UCBRIDGE_CONNECTION": "${env:NAME}"},
			want: `invalid argument "${env:NAME}" for "UCBRIDGE_CONNECTION": it is a variable that was not filled in; is it set where the AI client is started?`,
		},
		{
			name: "a rule that the client left open",
			env:  map[string]string{"UCBRIDGE_CONNECTION": "a", "UCBRIDGE_DENY": "delete_*,${DENY}"},
			want: `invalid argument "delete_*,${DENY}" for "UCBRIDGE_DENY": it is a variable that was not filled in; is it set where the AI client is started?`,
		},
		{
			name: "a time in words",
			args: []string{"--call-timeout=thirty"},
			want: `invalid argument "thirty" for "--call-timeout" flag: want a time such as 90s or 5m, or 0 for no limit`,
		},
		{
			name: "a negative time",
			args: []string{"--call-timeout=-1s"},
			want: `invalid argument "-1s" for "--call-timeout" flag: want a time such as 90s or 5m, or 0 for no limit`,
		},
		{
			name: "no time to connect",
			args: []string{"--connect-timeout=0"},
			want: `invalid argument "0" for "--connect-timeout" flag: want a time above 0 such as 8s or 1m30s`,
		},
		{
			name: "not a size",
			env:  map[string]string{"UCBRIDGE_MAX_MESSAGE": "64 parsecs"},
			want: `invalid argument "64 parsecs" for "UCBRIDGE_MAX_MESSAGE": want a size from 64KiB to 1TiB, such as 64MiB, 1GB or 1048576`,
		},
		{
			name: "a rule with a byte that no name has",
			args: []string{"--connection=a", "--deny=l\xf6schen_*"},
			want: `invalid argument "l\xf6schen_*" for "--deny" flag: it is not UTF-8`,
		},
		{
			name: "not a boolean",
			env:  map[string]string{"UCBRIDGE_DEBUG": "yes"},
			want: `invalid argument "yes" for "UCBRIDGE_DEBUG": want true or false`,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			_, err := invoke(tt.args, tt.env)
			if err == nil {
				t.Fatalf("invoke(%q, %q) accepted", tt.args, tt.env)
			}
			if got := err.Error(); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func TestNoTargetHint(t *testing.T) {
	t.Parallel()
	_, err := invoke(nil, nil)
	fault, ok := errors.AsType[*Error](err)
	if !ok {
		t.Fatalf("got %T, want *Error", err)
	}
	if want := "list connections with: ucbridge connections"; fault.Hint != want {
		t.Errorf("hint %q, want %q", fault.Hint, want)
	}
}

func TestLogValue(t *testing.T) {
	t.Parallel()
	c, err := invoke([]string{"--connection=github"}, map[string]string{"UCBRIDGE_CALL_TIMEOUT": "1h"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.LogValue().String(), "[--connection=github UCBRIDGE_CALL_TIMEOUT=1h]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestHeadersAreNotShown: a header may be a secret, and stands in no log, report or error.
func TestHeadersAreNotShown(t *testing.T) {
	t.Parallel()
	const secret = "s3cr3t"
	c, err := invoke([]string{"--connection=a"}, map[string]string{"UCBRIDGE_HEADER": "X-Api-Key: " + secret + "\nX-Other: " + secret})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := c.LogValue().String(), "[--connection=a UCBRIDGE_HEADER=X-Api-Key, X-Other]"; got != want {
		t.Errorf("logged %s, want %s", got, want)
	}
	if headers := c.HeaderPresets(); len(headers) != 2 || headers[1].Value != secret {
		t.Errorf("headers %v", headers)
	}
	g, err := invokeGateway([]string{"--connection=a", "--header=X-Api-Key: " + secret}, nil, "")
	if err != nil || g.LogValue().String() != "[--connection=a --header=X-Api-Key]" {
		t.Errorf("logged %s, %v", g.LogValue(), err)
	}
	_, byFlag := invoke([]string{"--connection=a", "--header=Authorization: Bearer " + secret}, nil)
	_, byVariable := invoke([]string{"--connection=a"}, map[string]string{"UCBRIDGE_HEADER": "Authorization: Bearer " + secret})
	for want, err := range map[string]error{
		`invalid argument for "--header" flag: Authorization is not yours to set`:   FlagFault(byFlag),
		`invalid argument for "UCBRIDGE_HEADER": Authorization is not yours to set`: byVariable,
	} {
		if err == nil || err.Error() != want {
			t.Errorf("%v, want %s", err, want)
		}
	}
	if _, other := invoke([]string{"--call-timeout=x"}, nil); other == nil || FlagFault(other) != other {
		t.Errorf("another flag: %v", FlagFault(other))
	}
}

// TestTable holds every row to what the others promise.
func TestTable(t *testing.T) {
	t.Parallel()
	seen := map[string]bool{}
	for _, s := range New().table() {
		for _, name := range []string{s.flag, s.short, s.env} {
			if name != "" && seen[name] {
				t.Errorf("%s stands in two rows", name)
			}
			seen[name] = true
		}
		if byRule := "UCBRIDGE_" + strings.ToUpper(strings.ReplaceAll(s.flag, "-", "_")); s.flag != "" && s.env != "" && s.env != byRule {
			t.Errorf("--%s has the variable %s; --help promises %s", s.flag, s.env, byRule)
		}
		if s.flag == "" && s.env == "" || s.usage == "" {
			t.Errorf("row --%s %s cannot be set or is not explained", s.flag, s.env)
		}
	}
	const derived = 3 // More, URLName, Endpoints
	if rows, fields := len(New().table()), reflect.TypeFor[Config]().NumField()-1-derived+reflect.TypeFor[Rules]().NumField(); rows != fields {
		t.Errorf("%d rows for %d fields of Config", rows, fields)
	}
}

// A command without a target has the flags it names, and is not disturbed by
// what else is in the environment.
func TestLoadOnly(t *testing.T) {
	t.Parallel()
	c := New()
	flags := pflag.NewFlagSet("ucbridge", pflag.ContinueOnError)
	c.Bind(flags, "profile", "ca-file")
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	if diff := cmp.Diff([]string{"ca-file", "profile"}, names); diff != "" {
		t.Errorf("flags (-want +got):\n%s", diff)
	}
	if err := flags.Parse([]string{"-p", "work"}); err != nil {
		t.Fatal(err)
	}
	variables := map[string]string{"UCBRIDGE_CONNECTION": "a", "UCBRIDGE_URL": "/b", "UCBRIDGE_CALL_TIMEOUT": "x",
		"UCBRIDGE_CA_FILE": "ca.pem", "UCBRIDGE_CACHE_DIR": "cache"}
	err := c.LoadOnly(func(name string) (string, bool) { v, ok := variables[name]; return v, ok }, "profile", "ca-file")
	if err != nil {
		t.Fatal(err)
	}
	want := with(func(c *Config) {
		c.Profile = flagged("work", "profile")
		c.CAFile = env("ca.pem", "CA_FILE")
		c.CacheDir = env("cache", "CACHE_DIR")
	})
	if diff := cmp.Diff(want, c); diff != "" {
		t.Errorf("config (-want +got):\n%s", diff)
	}
}
