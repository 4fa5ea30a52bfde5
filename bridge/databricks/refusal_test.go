package databricks

import (
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/databricks/databricks-sdk-go/config"
	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/refusal"
)

// said is an answer of the workspace.
type said struct {
	status int
	header map[string]string // of several lines, where a header comes several times
	body   string
}

func (s said) ServeHTTP(rw http.ResponseWriter, _ *http.Request) {
	for name, v := range s.header {
		for line := range strings.SplitSeq(v, "\n") {
			rw.Header().Add(name, line)
		}
	}
	rw.WriteHeader(s.status)
	io.WriteString(rw, s.body)
}

var (
	github   = Target{Connection: "github", Route: "proxy"}
	function = Target{Connection: "github", Route: "external-function"}
	external = Target{Connection: "github", Route: "mcp-external"}
	service  = Target{Service: "system.ai.github"}
	genie    = Target{URL: "/api/2.0/mcp/genie/1"}
)

const (
	noLogin = `Credential for user identity('7') is not found for the connection 'github'. Please login first to the connection by visiting https://evil.example/explore`
	expired = `Failed request to https://api.x. Error: The OAuth token exchange failed with HTTP status code 400 Bad Request. The returned server response or exception message is: Map(error -> invalid_grant, error_description -> gone)`
)

func jsonError(code, message string) string {
	return `{"error_code":` + code + `,"message":"` + message + `"}`
}

