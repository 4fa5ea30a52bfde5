package aiclient

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

// servers are what is put into every client, by the system in a case's name.
var servers = map[string]Server{
	"linux":   {Command: "/usr/local/bin/ucbridge", Args: []string{"stdio", "--connection", "github", "--profile", "work"}},
	"darwin":  {Command: "/opt/homebrew/bin/ucbridge", Args: []string{"stdio", "--connection", "github"}, Env: map[string]string{"DATABRICKS_CONFIG_FILE": "/Users/ada/.databrickscfg"}},
	"windows": {Command: `C:\Program Files\ucbridge\ucbridge.exe`, Args: []string{"stdio", "--mcp-service", "system.ai.github"}},
}

// TestTriples reads testdata/CLIENT.txtar: settings before and after Install. On
// windows they have that system's line ends. Without "before" there is no file.
// Install again changes nothing, and Uninstall brings back what was there.
func TestTriples(t *testing.T) {
	t.Parallel()
	for _, c := range Clients {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", c.Name+".txtar")
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			got := &txtar.Archive{Comment: archive.Comment}
			before := make(map[string][]byte)
			for _, f := range archive.Files {
				name, kind, _ := strings.Cut(f.Name, "/")
				if kind == "before" {
					before[name] = append([]byte{}, f.Data...)
					got.Files = append(got.Files, f)
				} else {
					got.Files = append(got.Files, txtar.File{Name: f.Name, Data: triple(t, c, name, before[name])})
				}
			}
			golden(t, path, string(txtar.Format(got)))
		})
	}
}

// triple installs, installs again and uninstalls, and returns what was in between.
func triple(t *testing.T, c Client, name string, before []byte) []byte {
	t.Helper()
	system, _, _ := strings.Cut(name, "-")
	if system == "windows" {
		before = bytes.ReplaceAll(before, []byte("\n"), []byte("\r\n"))
	}
	file := filepath.Join(t.TempDir(), "settings")
	if before != nil {
		write(t, file, before)
	}
	install(t, c, file, "github", servers[system])
	added := content(t, file)
	if again, err := c.Install(user(file), "github", servers[system]); err != nil || len(again.Names) > 0 {
		t.Errorf("%s: installed twice: %v, %v", name, again.Names, err)
	}
	if diff := cmp.Diff(before, content(t, file+backupSuffix)); diff != "" {
		t.Errorf("%s: backup (-want +got):\n%s", name, diff)
	}
	uninstall(t, c, file, "")
	if diff := cmp.Diff(before, content(t, file)); diff != "" {
		t.Errorf("%s: uninstalled (-want +got):\n%s", name, diff)
	}
	if left := content(t, file+backupSuffix); left != nil {
		t.Errorf("%s: the backup is left behind", name)
	}
	if system == "windows" && bytes.Count(added, []byte("\n")) != bytes.Count(added, []byte("\r\n")) && before != nil {
		t.Errorf("%s: line ends are mixed: %q", name, added)
	}
	return bytes.ReplaceAll(added, []byte("\r\n"), []byte("\n"))
}

// user is a file of the user's.
func user(path string) File { return File{Path: path} }

