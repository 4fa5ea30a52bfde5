package main

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"ucbridge/cmd/internal/aiclient"
)

// TestInstallEveryClient: the program puts itself into the settings of each client, where
// that has them on this system, and what is written there can be started. Settings with
// the line ends of Windows have these alone, and come back to the byte. The user's folders
// are where OneDrive puts those that it redirects.
func TestInstallEveryClient(t *testing.T) {
	t.Parallel()
	w := workspace(t)
	for _, c := range aiclient.Clients {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			home := filepath.Join(t.TempDir(), "OneDrive - Contoso", "Jürgen Müller")
			roaming := filepath.Join(home, "AppData", "Roaming & more")
			write(t, filepath.Join(home, ".databrickscfg"), "[DEFAULT]\r\nhost = "+w.URL()+"\r\ntoken = "+demoToken+"\r\n")
			folders := []string{"HOME=" + home, "USERPROFILE=" + home, "APPDATA=" + roaming, "LOCALAPPDATA=" + filepath.Join(home, "AppData", "Local")}
			system := aiclient.System{OS: runtime.GOOS, Home: home, Getenv: func(name string) string {
				return map[string]string{"APPDATA": roaming}[name]
			}, Exists: func(path string) bool { _, err := os.Stat(path); return err == nil }}
			file := c.File(system, aiclient.User).Path
			before := windowsSettings(t, c.Name)
			write(t, file, before)

			command := func(args ...string) {
				t.Helper()
				cmd := process(t, folders, args...)
				if out, err := cmd.Output(); err != nil {
					t.Fatalf("%q: %v\n%s%s", args, err, out, cmd.Stderr)
				}
			}
			command("install", c.Name, "--connection", "github")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
				t.Errorf("line ends are mixed: %q", text)
			}
			useEntry(t, c.Look(system, aiclient.User), folders)
			command("uninstall", c.Name)
			if text, err := os.ReadFile(file); err != nil || string(text) != before {
				t.Errorf("left %q, %v, want %q", text, err, before)
			}
		})
	}
}

// useEntry starts what a client's settings say.
func useEntry(t *testing.T, look aiclient.State, env []string) {
	t.Helper()
	ours := look.Ours()
	if look.Err != nil || len(ours) != 1 {
		t.Fatalf("entries %+v, %v", ours, look.Err)
	}
	entry := ours[0]
	program, err := entry.Program()
	if err != nil || !filepath.IsAbs(entry.Command) || program != entry.Command || runtime.GOOS == "windows" && !strings.HasSuffix(entry.Command, ".exe") {
		t.Errorf("command %q is %q, %v", entry.Command, program, err)
	}
	env = slices.Clone(env)
	for name, value := range entry.Env {
		env = append(env, name+"="+value)
	}
	cmd := process(t, env, entry.Args...)
	cmd.Path = entry.Command
	d := start(t, cmd)
	if answer := d.say(t, initializeLine); !strings.Contains(answer, `"ucbridge-sample"`) {
		t.Errorf("answer to initialize: %s", answer)
	}
	if err := d.in.Close(); err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(d.out); err != nil || len(rest) > 0 {
		t.Errorf("then %q, %v", rest, err)
	}
	if got := d.exit(t); got != exitOK {
		t.Errorf("exit code %d; %s", got, d.Stderr)
	}
}

// windowsSettings are settings of a client, with the line ends of Windows.
func windowsSettings(t *testing.T, client string) string {
	t.Helper()
	archive, err := txtar.ParseFile(filepath.Join("..", "internal", "aiclient", "testdata", client+".txtar"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range archive.Files {
		if file.Name == "windows/before" {
			return strings.ReplaceAll(string(file.Data), "\n", "\r\n")
		}
	}
	t.Fatalf("there are no settings of Windows for %s", client)
	return ""
}

// write writes a file, and the folders that it is in.
func write(t *testing.T, file, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