// TestRefusals is the catalogue: what Databricks says, and what becomes of it.
// HOST stands for the workspace.
func TestRefusals(t *testing.T) {
	t.Parallel()
	const connectionLogin = "HOST/explore/connections/github?o=42"
	tests := []struct {
		name     string
		target   Target
		said     said
		want     refusal.Data // Hint is a part of the hint; Detail is compared where it is set
		message  string
		requests int // 1 where it is not set
	}{
		{
			"sign-in missing", github, said{401, nil, jsonError(`"UNAUTHENTICATED"`, noLogin)},
			refusal.Data{Reason: "connection_login_required", ErrorCode: "UNAUTHENTICATED", HTTPStatus: 401, Hint: "open " + connectionLogin + " in", LoginURL: connectionLogin, Detail: noLogin},
			`You are not signed in to the connection "github" yet.`, 1,
		}, {
			"sign-in missing, prefixed, no form", function, said{403, nil, "Failed request to https://x. Error: " + noLogin},
			refusal.Data{Reason: "connection_login_required", HTTPStatus: 403, Hint: connectionLogin, LoginURL: connectionLogin}, "not signed in", 1,
		}, {
			"sign-in missing, wrapped text", external, said{200, map[string]string{"Content-Type": "application/json"}, `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"` + noLogin + `"}}`},
			refusal.Data{Reason: "connection_login_required", HTTPStatus: 200, Hint: connectionLogin, LoginURL: connectionLogin}, "not signed in", 1,
		}, {
			"sign-in missing, wrapped JSON", Target{URL: "/api/2.0/mcp/external/github"}, said{200, map[string]string{"Content-Type": "application/json"}, `{"jsonrpc":"2.0","id":1,"error":{"code":-32001,"message":"{\"error_code\":\"UNAUTHENTICATED\",\"message\":\"` + noLogin + `\"}"}}`},
			refusal.Data{Reason: "connection_login_required", ErrorCode: "UNAUTHENTICATED", HTTPStatus: 200, Hint: connectionLogin, LoginURL: connectionLogin}, "not signed in", 1,
		}, {
			"sign-in missing, service", service, said{401, map[string]string{"WWW-Authenticate": `Bearer resource_metadata="https://evil.example/"`}, ""},
			refusal.Data{Reason: "connection_login_required", HTTPStatus: 401, Hint: "HOST/mcp-service-login?name=system.ai.github", LoginURL: "HOST/mcp-service-login?name=system.ai.github"}, `MCP service "system.ai.github"`, 1,
		}, {
			"sign-in missing, service, behind another challenge", service, said{401, map[string]string{"WWW-Authenticate": "Basic realm=\"x\"\nBearer resource_metadata=\"https://evil.example/\""}, ""},
			refusal.Data{Reason: "connection_login_required", HTTPStatus: 401, Hint: "HOST/mcp-service-login?name=system.ai.github", LoginURL: "HOST/mcp-service-login?name=system.ai.github"}, `MCP service "system.ai.github"`, 1,
		}, {
			"sign-in expired", github, said{400, nil, jsonError(`"BAD_REQUEST"`, expired)},
			refusal.Data{Reason: "connection_login_expired", ErrorCode: "BAD_REQUEST", HTTPStatus: 400, Hint: connectionLogin, LoginURL: connectionLogin}, "has expired", 1,
		}, {
			"client of the connection wrong", github, said{400, nil, jsonError(`"BAD_REQUEST"`, strings.ReplaceAll(expired, "invalid_grant", "invalid_client"))},
			refusal.Data{Reason: "connection_misconfigured", ErrorCode: "BAD_REQUEST", HTTPStatus: 400, Hint: "client secret"}, "cannot get a token", 1,
		}, {
			"upstream unreachable", github, said{400, nil, jsonError(`"BAD_REQUEST"`, "Failed request to https://x. Error: Connection refused")},
			refusal.Data{Reason: "upstream_unreachable", ErrorCode: "BAD_REQUEST", HTTPStatus: 400, Retryable: true, Hint: "base_path"}, "cannot reach the server behind", 1,
		}, {
			"egress", github, said{400, nil, jsonError(`"BAD_REQUEST"`, "Failed request to https://x. Error: Access to x is denied because of serverless network policy")},
			refusal.Data{Reason: "egress_denied", ErrorCode: "BAD_REQUEST", HTTPStatus: 400, Hint: "serverless network policy"}, "blocks", 1,
		}, {
			"no USE CONNECTION", github, said{403, nil, jsonError(`"PERMISSION_DENIED"`, "User does not have USE CONNECTION on Connection 'evil`; DROP'. [ReqId: 0a1b2c3d-0000-4000-8000-000000000001]")},
			refusal.Data{
				Reason: "connection_forbidden", ErrorCode: "PERMISSION_DENIED", HTTPStatus: 403, RequestID: "0a1b2c3d-0000-4000-8000-000000000001",
				Hint:   "GRANT USE CONNECTION ON CONNECTION `github` TO `<you>`",
				Detail: "User does not have USE CONNECTION on Connection 'evil`; DROP'.",
			}, `You may not use the connection "github".`, 1,
		}, {
			"no USE CONNECTION on a schema's", Target{Connection: "main.tools.jira"}, said{403, nil, jsonError(`"PERMISSION_DENIED"`, "User does not have USE CONNECTION on SCHEMA_CONNECTION 'u-u-i-d'.")},
			refusal.Data{Reason: "connection_forbidden", ErrorCode: "PERMISSION_DENIED", HTTPStatus: 403, Hint: "GRANT USE CONNECTION ON CONNECTION `main`.`tools`.`jira` TO `<you>`"}, `You may not use the connection "main.tools.jira".`, 1,
		}, {
			"no EXECUTE", service, said{403, nil, jsonError(`"PERMISSION_DENIED"`, "User does not have EXECUTE")},
			refusal.Data{Reason: "service_forbidden", ErrorCode: "PERMISSION_DENIED", HTTPStatus: 403, Hint: "databricks grants update mcp_service system.ai.github --json"}, "", 1,
		}, {
			"no such service", service, said{404, nil, jsonError(`"NOT_FOUND"`, "MCP service does not exist")},
			refusal.Data{Reason: "service_not_found", ErrorCode: "NOT_FOUND", HTTPStatus: 404, Hint: "USE CATALOG"}, "", 1,
		}, {
			"no such connection", github, said{404, nil, jsonError(`"CONNECTION_DOES_NOT_EXIST"`, "Connection 'github' does not exist.")},
			refusal.Data{Reason: "connection_not_found", ErrorCode: "CONNECTION_DOES_NOT_EXIST", HTTPStatus: 404, Hint: "ucbridge connections"}, `There is no connection "github" on`, 1,
		}, {
			"no USE CONNECTION behind a path", Target{URL: "/api/2.0/mcp/genie/x"}, said{403, nil, jsonError(`"PERMISSION_DENIED"`, "User does not have USE CONNECTION on Connection 'c'.")},
			refusal.Data{Reason: "connection_forbidden", ErrorCode: "PERMISSION_DENIED", HTTPStatus: 403, Hint: "ask the owner of that connection for USE CONNECTION on it"},
			`You may not use the connection behind the path "/api/2.0/mcp/genie/x".`, 1,
		}, {
			"no such path", Target{URL: "/api/2.0/mcp/genie/x"}, said{404, nil, jsonError(`"ENDPOINT_NOT_FOUND"`, "No API found for 'POST /x'")},
			refusal.Data{Reason: "endpoint_not_found", ErrorCode: "ENDPOINT_NOT_FOUND", HTTPStatus: 404, Hint: "check the spelling, or ask"}, "", 1,
		}, {
			"no such route", github, said{404, nil, jsonError(`"ENDPOINT_NOT_FOUND"`, "No API found for 'POST /x'")},
			refusal.Data{Reason: "endpoint_not_found", ErrorCode: "ENDPOINT_NOT_FOUND", HTTPStatus: 404, Hint: "--route"}, "", 1,
		}, {
			"scope", service, said{403, nil, jsonError("403", "Provided OAuth token does not have required scopes: ai-gateway [ReqId: 0a1b2c3d-0000-4000-8000-000000000002]")},
			refusal.Data{Reason: "missing_scope", ErrorCode: "403", HTTPStatus: 403, RequestID: "0a1b2c3d-0000-4000-8000-000000000002", Hint: "scope ai-gateway"}, "lacks a scope", 1,
		}, {
			"scope, plain", github, said{403, nil, "Invalid scope, required scopes: x"},
			refusal.Data{Reason: "missing_scope", HTTPStatus: 403, Hint: "scope unity-catalog"}, "", 1,
		}, {
			"bad token", github, said{403, nil, jsonError("403", "Invalid access token.")},
			refusal.Data{Reason: "not_authenticated", ErrorCode: "403", HTTPStatus: 403, Hint: "HOST/settings/user/developer/access-tokens"}, "did not accept the credentials (pat)", 2,
		}, {
			"token of another workspace", github, said{400, nil, jsonError(`"400"`, "Invalid Token")},
			refusal.Data{Reason: "not_authenticated", ErrorCode: "400", HTTPStatus: 400, Hint: "HOST/settings/user/developer/access-tokens"}, "", 2,
		}, {
			"token of another workspace, as text", genie, said{400, nil, "Invalid Token"}, // which a server can say too
			refusal.Data{Reason: "not_authenticated", HTTPStatus: 400, Hint: "HOST/settings/user/developer/access-tokens", Unproven: true}, "", 1,
		}, {
			"empty 401", github, said{401, nil, ""},
			refusal.Data{Reason: "not_authenticated", HTTPStatus: 401, Hint: "access token"}, "", 2,
		}, {
			"401 of Databricks", function, said{401, nil, jsonError(`"UNAUTHENTICATED"`, "Request does not have valid credentials")},
			refusal.Data{Reason: "not_authenticated", ErrorCode: "UNAUTHENTICATED", HTTPStatus: 401, Hint: "access token"}, "", 2,
		}, {
			"sign-in page with 200", github, said{200, map[string]string{"Content-Type": "text/html; charset=utf-8"}, "<!doctype html><title>Databricks - Sign In</title>"},
			refusal.Data{Reason: "not_authenticated", HTTPStatus: 200, Hint: "access token", Unproven: true}, "", 1,
		}, {
			"sign-in page through external-function", function, said{200, nil, "<html><title>Databricks Login</title>"},
			refusal.Data{Reason: "not_authenticated", HTTPStatus: 200, Hint: "access token", Unproven: true}, "", 1,
		}, {
			"IP access list", github, said{403, nil, jsonError(`"403"`, "Source IP address: 1.2.3.4 is blocked by Databricks IP ACL for workspace: 1")},
			refusal.Data{Reason: "ip_blocked", ErrorCode: "403", HTTPStatus: 403, Hint: "VPN"}, "", 1,
		}, {
			"several workspaces", github, said{400, nil, "Credential was not sent or was of an unsupported type for this API."},
			refusal.Data{Reason: "workspace_id_missing", HTTPStatus: 400, Hint: "DATABRICKS_WORKSPACE_ID"}, "", 1,
		}, {
			"rate, with seconds", github, said{429, map[string]string{"Retry-After": "30"}, jsonError(`"REQUEST_LIMIT_EXCEEDED"`, "slow down")},
			refusal.Data{RetryAfter: 30 * time.Second, Reason: "rate_limited", ErrorCode: "REQUEST_LIMIT_EXCEEDED", HTTPStatus: 429, Retryable: true, Hint: "try again in 30 seconds"}, "", 1,
		}, {
			"rate, with RetryInfo", github, said{429, nil, `{"error_code":"RESOURCE_EXHAUSTED","message":"x","details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retry_delay":"200.5s"},{"@type":"type.googleapis.com/google.rpc.RequestInfo","request_id":"r-1"}]}`},
			refusal.Data{RetryAfter: 200*time.Second + 500*time.Millisecond, Reason: "rate_limited", ErrorCode: "RESOURCE_EXHAUSTED", HTTPStatus: 429, RequestID: "r-1", Retryable: true, Hint: "try again in 4 minutes"}, "", 1,
		}, {
			"unavailable", github, said{503, map[string]string{"X-Request-Id": "r-2"}, jsonError(`"TEMPORARILY_UNAVAILABLE"`, "x")},
			refusal.Data{Reason: "workspace_unavailable", ErrorCode: "TEMPORARILY_UNAVAILABLE", HTTPStatus: 503, RequestID: "r-2", Retryable: true, Hint: "try again in a minute"}, "not available", 1,
		}, {
			"anything else", genie, said{500, map[string]string{"X-Request-Id": "r-3"}, jsonError(`"INTERNAL_ERROR"`, `\u202eoops\u0000\n twice`)},
			refusal.Data{Reason: "workspace_error", ErrorCode: "INTERNAL_ERROR", HTTPStatus: 500, RequestID: "r-3", Detail: "oops twice"}, "Databricks refused the request to the path \"/api/2.0/mcp/genie/1\" (500 INTERNAL_ERROR).", 1,
		}, {
			"an echoed token", genie, said{400, nil, jsonError(`"BAD_REQUEST"`, "cannot use Bearer "+testToken)},
			refusal.Data{Reason: "workspace_error", ErrorCode: "BAD_REQUEST", HTTPStatus: 400, Detail: "cannot use ***"}, "", 1,
		},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, tt.said.ServeHTTP)
			r := open(t, Options{Target: tt.target, Host: w.URL}, withToken(testToken), func(cfg *config.Config) { cfg.WorkspaceID = "42" })
			_, _, err := roundTrip(r, post(t, r, ping))
			e := refusalOf(t, err)
			got, want := e.Data, tt.want
			want.Source = "ucbridge"
			if want.Detail == "" {
				got.Detail = ""
			}
			want.Hint = strings.ReplaceAll(want.Hint, "HOST", w.URL)
			want.LoginURL = strings.ReplaceAll(want.LoginURL, "HOST", w.URL)
			if !strings.Contains(got.Hint, want.Hint) {
				t.Errorf("hint %q, want %q in it", got.Hint, want.Hint)
			}
			got.Hint, want.Hint = "", ""
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
			if !strings.Contains(e.Message, tt.message) {
				t.Errorf("message %q, want %q in it", e.Message, tt.message)
			}
			if all := e.Message + e.Data.Hint; strings.Contains(all, "evil") || strings.Contains(all, "{") && !strings.Contains(all, "--json") {
				t.Errorf("words from the wire, or a gap, in %q", all)
			}
			if strings.Contains(string(e.Response(nil)), testToken) {
				t.Error("the token is in the error")
			}
			if n := len(w.requests()); n != tt.requests {
				t.Errorf("%d requests, want %d", n, tt.requests)
			}
		})
	}
}

