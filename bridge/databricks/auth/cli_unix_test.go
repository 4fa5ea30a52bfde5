//go:build unix

package auth

import (
	"path/filepath"
	"strings"
	"testing"

	"ucbridge/bridge/programtest"
)

// fakeCLI writes a Databricks CLI that is a shell script, as long as the SDK
// wants a real one to be.
func fakeCLI(t *testing.T, token string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	script := "#!/bin/sh\ncase \"$1\" in\nversion) echo 'Databricks CLI v0.296.0'; exit;;\nesac\n" + token + "\nexit\n"
	programtest.Write(t, filepath.Join(folder, "databricks"), []byte(script+strings.Repeat("#", 1<<20)))
	return folder
}

func TestDatabricksCLI(t *testing.T) {
	t.Parallel()
	found := func(folder string) *Credentials {
		c := answers(notFound).credentials(t, "https://w.cloud.databricks.com")
		c.folders = []string{"", t.TempDir(), folder}
		return c
	}
	// The script sees no stdin of ours: read fails at its end.
	s, err := found(fakeCLI(t, `read x && exit 3; echo '{"access_token":"cli-token","token_type":"Bearer","expiry":"2999-01-01T00:00:00Z"}'`)).Sign(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Header.Get("Authorization"); got != "Bearer cli-token" || s.AuthType != "databricks-cli" {
		t.Errorf("Authorization %q by %s", got, s.AuthType)
	}
	_, err = found(fakeCLI(t, "echo 'A new access token could not be retrieved because the refresh token is invalid.' >&2; exit 1")).Sign(t.Context())
	e := refusalOf(t, err)
	if e.Data.Reason != "not_authenticated" || e.Data.Hint != "sign in with: ucbridge login --host https://w.cloud.databricks.com" ||
		!strings.Contains(e.Data.Detail, "refresh token is invalid") {
		t.Errorf("%+v", e)
	}
}
