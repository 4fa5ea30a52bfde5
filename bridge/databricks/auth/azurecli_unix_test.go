//go:build unix

package auth

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"ucbridge/bridge/programtest"

	"github.com/databricks/databricks-sdk-go/config"
)

// az writes an Azure CLI that is a shell script; it notes how it was called.
func az(t *testing.T, script string) (folder string) {
	t.Helper()
	folder = t.TempDir()
	text := "#!/bin/sh\nPATH=/usr/bin:/bin; cd " + folder + "\necho \"$@\" >>calls\n" + script + "\n"
	programtest.Write(t, filepath.Join(folder, "az"), []byte(text))
	return folder
}

// azureCredentials are those of a workspace on Azure, which sends browsers to sign in
// to the tenant t-1. az is in the folder, and not on PATH.
func azureCredentials(t *testing.T, folder string) *Credentials {
	t.Helper()
	network := answers(func(req *http.Request) (*http.Response, error) {
		resp, err := notFound(req)
		if req.URL.Path == "/aad/auth" {
			resp.StatusCode = http.StatusFound
			resp.Header.Set("Location", "https://login.microsoftonline.com/t-1/oauth2/authorize?x=y")
		}
		return resp, err
	})
	c := network.credentials(t, "https://adb-1.2.azuredatabricks.net", func(cfg *config.Config) { cfg.AuthType = azureCLIAuth })
	c.folders = []string{"", t.TempDir(), folder}
	t.Cleanup(c.Close)
	return c
}

func azToken(value string, in time.Duration) string {
	return fmt.Sprintf(`echo '{"accessToken":"%s","tokenType":"Bearer","expiresOn":"2001-01-01 00:00:00.000000","expires_on":%d}'`, value, time.Now().Add(in).Unix())
}

// az is found in the usual folders, asked for each resource once while its tokens are
// good, whatever time zone it writes in, and within the workspace's tenant.
func TestAzureCLI(t *testing.T) {
	t.Parallel()
	folder := az(t, `case "$*" in
*show*) echo '{"user":{"name":"ada@example.com","type":"user"}}';;
*management*) `+azToken("management", time.Hour)+`;;
*) `+azToken("own", time.Hour)+`;;
esac`)
	c := azureCredentials(t, folder)
	var signed Signature
	for range 3 {
		var err error
		if signed, err = c.Sign(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if own, management := signed.Header.Get("Authorization"), signed.Header.Get("X-Databricks-Azure-Sp-Management-Token"); own != "Bearer own" || management != "management" || signed.AuthType != azureCLIAuth {
		t.Errorf("signed with %q and %q by %s", own, management, signed.AuthType)
	}
	calls, err := os.ReadFile(filepath.Join(folder, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"account show --output json",
		"account get-access-token --resource 2ff814a6-3304-4ab8-85cb-cd0e6f879c1d --output json --tenant t-1",
		"account get-access-token --resource https://management.core.windows.net/ --output json --tenant t-1",
	}
	if got := strings.TrimSpace(string(calls)); got != strings.Join(want, "\n") {
		t.Errorf("az was called with\n%s\nwant\n%s", got, strings.Join(want, "\n"))
	}
}

// Who may have no token of Azure's management signs without; a federated service
// principal is asked for without its tenant; an identity of the machine likewise.
func TestAzureCLIUsers(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, user, script string }{
		{"user without management", `{"name":"ada","type":"user"}`, `*management*) exit 1;; *t-1*) ` + azToken("own", time.Hour) + `;;`},
		{"federated service principal", `{"name":"sp","type":"servicePrincipal"}`, `*t-1*|*management*) exit 1;; *) ` + azToken("own", time.Hour) + `;;`},
		{"managed identity", `{"name":"systemAssignedIdentity","type":"servicePrincipal"}`, `*t-1*) echo asked >&2; exit 1;; *management*) exit 1;; *) ` + azToken("own", time.Hour) + `;;`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := azureCredentials(t, az(t, `case "$*" in *show*) echo '{"user":`+tt.user+`}';; `+tt.script+` esac`))
			signed, err := c.Sign(t.Context())
			if err != nil || signed.Header.Get("Authorization") != "Bearer own" || signed.Header.Get("X-Databricks-Azure-Sp-Management-Token") != "" {
				t.Errorf("signed with %v, %v", signed.Header, err)
			}
		})
	}
}

// A login that az does not have is told as one; az that is nowhere is, too.
func TestAzureCLIRefused(t *testing.T) {
	t.Parallel()
	_, err := azureCredentials(t, az(t, `echo 'Please run "az login" to setup account.' >&2; exit 1`)).Sign(t.Context())
	if e := refusalOf(t, err); e.Data.Hint != "sign in with: az login" || !strings.Contains(e.Data.Detail, "to setup account") {
		t.Errorf("%+v", e)
	}
}

// az that is nowhere is what is missing, whatever else could be signed in with.
func TestAzureCLIMissing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := azureCredentials(t, t.TempDir()).Sign(t.Context())
	if e := refusalOf(t, err); !strings.Contains(e.Message, "is neither on PATH nor in the usual folders") || !strings.HasSuffix(e.Data.Hint, "az login") {
		t.Errorf("%v", e)
	}
}

// What az is doing ends with us.
func TestAzureCLIEndsWithUs(t *testing.T) {
	t.Parallel()
	folder := az(t, `echo $$ >pid; mkfifo wait; read x <wait`)
	c := azureCredentials(t, folder)
	signed := make(chan error, 1)
	go func() {
		_, err := c.Sign(t.Context())
		signed <- err
	}()
	var pid int
	for pid == 0 {
		text, _ := os.ReadFile(filepath.Join(folder, "pid"))
		if pid, _ = strconv.Atoi(strings.TrimSpace(string(text))); pid == 0 {
			select {
			case err := <-signed:
				t.Fatalf("signed before az was done: %v", err)
			case <-t.Context().Done():
				t.Fatal("az was not started")
			case <-time.After(time.Millisecond):
			}
		}
	}
	c.Close()
	if err := <-signed; err == nil {
		t.Error("signed without a token")
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("az has outlived its caller")
	}
}
