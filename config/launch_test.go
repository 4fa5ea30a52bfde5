package config

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestLaunch(t *testing.T) {
	t.Parallel()
	abs := func(path string) string {
		path, err := filepath.Abs(path)
		if err != nil {
			t.Fatal(err)
		}
		return path
	}
	tests := []struct {
		name string
		args []string
		env  map[string]string
		want []string
		vars map[string]string
	}{
		{"a connection", []string{"--connection=github"}, nil, []string{"stdio", "--connection", "github"}, map[string]string{}},
		{
			"in the order of the table, whoever set it", []string{"-p", "work", "--debug", "--mcp-service=a.b.c"},
			map[string]string{"UCBRIDGE_CALL_TIMEOUT": "90s"},
			[]string{"stdio", "--mcp-service", "a.b.c", "--profile", "work", "--call-timeout", "1m30s", "--debug"}, map[string]string{},
		},
		{
			"files by absolute path", []string{"--url=/x", "--ca-file=ca.pem"}, map[string]string{"UCBRIDGE_CACHE_DIR": "cache"},
			[]string{"stdio", "--url", "/x", "--ca-file", abs("ca.pem")}, map[string]string{"UCBRIDGE_CACHE_DIR": abs("cache")},
		},
		{
			"a space", []string{"--connection=my own"}, nil,
			[]string{"stdio"}, map[string]string{"UCBRIDGE_CONNECTION": "my own"},
		},
		{
			"several values", []string{"--connection=a", "--header=X-A:1", "--header=X-B:2", "--meta=a=1"}, nil,
			[]string{"stdio", "--connection", "a", "--header", "X-A:1", "--header", "X-B:2", "--meta", "a=1"}, map[string]string{},
		},
		{
			"a space in one of several", []string{"--connection=a", "--header=X-A:1", "--header=X-B: 2", "--meta=a=b c", "--allow=x,y"}, nil,
			[]string{"stdio", "--connection", "a", "--allow", "x,y"}, map[string]string{"UCBRIDGE_HEADER": "X-A:1\nX-B: 2", "UCBRIDGE_META": "a=b c"},
		},
	}
	for _, tt := range tests {
		c, err := invoke(tt.args, tt.env)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		args, vars, err := c.Launch()
		if diff := cmp.Diff(tt.want, args); err != nil || diff != "" {
			t.Errorf("%s: %v, args (-want +got):\n%s", tt.name, err, diff)
		}
		if diff := cmp.Diff(tt.vars, vars); diff != "" {
			t.Errorf("%s: variables (-want +got):\n%s", tt.name, diff)
		}
		// What it says is what was set.
		again, err := invoke(args[1:], vars)
		if err != nil || again.Connection.Value != c.Connection.Value || again.CallTimeout.Value != c.CallTimeout.Value || !slices.Equal(again.Headers.Value, c.Headers.Value) {
			t.Errorf("%s: started so: %+v, %v", tt.name, again, err)
		}
	}
}
