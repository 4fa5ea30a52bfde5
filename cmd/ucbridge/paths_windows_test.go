package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestPaths: the program, its folders and the profile may have any name.
func TestPaths(t *testing.T) {
	t.Parallel()
	_, ucbridge := self(t)
	folder := filepath.Join(t.TempDir(), "OneDrive - Contoso", "Jürgen Müller 日本 & (x86)")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	program, err := os.ReadFile(ucbridge)
	if err != nil {
		t.Fatal(err)
	}
	// The test binary is told by its name what it is to be.
	if err := os.WriteFile(filepath.Join(folder, "ucbridge.exe"), program, 0o700); err != nil {
		t.Fatal(err)
	}
	w := workspace(t)
	profile := filepath.Join(folder, "databrickscfg")
	if err := os.WriteFile(profile, []byte("\ufeff[DEFAULT]\r\nhost = "+w.URL()+"\r\ntoken = "+demoToken+"\r\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, prefix := range map[string]string{"plain": "", "long": `\\?\`} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			log, cache := prefix+filepath.Join(folder, name+".log"), prefix+filepath.Join(folder, name)
			cmd := process(t, append(userFolders(filepath.Join(folder, "home")), "DATABRICKS_CONFIG_FILE="+profile, "UCBRIDGE_CACHE_DIR="+cache),
				"stdio", "--connection", "github", "--debug", "--log-file", log)
			cmd.Path = filepath.Join(folder, "ucbridge.exe")
			d := start(t, cmd)
			if answer := d.say(t, initializeLine); !strings.Contains(answer, `"ucbridge-sample"`) {
				t.Errorf("answer to initialize: %s", answer)
			}
			if err := d.in.Close(); err != nil {
				t.Fatal(err)
			}
			if got := d.exit(t); got != exitOK {
				t.Errorf("exit code %d; %s", got, d.Stderr)
			}
			for _, file := range []string{log, cache} {
				if _, err := os.Stat(file); err != nil {
					t.Error(err)
				}
			}
		})
	}
}
