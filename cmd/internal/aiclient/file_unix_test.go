//go:build unix

package aiclient

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// hostile are the ways in which a repository's files can lead out of it or have no
// end, and what install says to each: nothing where it works.
var hostile = []struct {
	name   string
	place  func(t *testing.T, settings, outside string)
	refuse string // what install says; "" where it works
}{
	{"settings lead out", func(t *testing.T, settings, outside string) { symlink(t, outside, settings) }, "a symbolic link"},
	{"settings lead to nothing", func(t *testing.T, settings, outside string) { symlink(t, outside+".new", settings) }, "a symbolic link"},
	{"settings lead into the project", func(t *testing.T, settings, _ string) { symlink(t, "other", settings) }, "a symbolic link"},
	{"settings are a device", func(t *testing.T, settings, _ string) { symlink(t, "/dev/zero", settings) }, "a symbolic link"},
	{"settings are a pipe", func(t *testing.T, settings, _ string) { pipe(t, settings) }, "a device or a pipe"},
	{"settings are a folder", func(t *testing.T, settings, _ string) { folder(t, settings) }, "is a directory"},
	{"the copy leads out", func(t *testing.T, settings, outside string) {
		write(t, settings, nil)
		symlink(t, outside, settings+backupSuffix)
	}, ""},
	{"the copy leads to nothing", func(t *testing.T, settings, outside string) {
		write(t, settings, nil)
		symlink(t, outside+".new", settings+backupSuffix)
	}, ""},
	{"the copy is a device", func(t *testing.T, settings, _ string) {
		write(t, settings, nil)
		symlink(t, "/dev/zero", settings+backupSuffix)
	}, ""},
	{"the copy is a pipe", func(t *testing.T, settings, _ string) {
		write(t, settings, nil)
		pipe(t, settings+backupSuffix)
	}, ""},
	{"the copy is the repository's", func(t *testing.T, settings, _ string) {
		write(t, settings, nil)
		write(t, settings+backupSuffix, []byte("theirs"))
	}, ""},
}

// TestHostileProject has a repository whose files lead out of it or have no end,
// in place of the settings of each client, of the folder that they are in, and of
// the copy beside them. Nothing outside is read, written or removed.
func TestHostileProject(t *testing.T) {
	t.Parallel()
	for _, c := range Clients {
		if c.project == "" {
			continue
		}
		for _, tt := range hostile {
			t.Run(c.Name+"/"+tt.name, func(t *testing.T) {
				t.Parallel()
				dir, outside := t.TempDir(), filepath.Join(t.TempDir(), "private")
				write(t, outside, []byte("mine"))
				s := System{OS: "linux", Home: dir, Dir: dir, Getenv: func(string) string { return "" }, Exists: func(string) bool { return false }}
				file := c.File(s, Project)
				folder(t, filepath.Dir(file.Path))
				tt.place(t, file.Path, outside)
				before := listing(t, dir)
				putInAndTakeOut(t, c, s, tt.refuse)
				if after := listing(t, dir); after != before {
					t.Errorf("the project was\n%sand is\n%s", before, after)
				}
				if got := listing(t, filepath.Dir(outside)); got != "private -rw-r----- mine\n" {
					t.Errorf("outside there is\n%s", got)
				}
			})
		}
	}
}

// putInAndTakeOut does to a project all that changes its settings or looks at them.
func putInAndTakeOut(t *testing.T, c Client, s System, refuse string) {
	t.Helper()
	if state := c.Look(s, Project); refuse != "" && (state.Err == nil || !strings.Contains(state.Err.Error(), refuse)) {
		t.Errorf("looked: %v, want %q", state.Err, refuse)
	}
	file := c.File(s, Project)
	change, err := c.Install(file, "github", servers["linux"])
	if refuse != "" {
		if err == nil || !strings.Contains(err.Error(), refuse) {
			t.Errorf("install: %v, want %q", err, refuse)
		}
		if _, err := c.Uninstall(file, ""); err == nil || !strings.Contains(err.Error(), refuse) {
			t.Errorf("uninstall: %v, want %q", err, refuse)
		}
		return
	}
	if err != nil || change.Write() != nil {
		t.Fatalf("install: %v", err)
	}
	if change.Backup.Path != file.Path+backupSuffix+".1" {
		t.Errorf("the copy went to %q", change.Backup.Path)
	}
	change, err = c.Uninstall(file, "")
	if err != nil || change.Write() != nil {
		t.Fatalf("uninstall: %v", err)
	}
}

