package e2e

import (
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ucbridge/bridge/emulator"
)

// databricksCLI is the path of the real Databricks CLI.
func databricksCLI(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs("../bin/databricks")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Skip("the Databricks CLI is not built: make bin/databricks")
	}
	return path
}

// signedRequests is a workspace that notes how its REST API is called.
type signedRequests struct {
	*httptest.Server
	mu    sync.Mutex
	first string // token and workspace id of the first call
}

func newSignedRequests(t *testing.T) *signedRequests {
	t.Helper()
	s := &signedRequests{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		rw.Header().Set("Content-Type", "application/json")
		if strings.HasPrefix(r.URL.Path, "/.well-known/") {
			rw.WriteHeader(http.StatusNotFound)
			_, _ = rw.Write([]byte(`{}`))
			return
		}
		s.mu.Lock()
		if s.first == "" {
			s.first = strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ") + " " + r.Header.Get("X-Databricks-Workspace-Id")
		}
		s.mu.Unlock()
		_, _ = rw.Write([]byte(`{"id":"1","userName":"ada@example.com","active":true}`))
	}))
	t.Cleanup(s.Close)
	return s
}

// take returns the first call since the last take, "" if there was none.
func (s *signedRequests) take() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.first = "" }()
	return strings.TrimSpace(s.first)
}

// A profile means to ucbridge what it means to the Databricks CLI: the same token
// goes to the same workspace under the same workspace id, or none does.
func TestProfilesMeanWhatTheCLIMeans(t *testing.T) {
	t.Parallel()
	cli := databricksCLI(t)
	a, b := newSignedRequests(t), newSignedRequests(t)
	const basic = "[DEFAULT]\nhost = A\ntoken = default-token\n\n[b]\nhost = B\ntoken = b-token\n\n[id]\nhost = B\ntoken = id-token\nworkspace_id = 5\n\n[bare]\nhost = A\n\n[homeless]\ntoken = homeless-token\n"
	tests := []struct {
		name    string
		file    string // basic where it is empty; A and B stand for the workspaces
		profile string // --profile
		env     string // NAME=value, separated by spaces, of DATABRICKS_...
		ours    string // where ucbridge means another thing on purpose
	}{
		{name: "default profile"},
		{name: "profile", profile: "b"},
		{name: "profile of the environment", env: "CONFIG_PROFILE=b"},
		{name: "flag over the profile of the environment", profile: "b", env: "CONFIG_PROFILE=id"},
		{name: "token of the environment", profile: "b", env: "TOKEN=e"},
		{name: "host and token of the environment", profile: "b", env: "HOST=A TOKEN=e"},
		{name: "host of the environment", profile: "b", env: "HOST=A"},
		{name: "auth type of the environment", profile: "b", env: "AUTH_TYPE=oauth-m2m"},
		{name: "workspace id of the environment", profile: "id", env: "WORKSPACE_ID=9"},
		{name: "workspace id of the environment, profile without", profile: "b", env: "WORKSPACE_ID=9"},
		{name: "account id of the environment", profile: "b", env: "ACCOUNT_ID=x"},
		{name: "discovery of the environment", profile: "b", env: "DISCOVERY_URL=A/oidc"},
		{name: "profile with a host alone", profile: "bare", env: "TOKEN=e"},
		{name: "workspace id", profile: "id"},
		{name: "all by environment", env: "HOST=B TOKEN=e"},
		{name: "all by environment, with an id", env: "HOST=B TOKEN=e WORKSPACE_ID=9"},
		{name: "environment over the profile of the environment", env: "CONFIG_PROFILE=b TOKEN=e"},
		{name: "workspace id over the profile of the environment", env: "CONFIG_PROFILE=id WORKSPACE_ID=9"},
		{name: "unknown profile", profile: "nobody"},
		{name: "reserved section", profile: "__settings__"},
		{name: "byte order mark", file: "\ufeff[b]\nhost = B\ntoken = b-token\n", profile: "b"},
		{name: "CRLF", file: "[b]\r\nhost = B\r\ntoken = b-token\r\n", profile: "b"},
		{name: "comments", file: "# c\n[b] ; c\nhost = B # c\ntoken = b-token ; c\n", profile: "b"},
		{name: "duplicate sections", file: "[b]\nhost = A\ntoken = one\n[b]\nhost = B\ntoken = two\n", profile: "b"},
		{name: "quotes", file: "[b]\nhost = \"B\"\ntoken = 'b-token'\n", profile: "b"},
		{name: "colon", file: "[b]\nhost: B\ntoken: b-token\n", profile: "b"},
		{name: "keys before any section", file: "host = B\ntoken = top\n"},
		{name: "upper-case keys", file: "[b]\nHOST = B\nhost = B\nTOKEN = upper\ntoken = lower\n", profile: "b"},
		{name: "lower-case default", file: "[default]\nhost = B\ntoken = b-token\n"},
		{name: "percent", file: "[b]\nhost = B\ntoken = %(x)s\n", profile: "b"},
		{name: "default_profile", file: basic + "[__settings__]\ndefault_profile = b\n"},
		{name: "default_profile that is missing", file: basic + "[__settings__]\ndefault_profile = nobody\n"},
		{name: "spaces in the name", file: "[my profile]\nhost = B\ntoken = b-token\n", profile: "my profile"},
		{name: "slash after the host", file: "[b]\nhost = B/\ntoken = b-token\n", profile: "b"},
		{name: "path after the host", file: "[b]\nhost = B/x/y\ntoken = b-token\n", profile: "b"},
		{name: "id in the host", file: "[b]\nhost = B/?o=7\ntoken = b-token\n", profile: "b"},
		{name: "id in the host, newer", file: "[b]\nhost = B/?w=7\ntoken = b-token\n", profile: "b"},

		// ucbridge sends no token of the environment to a host that it does not name.
		{name: "token of the environment alone", env: "TOKEN=e", ours: "none"},
		{name: "profile without a host", profile: "homeless", env: "HOST=B", ours: "none"},
		// and takes no second method from the environment beside a whole profile.
		{name: "other method of the environment", profile: "b", env: "CLIENT_ID=i CLIENT_SECRET=s", ours: "B b-token"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			place := strings.NewReplacer("A", a.URL, "B", b.URL).Replace
			file := tt.file
			if file == "" {
				file = basic
			}
			// Only hosts are places: names hold neither letter alone.
			file = strings.NewReplacer("= A", "= "+a.URL, "= B", "= "+b.URL, ": B", ": "+b.URL, `"B"`, `"`+b.URL+`"`).Replace(file)
			config := filepath.Join(t.TempDir(), "databrickscfg")
			if err := os.WriteFile(config, []byte(file), 0o600); err != nil {
				t.Fatal(err)
			}
			env := []string{"DATABRICKS_CONFIG_FILE=" + config, "HOME=" + t.TempDir(), "PATH=/usr/bin:/bin"}
			for _, pair := range strings.Fields(tt.env) {
				name, value, _ := strings.Cut(pair, "=")
				if value == "A" || value == "B" || strings.HasPrefix(value, "A/") {
					value = place(value[:1]) + value[1:]
				}
				env = append(env, "DATABRICKS_"+name+"="+value)
			}
			arrived := func(program string, args ...string) string {
				if tt.profile != "" {
					args = append(args, "--profile", tt.profile)
				}
				cmd := exec.CommandContext(t.Context(), program, args...)
				cmd.Env = env
				said, _ := cmd.CombinedOutput() // an answer is refused, or misread, now and then
				atA, atB := a.take(), b.take()
				t.Logf("%s: %q, %q\n%s", filepath.Base(program), atA, atB, said)
				switch {
				case atA != "":
					return "A " + atA
				case atB != "":
					return "B " + atB
				}
				return "none"
			}
			want := arrived(cli, "current-user", "me")
			if tt.ours != "" {
				if want == tt.ours {
					t.Errorf("the CLI does the same, %s: no exception is needed", want)
				}
				want = tt.ours
			}
			if got := arrived(ucbridge, "connections"); got != want {
				t.Errorf("ucbridge: %s, the CLI: %s", got, want)
			}
		})
	}
}

