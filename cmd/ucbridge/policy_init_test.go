package main

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"ucbridge/bridge/policy"
)

// TestPolicyTemplate: with every rule uncommented the template is a policy.
func TestPolicyTemplate(t *testing.T) {
	t.Parallel()
	rule := regexp.MustCompile(`(?m)^# ( *[a-z_]+:.*)$`)
	name := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(name, rule.ReplaceAll([]byte(policyTemplate), []byte("$1")), 0o600); err != nil {
		t.Fatal(err)
	}
	file, err := policy.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if len(file.Rules) != 2 || file.Audit == nil {
		t.Errorf("got %+v", file)
	}
}