// TestPasses is what the server behind says itself: it comes through as it is,
// and nothing is repeated.
func TestPasses(t *testing.T) {
	t.Parallel()
	const rpc = `{"jsonrpc":"2.0","id":1,"error":{"code":-32042,"message":"x","data":{"error_code":"no"}}}`
	long := `{"jsonrpc":"2.0","id":1,"result":"` + strings.Repeat("x", 200<<10) + `"}`
	tests := []struct {
		name   string
		target Target
		said   said
	}{
		{"result", github, said{200, nil, long}},
		{"error with 401", github, said{401, nil, rpc}},
		{"error with 403", function, said{403, nil, rpc}},
		{"error with 503", service, said{503, nil, rpc}},
		{"long error with 400", github, said{400, nil, long}},
		{"batch with 400", github, said{400, nil, "[" + rpc + "]"}},
		{"401 of the upstream", function, said{401, nil, `{"error":{"code":"InvalidAuthenticationToken","message":"Lifetime validation failed"}}`}},
		{"401 of the upstream, with its metadata", github, said{401, map[string]string{"WWW-Authenticate": `Bearer resource_metadata="https://x"`}, ""}},
		{"401 of the upstream, text", github, said{401, nil, "bad credentials"}},
		{"403 of the upstream", github, said{403, nil, `{"message":"Invalid access token."}`}},
		{"404 of a session", github, said{404, nil, "session not found"}},
		{"404 of a session, JSON", github, said{404, nil, `{"error":"session not found"}`}},
		{"400 of a session", function, said{400, nil, "Bad Request: No valid session ID provided"}},
		{"405", github, said{405, nil, ""}},
		{"502", github, said{502, map[string]string{"Content-Type": "text/html", "X-Request-Id": "r-9"}, "<html>Bad Gateway</html>"}},
		{"202", function, said{202, nil, ""}},
		{"HTML that is no sign-in", github, said{200, map[string]string{"Content-Type": "text/html", "X-Request-Id": "r-9"}, "<html>Welcome</html>"}},
		{"an error on mcp-external that is its own", external, said{200, map[string]string{"Content-Type": "application/json"}, `{"jsonrpc":"2.0","id":1,"error":{"code":-32600,"message":"Invalid request"}}`}},
		{"a result on mcp-external", external, said{200, map[string]string{"Content-Type": "application/json"}, long}},
		{"the words elsewhere on mcp-external", external, said{200, map[string]string{"Content-Type": "application/json"}, `{"jsonrpc":"2.0","id":1,"result":{"text":"` + noLogin + `"}}`}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			w := newWorkspace(t, tt.said.ServeHTTP)
			r := onWorkspace(t, w, tt.target)
			status, body, err := roundTrip(r, post(t, r, ping))
			if status != tt.said.status || body != tt.said.body || err != nil {
				t.Errorf("%d %.80q %v", status, body, err)
			}
			if n := len(w.requests()); n != 1 {
				t.Errorf("%d requests", n)
			}
		})
	}
}

