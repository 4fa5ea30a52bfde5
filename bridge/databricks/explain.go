package databricks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// An upstreamRule words an HTTP answer without a JSON-RPC message that is no
// refusal of Databricks: the MCP server said it, or the Databricks App. Of the
// first four members those that are set must all hold.
type upstreamRule struct {
	on       string // what is addressed: "app", "connection", "service" or "path"
	statuses []int
	session  bool // the request belongs to a session
	barred   bool // no credential is what the server wants

	reason        refusal.Reason
	message, hint string
}

// upstreamRules are tried in this order. The texts hold nothing from the wire.
var upstreamRules = []upstreamRule{
	{
		on: "app", statuses: []int{http.StatusForbidden},
		reason:  refusal.AppForbidden,
		message: "The app {host} refused you (HTTP {status}).",
		hint:    "ask the owner of the app for CAN USE on it",
	}, {
		on: "app", statuses: []int{http.StatusNotFound}, session: true,
		reason:  refusal.UpstreamNotFound,
		message: "The app {host} answered HTTP 404: the session is gone, or the path is wrong.",
		hint:    "check the path of --url; restart the client to begin a new session",
	}, {
		on: "app", statuses: []int{http.StatusNotFound},
		reason:  refusal.UpstreamNotFound,
		message: "The app {host} has no MCP endpoint at this path (HTTP 404).",
		hint:    "check the path of --url, /mcp as a rule",
	}, {
		on: "app", statuses: []int{http.StatusBadGateway, http.StatusServiceUnavailable},
		reason:  refusal.AppUnavailable,
		message: "The app {host} does not answer: it is not running, or has failed (HTTP {status}).",
		hint:    "see whether the app is running, and its logs, under Compute > Apps in the workspace",
	}, {
		statuses: []int{http.StatusRequestEntityTooLarge},
		reason:   refusal.MessageTooLarge,
		message:  "The message of {size} is larger than {server}, or a proxy before it, takes (HTTP 413).",
		hint:     "send less at once, or have that limit raised",
	}, {
		statuses: []int{http.StatusNotFound}, session: true,
		reason:  refusal.UpstreamNotFound,
		message: "{Server} answered HTTP 404: the session is gone, or the path is wrong.",
		hint:    "check {path}; restart the client to begin a new session",
	}, {
		on: "path", statuses: []int{http.StatusNotFound},
		reason:  refusal.UpstreamNotFound,
		message: "There is no MCP endpoint at the {target} (HTTP 404).",
		hint:    "check {path}",
	}, {
		statuses: []int{http.StatusNotFound},
		reason:   refusal.UpstreamNotFound,
		message:  "{Server} has no MCP endpoint at this path (HTTP 404).",
		hint:     "check {path}",
	}, {
		on: "connection", statuses: []int{http.StatusForbidden}, barred: true,
		reason:  refusal.UpstreamForbidden,
		message: "{Server} refused the request (HTTP {status}).",
		hint:    "have its owner check, in this order, the connection's credential, the host name and the origin that the server takes, and the networks that it lets in",
	}, {
		on: "service", statuses: []int{http.StatusForbidden}, barred: true,
		reason:  refusal.UpstreamForbidden,
		message: "{Server} refused the request (HTTP {status}).",
		hint:    "have its owner check, in this order, the credential of its connection, the host name and the origin that the server takes, and the networks that it lets in",
	}, {
		on: "connection", statuses: []int{http.StatusUnauthorized, http.StatusForbidden},
		reason:  refusal.UpstreamUnauthorized,
		message: "{Server} refused the connection's credential (HTTP {status}).",
		hint:    "have the owner of the Unity Catalog connection renew its credential",
	}, {
		on: "service", statuses: []int{http.StatusUnauthorized, http.StatusForbidden},
		reason:  refusal.UpstreamUnauthorized,
		message: "{Server} refused the credential that the MCP service goes by (HTTP {status}).",
		hint:    "have the owner of the MCP service renew the credential of its connection",
	}, {
		statuses: []int{http.StatusUnauthorized, http.StatusForbidden},
		reason:   refusal.UpstreamUnauthorized,
		message:  "{Server} refused the request (HTTP {status}).",
		hint:     "check {path}; ask its owner whether you may use it",
	}, {
		statuses: []int{500, 502, 503, 504},
		reason:   refusal.UpstreamError,
		message:  "{Server} answered HTTP {status}.",
		hint:     "try again in a moment; if it stays so, tell whoever runs that server",
	}, {
		reason:  refusal.UpstreamError,
		message: "{Server} answered HTTP {status}.",
	},
}

