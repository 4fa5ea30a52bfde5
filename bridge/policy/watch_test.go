package policy

import (
	"os"
	"path/filepath"
	"testing"
)

// TestFileAway: an editor that saves takes the file away for a moment. Rules do not fall
// away with it, unless it stays away.
func TestFileAway(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "policy.yaml")
	if err := os.WriteFile(file, []byte("tools: {deny: [a]}"), 0o600); err != nil {
		t.Fatal(err)
	}
	w := Sources{Managed: ManagedAt("", ""), User: file}.Watch(TargetOf("github", "", ""))
	move := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	move(file, file+"~")
	if p := w.Changed(); p != nil {
		t.Errorf("away for a moment: %+v", p)
	}
	move(file+"~", file)
	if p := w.Changed(); p != nil {
		t.Errorf("back: %+v", p)
	}
	move(file, file+"~")
	if p := w.Changed(); p != nil {
		t.Errorf("away again: %+v", p)
	}
	if p := w.Changed(); p == nil || !p.Silent() {
		t.Errorf("away for good: %+v", p)
	}
}