func install(t *testing.T, c Client, file, name string, s Server) Change {
	t.Helper()
	change, err := c.Install(user(file), name, s)
	if err == nil {
		err = change.Write()
	}
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func uninstall(t *testing.T, c Client, file, name string) Change {
	t.Helper()
	change, err := c.Uninstall(user(file), name)
	if err == nil {
		err = change.Write()
	}
	if err != nil {
		t.Fatal(err)
	}
	return change
}

func write(t *testing.T, file string, text []byte) {
	t.Helper()
	if err := os.WriteFile(file, text, 0o640); err != nil {
		t.Fatal(err)
	}
}

// content is nil where there is no file.
func content(t *testing.T, file string) []byte {
	t.Helper()
	text, err := os.ReadFile(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	return append([]byte{}, text...)
}

func cursor(t *testing.T) Client {
	t.Helper()
	c, ok := Find("cursor")
	if !ok {
		t.Fatal("no such client")
	}
	return c
}

// TestSeveralServers installs two and removes them in turn: the original comes
// back with the last one, empty section and all.
func TestSeveralServers(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	original := []byte(`{ "mcpServers": { } }`)
	write(t, file, original)
	install(t, c, file, "github", servers["linux"])
	one := content(t, file)
	install(t, c, file, "jira", servers["linux"])
	if change := uninstall(t, c, file, "jira"); !bytes.Equal(content(t, file), one) {
		t.Errorf("removed %v:\n%s", change.Names, content(t, file))
	}
	install(t, c, file, "jira", servers["linux"])
	if change := uninstall(t, c, file, ""); len(change.Names) != 2 || !bytes.Equal(content(t, file), original) {
		t.Errorf("removed %v:\n%s", change.Names, content(t, file))
	}
	if change := uninstall(t, c, file, ""); len(change.Names) != 0 {
		t.Errorf("removed %v once more", change.Names)
	}
}

// TestChangedMeanwhile: what the user wrote after Install stays.
func TestChangedMeanwhile(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte("{}\n"))
	install(t, c, file, "github", servers["linux"])
	write(t, file, bytes.Replace(content(t, file), []byte("{"), []byte("{\n  \"mine\": true,"), 1))
	uninstall(t, c, file, "")
	if got, want := string(content(t, file)), "{\n  \"mine\": true\n}\n"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if content(t, file+backupSuffix) != nil {
		t.Error("the backup is left behind")
	}
}

// TestChangedInBetween: what a client writes between the two steps is not lost.
func TestChangedInBetween(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	change, err := c.Install(user(file), "github", servers["linux"])
	if err != nil {
		t.Fatal(err)
	}
	write(t, file, []byte("{\"mine\": true}"))
	if err := change.Write(); err == nil {
		t.Errorf("written over: %s", content(t, file))
	}
}

// TestUpdate: an entry of ours keeps what its user added.
func TestUpdate(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte(`{"mcpServers": {"github": {"command": "/old/ucbridge", "args": ["stdio"],
  "env": {"HTTPS_PROXY": "http://proxy.test", "DATABRICKS_CONFIG_FILE": "/gone"}, "autoApprove": ["get_me"], "timeout": 60.5}}}`))
	change := install(t, c, file, "github", servers["linux"])
	want := `{"mcpServers": {"github": {"command": "/usr/local/bin/ucbridge", "args": ["stdio", "--connection", "github", "--profile", "work"], ` +
		`"env": {"HTTPS_PROXY": "http://proxy.test"}, "autoApprove": ["get_me"], "timeout": 60.5}}}`
	if got := string(content(t, file)); got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	if change.Backup.Path != "" {
		t.Error("a file with an entry of ours was taken for an original")
	}
}

// TestLaidOutAnew: clients write their settings in their own way, which makes no
// other entry of it.
func TestLaidOutAnew(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte(`{"mcpServers":{"github":{"args":["stdio","--connection","github","--profile","work"],"disabled":true,"command":"/usr/local/bin/ucbridge"}}}`))
	if change, err := c.Install(user(file), "github", servers["linux"]); err != nil || len(change.Names) > 0 {
		t.Errorf("changed %v, %v:\n%s", change.Names, err, change.After)
	}
}

func TestTaken(t *testing.T) {
	t.Parallel()
	c, file := cursor(t), filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte(`{"mcpServers": {"github": {"command": "npx", "args": ["stdio"]}, "remote": {"url": "https://x.test"}}}`))
	for name, want := range map[string]string{
		"github": `the server "github" in ` + file + ` is not ucbridge's: it runs "npx"`,
		"remote": `the server "remote" in ` + file + ` is not ucbridge's: it is not started by a command`,
	} {
		for _, change := range []func() (Change, error){
			func() (Change, error) { return c.Install(user(file), name, servers["linux"]) },
			func() (Change, error) { return c.Uninstall(user(file), name) },
		} {
			_, err := change()
			if _, ok := errors.AsType[*Taken](err); !ok || err.Error() != want {
				t.Errorf("%s: %v, want %s", name, err, want)
			}
		}
	}
}

