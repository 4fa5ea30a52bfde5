package aiclient

import (
	"errors"
	"path/filepath"
	"testing"

	"golang.org/x/sys/windows"
)

// TestHeldSettings: another program has the settings open and lets nobody write or replace
// them. They stay as they are, whole, and nothing is left beside them; once they are let
// go, the same change is made.
func TestHeldSettings(t *testing.T) {
	t.Parallel()
	for name, share := range map[string]uint32{"read by others": windows.FILE_SHARE_READ, "alone": 0} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c, dir := cursor(t), t.TempDir()
			file := filepath.Join(dir, "mcp.json")
			write(t, file, []byte("{}\r\n"))
			change, err := c.Install(user(file), "github", servers["windows"])
			if err != nil {
				t.Fatal(err)
			}
			path, err := windows.UTF16PtrFromString(file)
			if err != nil {
				t.Fatal(err)
			}
			held, err := windows.CreateFile(path, windows.GENERIC_READ, share, nil, windows.OPEN_EXISTING, windows.FILE_ATTRIBUTE_NORMAL, 0)
			if err != nil {
				t.Fatal(err)
			}
			if err := change.Write(); !errors.Is(err, windows.ERROR_SHARING_VIOLATION) && !errors.Is(err, windows.ERROR_ACCESS_DENIED) {
				t.Errorf("while it is held: %v", err)
			}
			if err := windows.CloseHandle(held); err != nil {
				t.Fatal(err)
			}
			if got := string(content(t, file)); got != "{}\r\n" {
				t.Errorf("left %q", got)
			}
			beside, err := filepath.Glob(filepath.Join(dir, "*"))
			if err != nil || len(beside) != 1 {
				t.Errorf("left %q, %v", beside, err)
			}
			if err := change.Write(); err != nil {
				t.Errorf("once it is let go: %v", err)
			}
		})
	}
}