// Explain words an answer of status 300 and above that holds no JSON-RPC message
// and that RoundTrip has passed on: the MCP server's own refusal, or an app's.
// body is its beginning, which is quoted beside the words.
func (r *Transport) Explain(resp *http.Response, body []byte) *refusal.Error {
	d := r.target
	session, size := false, int64(0)
	if resp.Request != nil {
		session, size = resp.Request.Header.Get("Mcp-Session-Id") != "", resp.Request.ContentLength
	}
	i := slices.IndexFunc(upstreamRules, func(u upstreamRule) bool {
		return (u.on == "" || u.on == d.kind()) && (u.statuses == nil || slices.Contains(u.statuses, resp.StatusCode)) &&
			(!u.session || session) && (!u.barred || !wantsCredential(resp, body))
	})
	rule := upstreamRules[i]
	fill := strings.NewReplacer(
		"{host}", d.host(), "{target}", d.String(), "{status}", fmt.Sprint(resp.StatusCode), "{size}", inBytes(size),
		"{server}", d.server(), "{Server}", "T"+strings.TrimPrefix(d.server(), "t"), "{path}", d.pathSetting(),
	)
	e := refusal.New(rule.reason, "%s", fill.Replace(rule.message)).WithHint("%s", fill.Replace(rule.hint))
	e.Data.HTTPStatus = resp.StatusCode
	e.Data.Retryable = resp.StatusCode >= http.StatusInternalServerError
	if kindOf(body) != "text/html" {
		e.Data.Detail = refusal.Quote(r.Mask(string(body)))
	}
	return e
}

// Mask takes the values of the headers that the user has configured out of words of the
// other side: they may be keys, and pages for developers repeat the request that failed.
func (r *Transport) Mask(words string) string { return auth.Mask(words, r.target.keys()) }

// wantsCredential reports whether a refusal asks for another credential: by a
// challenge, or by an error of OAuth, as the bearer checks of the official SDKs send
// it (RFC 6750, section 3.1). Others are about hosts, origins and networks.
func wantsCredential(resp *http.Response, body []byte) bool {
	if resp.Header.Get("Www-Authenticate") != "" {
		return true
	}
	var oauth struct{ Error string }
	return json.Unmarshal(body, &oauth) == nil && (oauth.Error == "invalid_token" || oauth.Error == "insufficient_scope")
}

// kind is what is addressed, as rules name it.
func (d destination) kind() string {
	switch {
	case d.route == route.App:
		return "app"
	case d.connection != "":
		return "connection"
	case d.service != "":
		return "service"
	}
	return "path"
}

// server names who answered.
func (d destination) server() string {
	switch d.kind() {
	case "connection":
		return "the MCP server behind the connection"
	case "service":
		return "the MCP server behind the MCP service"
	}
	return "the server at the " + d.String()
}

// pathSetting is where the user has set the path.
func (d destination) pathSetting() string {
	switch {
	case d.route == route.MCPExternal:
		return "the connection's base path"
	case d.kind() == "connection" && d.route != route.WorkspacePath && d.route != route.MCPExternalURL:
		return "the connection's base path and --path"
	case d.route == route.MCPService:
		return "the path of the MCP service"
	}
	return "the path of --url"
}

// host is that of an address outside the workspace.
func (d destination) host() string {
	if d.url == nil {
		return ""
	}
	return d.url.Host
}

// inBytes is a size as people say it.
func inBytes(n int64) string {
	switch {
	case n <= 0:
		return "unknown size"
	case n < 10<<10:
		return fmt.Sprintf("%d bytes", n)
	case n < 10<<20:
		return fmt.Sprintf("%d KiB", n>>10)
	}
	return fmt.Sprintf("%d MiB", n>>20)
}