// TestFiles: the mode stays, a symbolic link stays one, a new file is private.
func TestFiles(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("there are no such modes and links")
	}
	c, dir := cursor(t), t.TempDir()
	target, link := filepath.Join(dir, "dotfiles", "mcp.json"), filepath.Join(dir, "mcp.json")
	if err := os.Mkdir(filepath.Dir(target), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, target, []byte("{}"))
	if err := os.Chmod(target, 0o640); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Join("dotfiles", "mcp.json"), link); err != nil {
		t.Fatal(err)
	}
	install(t, c, link, "github", servers["linux"])
	mode := func(file string) fs.FileMode {
		info, err := os.Lstat(file)
		if err != nil {
			t.Fatal(err)
		}
		return info.Mode()
	}
	if got := mode(link); got.Type() != fs.ModeSymlink {
		t.Errorf("the link became %v", got)
	}
	for _, file := range []string{target, link + backupSuffix} {
		if got := mode(file); got != 0o640 {
			t.Errorf("%s has mode %v", file, got)
		}
	}
	uninstall(t, c, link, "")
	if got := string(content(t, target)); got != "{}" || mode(link).Type() != fs.ModeSymlink {
		t.Errorf("%q, %v", got, mode(link))
	}
	if err := os.Remove(target); err != nil {
		t.Fatal(err)
	}
	install(t, c, link, "github", servers["linux"])
	uninstall(t, c, link, "")
	if mode(link).Type() != fs.ModeSymlink || content(t, target) != nil {
		t.Errorf("a link that led nowhere is %v and leads to %q", mode(link), content(t, target))
	}
	fresh := filepath.Join(dir, "new", "mcp.json")
	install(t, c, fresh, "github", servers["linux"])
	if got := mode(fresh); got != 0o600 {
		t.Errorf("a new file has mode %v", got)
	}
}

// TestLook reads what doctors want to know.
func TestLook(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	s := System{OS: "linux", Home: dir, Dir: dir, Getenv: func(string) string { return "" }, Exists: func(string) bool { return true }}
	c := cursor(t)
	file := c.File(s, User).Path
	if got := c.Look(s, User); got.Exists || got.Err != nil || got.File != file {
		t.Errorf("without a file: %+v", got)
	}
	install(t, c, file, "github", servers["linux"])
	want := []Entry{{"github", servers["linux"]}}
	if got := c.Look(s, User); !got.Exists || got.Err != nil || cmp.Diff(want, got.Ours()) != "" {
		t.Errorf("with a server: %+v", got)
	}
	write(t, file, []byte("{\n  broken"))
	wantErr := "reading " + file + ": line 2, column 3: "
	if got := c.Look(s, User); !got.Exists || got.Err == nil || !strings.HasPrefix(got.Err.Error(), wantErr) {
		t.Errorf("broken: %+v, want error %s...", got, wantErr)
	}
	zed, _ := Find("goose")
	if got := zed.Look(s, Project); got.File != "" || got.Exists {
		t.Errorf("no project file: %+v", got)
	}
}

// TestWriteProtected has settings that their owner has protected against writing.
func TestWriteProtected(t *testing.T) {
	t.Parallel()
	c, _ := Find("cursor")
	file := filepath.Join(t.TempDir(), "mcp.json")
	write(t, file, []byte("{}\n"))
	if err := os.Chmod(file, 0o444); err != nil {
		t.Fatal(err)
	}
	change, err := c.Install(user(file), "github", servers["linux"])
	if err != nil {
		t.Fatal(err)
	}
	if err := change.Write(); err == nil || !strings.Contains(err.Error(), "is read-only") {
		t.Errorf("written, %v", err)
	}
	if got := string(content(t, file)); got != "{}\n" {
		t.Errorf("left %q", got)
	}
	if backup := content(t, file+backupSuffix); backup != nil {
		t.Errorf("left a backup %q", backup)
	}
}
