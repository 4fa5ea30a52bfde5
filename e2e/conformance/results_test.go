package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestReadResults(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("server-tools-list-2026-11-24T01-09-44-215Z/checks.json", `[
		{"id": "a", "name": "A", "status": "SUCCESS", "description": "does a"},
		{"id": "a", "name": "A", "status": "FAILURE", "description": "does a", "errorMessage": "did not"},
		{"id": "b", "name": "B", "status": "WARNING", "description": "does b"},
		{"id": "c", "name": "C", "status": "FAILURE", "description": "does c"}]`)
	write("sse-retry-2026-11-24T01-09-44-215Z/checks.json", `[]`)
	write("sse-retry-2026-11-24T01-09-44-215Z/stdout.txt", "gave up\n")
	write("auth/basic-cimd-2026-11-24T01-09-44-215Z/checks.json", `[{"id": "x", "name": "X", "status": "FAILURE"}]`)
	want := results{
		{"tools-list", "a", "A"}:          {passed: 1, failed: 1, why: "did not"},
		{"tools-list", "b", "B"}:          {why: "warning: does b"},
		{"tools-list", "c", "C"}:          {failed: 1, why: "does c"},
		{"sse-retry", "client", "Client"}: {failed: 1, why: "gave up"},
	}
	got, err := readResults(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(checkName{}, outcome{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, err := readResults(t.TempDir()); err == nil {
		t.Error("a run without results was accepted")
	}
}
