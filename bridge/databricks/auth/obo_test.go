package auth

import (
	"strings"
	"testing"
)

func TestCallersHost(t *testing.T) {
	t.Parallel()
	tests := []struct{ flag, env, want, fault string }{
		{"", "", "", "set DATABRICKS_HOST, or add: --host"},
		{"", "w.test", "https://w.test", ""}, // as Databricks Apps set it
		{"https://w.test/", "W.test:443", "https://w.test", ""},
		{"https://w.test", "https://v.test", "", "--host is w.test, but DATABRICKS_HOST is v.test"},
		{"", "http://w.test", "", "plain http is allowed to this machine only"},
		{"", "w x.test", "", "DATABRICKS_HOST"},
	}
	for _, tt := range tests {
		got, err := callersHost(tt.flag, tt.env)
		switch {
		case tt.fault != "" && (err == nil || !strings.Contains(err.Error(), tt.fault)):
			t.Errorf("%q, %q: %v, want %s", tt.flag, tt.env, err, tt.fault)
		case tt.fault == "" && (err != nil || got.String() != tt.want):
			t.Errorf("%q, %q: %v, %v", tt.flag, tt.env, got, err)
		}
	}
}