// A body that breaks off while it is looked at breaks off for its reader too.
func TestCutBody(t *testing.T) {
	t.Parallel()
	w := newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Length", "100")
		rw.WriteHeader(http.StatusBadRequest)
		io.WriteString(rw, "half")
	})
	r := onWorkspace(t, w, github)
	if status, body, err := roundTrip(r, post(t, r, ping)); status != 400 || body != "half" || err != io.ErrUnexpectedEOF {
		t.Errorf("%d %q %v", status, body, err)
	}
}

// An event stream is handed on before its first event.
func TestStreamsAreNotWaitedFor(t *testing.T) {
	t.Parallel()
	for _, target := range []Target{github, external, service, genie} {
		release := make(chan struct{})
		w := newWorkspace(t, func(rw http.ResponseWriter, _ *http.Request) {
			rw.Header().Set("Content-Type", "text/event-stream")
			rw.(http.Flusher).Flush()
			<-release
			io.WriteString(rw, "data: {}\n\n")
		})
		r := onWorkspace(t, w, target)
		resp, err := r.RoundTrip(post(t, r, ping))
		close(release)
		if err != nil {
			t.Fatal(err)
		}
		if body, err := io.ReadAll(resp.Body); string(body) != "data: {}\n\n" || err != nil {
			t.Errorf("%q %v", body, err)
		}
		resp.Body.Close()
	}
}

// TestNoTextMatchesNothing: ruleFor does not ask an expression about no text.
func TestNoTextMatchesNothing(t *testing.T) {
	t.Parallel()
	for _, r := range rules {
		if r.text != nil && r.text.MatchString("") {
			t.Errorf("the text of %s, %q, matches none", r.reason, r.text())
		}
	}
}

func TestIsPlain(t *testing.T) {
	t.Parallel()
	for s, want := range map[string]bool{
		"": false, "RESOURCE_DOES_NOT_EXIST": true, "0f-9:a.Z_": true, "a b": false, "a\n": false, "é": false, "a@b": false, "[x": false, "{": false, "`": false,
		strings.Repeat("a", 128): true, strings.Repeat("a", 129): false,
	} {
		if got := isPlain(s); got != want {
			t.Errorf("%q: %v", s, got)
		}
	}
}
