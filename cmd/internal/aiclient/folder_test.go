package aiclient

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

// TestFoldersGoToo: where no client was, uninstall leaves no folder behind by which one
// would be taken for installed; a folder that holds anything stays.
func TestFoldersGoToo(t *testing.T) {
	t.Parallel()
	for _, c := range Clients {
		for _, scope := range []Scope{User, Project} {
			s, err := Here()
			if err != nil {
				t.Fatal(err)
			}
			s.Home, s.Dir, s.Getenv, s.OnPath = t.TempDir(), t.TempDir(), func(string) string { return "" }, nil
			file := c.File(s, scope)
			if file.Path == "" {
				continue
			}
			there := c.Installed(s)
			roundTrip(t, c, file)
			if left := names(t, s.Home, s.Dir); len(left) > 0 || c.Installed(s) != there {
				t.Errorf("%s, scope %d: left %q, installed %v", c.Name, scope, left, c.Installed(s))
			}
		}
	}
}

func roundTrip(t *testing.T, c Client, file File) {
	t.Helper()
	change, err := c.Install(file, "github", servers["linux"])
	if err == nil {
		err = change.Write()
	}
	if err == nil {
		change, err = c.Uninstall(file, "")
	}
	if err == nil {
		err = change.Write()
	}
	if err != nil {
		t.Fatal(err)
	}
}

func names(t *testing.T, dirs ...string) (all []string) {
	t.Helper()
	for _, dir := range dirs {
		entries, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			all = append(all, e.Name())
		}
	}
	return all
}

// TestFoldersThatStay are those that hold something, that a variable names, and links.
func TestFoldersThatStay(t *testing.T) {
	t.Parallel()
	for name, stays := range map[string]func(t *testing.T, s *System) string{
		"holds something": func(t *testing.T, s *System) string {
			dir := filepath.Join(s.Home, ".codex")
			folder(t, dir)
			write(t, filepath.Join(dir, "history.jsonl"), nil)
			return dir
		},
		"named by a variable": func(t *testing.T, s *System) string {
			dir := filepath.Join(s.Home, "mine")
			folder(t, dir)
			s.Getenv = func(name string) string { return map[string]string{"CODEX_HOME": dir}[name] }
			return dir
		},
		"a link": func(t *testing.T, s *System) string {
			if runtime.GOOS == "windows" {
				t.Skip("needs a privilege there")
			}
			dir, link := filepath.Join(s.Home, "dotfiles"), filepath.Join(s.Home, ".codex")
			folder(t, dir)
			if err := os.Symlink(dir, link); err != nil {
				t.Fatal(err)
			}
			return link
		},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Here()
			if err != nil {
				t.Fatal(err)
			}
			s.Home, s.Getenv = t.TempDir(), func(string) string { return "" }
			dir := stays(t, &s)
			codex, _ := Find("codex")
			roundTrip(t, codex, codex.File(s, User))
			if _, err := os.Stat(dir); err != nil {
				t.Error(err)
			}
		})
	}
}

func folder(t *testing.T, name string) {
	t.Helper()
	if err := os.MkdirAll(name, 0o700); err != nil {
		t.Fatal(err)
	}
}