// A login by a browser leads from nothing to a tool: by the Databricks CLI itself,
// and by ucbridge login, which runs it.
func TestLoginByBrowser(t *testing.T) {
	t.Parallel()
	cli := databricksCLI(t)
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	for _, login := range [][]string{
		{cli, "auth", "login", "--host", w.URL(), "--profile", "DEMO"},
		{ucbridge, "login", "--host", w.URL(), "--profile", "DEMO"},
	} {
		home := t.TempDir()
		browser := detachedBrowser(t, home)
		run := func(command ...string) string {
			cmd := exec.CommandContext(t.Context(), command[0], command[1:]...)
			cmd.Env = []string{"HOME=" + home, "PATH=" + filepath.Dir(cli) + ":/usr/bin:/bin", "BROWSER=" + browser}
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Fatalf("%q: %v\n%s", command, err, out)
			}
			return string(out)
		}
		run(login...)
		if got := run(ucbridge, "tools", "--connection", "github", "--profile", "DEMO"); !strings.Contains(got, "create_issue") {
			t.Errorf("tools after %q:\n%s", login[:2], got)
		}
	}
}

func curl(t *testing.T) string {
	t.Helper()
	path, err := exec.LookPath("curl")
	if err != nil {
		t.Skip("curl is not installed")
	}
	return path
}
