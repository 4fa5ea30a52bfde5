package policy

import (
	"errors"
	"os"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// TestNoPolicyInSilence: where there may be a policy that cannot be read, nothing passes.
func TestNoPolicyInSilence(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	here := func(name string) string { return filepath.Join(dir, name) }
	if err := os.Mkdir(here("folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	write(t, here("file"), "read_only: true")
	write(t, here("long"), "# "+strings.Repeat("x", maxPolicy))
	none := ManagedAt("", dir)
	for name, tt := range map[string]struct {
		sources Sources
		broken  bool
		applies bool
	}{
		"nothing there":                {Sources{Managed: none, User: here("missing")}, false, false},
		"a file":                       {Sources{Managed: none, User: here("file")}, false, true},
		"the administrator's, broken":  {Sources{Managed: ManagedAt(here("folder"), dir)}, true, true},
		"a folder":                     {Sources{Managed: none, User: here("folder")}, true, true},
		"a device":                     {Sources{Managed: none, User: os.DevNull}, true, true},
		"too long":                     {Sources{Managed: none, User: here("long")}, true, true},
		"below a file":                 {Sources{Managed: none, User: here("file/policy.yaml")}, true, true},
		"no telling where":             {Sources{Managed: none, UserFault: errors.New("no home")}, true, true},
		"no telling, but one is named": {Sources{Managed: none, UserFault: errors.New("no home"), Named: here("file")}, false, true},
	} {
		p := tt.sources.Load(Target{Names: []string{"github"}})
		if (p != nil) != tt.applies || p != nil && (p.Broken != nil) != tt.broken {
			t.Errorf("%s: %+v", name, p)
		}
		if tt.broken && !p.Tool(Tool{Name: "a", ReadOnly: true}).Denied {
			t.Errorf("%s: a tool passes", name)
		}
	}
}

// TestOtherAPI: no rule holds at a path that is not known to speak MCP, and a file that
// cannot be read may have some.
func TestOtherAPI(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	for name, tt := range map[string]struct {
		text   string
		closed bool
	}{
		"rules of another connection": {"connections: {github: {read_only: true}}", true},
		"broken":                      {"read_only: perhaps", true},
		"a log alone":                 {"audit: {file: " + filepath.ToSlash(filepath.Join(dir, "log")) + "}", false},
	} {
		file := write(t, filepath.Join(dir, name), tt.text)
		p := Sources{Managed: ManagedAt("", dir), Named: file}.Load(Target{Names: []string{"/api/2.0/sql/statements"}, NotMCP: true})
		if p == nil || p.NotMCP != tt.closed || p.Silent() == tt.closed {
			t.Errorf("%s: %+v", name, p)
		}
	}
}

// TestNoHome: the system knows the home of a user for whom the environment has none.
func TestNoHome(t *testing.T) {
	me, err := user.Current()
	if err != nil || me.HomeDir == "" {
		t.Skip("the system knows no home")
	}
	t.Setenv("HOME", "")
	t.Setenv("XDG_CONFIG_HOME", "")
	t.Setenv("XDG_STATE_HOME", "")
	file, err := UserFile()
	if want := filepath.Join(configDir(me.HomeDir), "ucbridge", "policy.yaml"); err != nil || file != want {
		t.Errorf("%s, %v, want %s", file, err, want)
	}
	if log := defaultLog(); log != logIn(me.HomeDir) {
		t.Errorf("the log is %s", log)
	}
}

// TestManagedPlaces: what an administrator wants kept stays where it is, whatever a client
// sets in the environment.
func TestManagedPlaces(t *testing.T) {
	fixed, moved := t.TempDir(), t.TempDir()
	for _, name := range []string{"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME"} {
		t.Setenv(name, moved)
	}
	managed := ManagedAt(write(t, filepath.Join(fixed, "policy.yaml"), "audit: {required: true}\npins: enforce"), fixed)
	p := Sources{Managed: managed}.Load(Target{Names: []string{"github"}})
	if p.Audits[0].File != logIn(fixed) || !p.PinsAreManaged() {
		t.Errorf("the log is %s", p.Audits[0].File)
	}
	if dir, err := managed.FixedConfigDir(); err != nil || !strings.HasPrefix(dir, fixed) {
		t.Errorf("%s, %v", dir, err)
	}
	own := Sources{Managed: ManagedAt("", fixed), User: managed.File()}.Load(Target{Names: []string{"github"}})
	if !strings.HasPrefix(own.Audits[0].File, moved) || own.PinsAreManaged() {
		t.Errorf("a user's own log is %s", own.Audits[0].File)
	}
	var system Managed
	before, err := system.FixedConfigDir()
	if err != nil {
		t.Skip("the system knows no home:", err)
	}
	if strings.HasPrefix(before, moved) {
		t.Errorf("the environment has moved %s", before)
	}
}