// TestProjectFolderLeadsOut has the folder of the settings lead elsewhere.
func TestProjectFolderLeadsOut(t *testing.T) {
	t.Parallel()
	for _, c := range Clients {
		first, rest, nested := strings.Cut(c.project, "/")
		if !nested {
			continue
		}
		dir, outside := t.TempDir(), t.TempDir()
		symlink(t, outside, filepath.Join(dir, first))
		s := System{OS: "linux", Home: dir, Dir: dir, Getenv: func(string) string { return "" }, Exists: func(string) bool { return false }}
		if state := c.Look(s, Project); state.Exists || state.Err != nil {
			t.Errorf("%s: without a file there: %+v", c.Name, state)
		}
		folder(t, filepath.Dir(filepath.Join(outside, rest)))
		write(t, filepath.Join(outside, rest), nil)
		before := listing(t, outside)
		putInAndTakeOut(t, c, s, "a symbolic link")
		if got := listing(t, outside); got != before {
			t.Errorf("%s: outside there is\n%s", c.Name, got)
		}
	}
}

// TestEndlessSettings: a user's own settings are no device and no pipe, by
// whatever link.
func TestEndlessSettings(t *testing.T) {
	t.Parallel()
	c, dir := cursor(t), t.TempDir()
	device, fifo := filepath.Join(dir, "device"), filepath.Join(dir, "fifo")
	symlink(t, "/dev/zero", device)
	pipe(t, fifo)
	for _, file := range []string{device, fifo} {
		if _, err := c.Install(user(file), "github", servers["linux"]); err == nil || !strings.Contains(err.Error(), "not a regular file") {
			t.Errorf("install into %s: %v", file, err)
		}
	}
	settings := filepath.Join(dir, "mcp.json")
	write(t, settings, []byte("{}"))
	pipe(t, settings+backupSuffix)
	install(t, c, settings, "github", servers["linux"])
	uninstall(t, c, settings, "")
	if got := string(content(t, settings)); got != "{}" {
		t.Errorf("left %q", got)
	}
}

// TestUserCopyIsNoLink: a link in place of the copy beside a user's settings is
// not followed.
func TestUserCopyIsNoLink(t *testing.T) {
	t.Parallel()
	c, dir := cursor(t), t.TempDir()
	settings, private := filepath.Join(dir, "mcp.json"), filepath.Join(dir, "private")
	write(t, settings, []byte("{}"))
	write(t, private, []byte("mine"))
	symlink(t, private, settings+backupSuffix)
	install(t, c, settings, "github", servers["linux"])
	uninstall(t, c, settings, "")
	if got := string(content(t, private)); got != "mine" || string(content(t, settings)) != "{}" {
		t.Errorf("%q, and the settings are %q", got, content(t, settings))
	}
}

func symlink(t *testing.T, target, link string) {
	t.Helper()
	if err := os.Symlink(target, link); err != nil {
		t.Fatal(err)
	}
}

func pipe(t *testing.T, name string) {
	t.Helper()
	if err := syscall.Mkfifo(name, 0o600); err != nil {
		t.Fatal(err)
	}
}

// listing is what is in a folder: names, kinds, and what files hold.
func listing(t *testing.T, dir string) string {
	t.Helper()
	var text strings.Builder
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		info, err := entry.Info()
		if err != nil {
			t.Fatal(err)
		}
		text.WriteString(entry.Name() + " " + info.Mode().String() + " ")
		switch path := filepath.Join(dir, entry.Name()); {
		case info.IsDir():
			text.WriteString("\n" + listing(t, path))
			continue
		case info.Mode().IsRegular():
			text.Write(content(t, path))
		}
		text.WriteString("\n")
	}
	return text.String()
}
