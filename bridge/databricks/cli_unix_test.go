//go:build unix

package databricks

import (
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/databricks/databricks-sdk-go/config"
)

// fakeCLI writes a Databricks CLI that is a shell script, as long as the SDK
// wants a real one to be.
func fakeCLI(t *testing.T, token string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	script := "#!/bin/sh\ncase \"$1\" in\nversion) echo 'Databricks CLI v0.296.0'; exit;;\nesac\n" + token + "\nexit\n"
	if err := os.WriteFile(filepath.Join(folder, "databricks"), []byte(script+strings.Repeat("#", 1<<20)), 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestDatabricksCLI(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, said{200, nil, "{}"}.ServeHTTP)
	found := func(folder string) *Transport {
		r := open(t, Options{Target: github, Host: w.URL})
		r.credentials.guards = []config.Loader{guard{}, cliFinder{[]string{"", t.TempDir(), folder}}}
		return r
	}
	// The script sees no stdin of ours: read fails at its end.
	r := found(fakeCLI(t, `read x && exit 3; echo '{"access_token":"cli-token","token_type":"Bearer","expiry":"2999-01-01T00:00:00Z"}'`))
	if status, _, err := roundTrip(r, post(t, r, ping)); status != http.StatusOK || err != nil {
		t.Fatalf("%d %v", status, err)
	}
	if got := w.requests()[0].Header.Get("Authorization"); got != "Bearer cli-token" {
		t.Errorf("Authorization %q", got)
	}
	if d := r.Describe(); d.AuthType != "databricks-cli" {
		t.Errorf("%+v", d)
	}
	r = found(fakeCLI(t, "echo 'A new access token could not be retrieved because the refresh token is invalid.' >&2; exit 1"))
	_, _, err := roundTrip(r, post(t, r, ping))
	e := refusalOf(t, err)
	if e.Data.Reason != "not_authenticated" || e.Data.Hint != "sign in with: databricks auth login --host "+w.URL ||
		!strings.Contains(e.Data.Detail, "refresh token is invalid") {
		t.Errorf("%+v", e)
	}
}
