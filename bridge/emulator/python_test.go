package emulator

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The requests that the Databricks SDK for Python 0.133.0 makes for the two flows of
// the Databricks Apps cookbook, "Connect an MCP server" (e2e/recipe.py), byte by byte.
const (
	pythonInitialize = `{"connection_name": "%s", "method": "POST", "path": "/", "headers": null, "json": "{\"jsonrpc\": \"2.0\", \"id\": \"init-1\", \"method\": \"initialize\", \"params\": {}}", "params": null}`
	pythonListTools  = `{"connection_name": "%s", "method": "POST", "path": "/", "headers": "{\"Content-Type\": \"application/json\", \"Mcp-Session-Id\": \"%s\"}", "json": "{\"jsonrpc\": \"2.0\", \"id\": \"list-1\", \"method\": \"tools/list\"}", "params": null}`
)

func TestPythonRecipe(t *testing.T) {
	t.Parallel()
	w, err := Start(Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = w.Close() })
	w.SignIn("github_u2m_connection", "ada@example.com")
	send := func(token, body string) (session, answer string) {
		t.Helper()
		req, err := http.NewRequest(http.MethodPost, w.URL()+"/api/2.0/external-function", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		req.Header = http.Header{"Authorization": {"Bearer " + token}, "Content-Type": {"application/json"}, "Accept": {"text/plain"}}
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("%s %s, %v", resp.Status, text, err)
		}
		return resp.Header.Get("Mcp-Session-Id"), string(text)
	}

	// On behalf of a user.
	session, _ := send("dapi-demo-ada", fmt.Sprintf(pythonInitialize, "github_u2m_connection"))
	if session == "" {
		t.Error("initialize gave no session id")
	}
	if _, tools := send("dapi-demo-ada", fmt.Sprintf(pythonListTools, "github_u2m_connection", session)); !strings.Contains(tools, `"create_issue"`) {
		t.Errorf("tools: %s", tools)
	}
	// As a service principal.
	status, token := exchange(t, w, url.Values{"grant_type": {"client_credentials"}, "client_id": {"demo-client"}, "client_secret": {"demo-secret"}})
	if status != http.StatusOK {
		t.Fatalf("token: %d", status)
	}
	if _, answer := send(token.AccessToken, fmt.Sprintf(pythonInitialize, "github")); !strings.Contains(answer, `"ucbridge-sample"`) {
		t.Errorf("initialize: %s", answer)
	}
}
