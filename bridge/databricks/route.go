package databricks

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// Paths on the workspace. mcpPath, externalPath, servicePath and skillsPath are those of
// the Databricks documentation ("Managed MCP servers", "External MCP servers", "Register
// an MCP service", "Skills"), connectionsPath is from "HTTP connections", section proxy,
// functionPath from the Databricks SDK (service/serving/impl.go, HttpRequest).
const (
	connectionsPath = "/api/2.0/unity-catalog/connections/"
	mcpPath         = "/api/2.0/mcp/"
	externalPath    = "/api/2.0/mcp/external/"
	skillsPath      = "/ai-gateway/skills/"
	servicePath     = "/ai-gateway/mcp-services/"
	functionPath    = "/api/2.0/external-function"
)

// routeChanged says that the transport turned from proxy to external-function, where
// answers come whole: the message was not delivered, and an initialize has to
// be made anew for a buffered transport before it is repeated.
func routeChanged(d destination) *refusal.Error {
	err := refusal.New(refusal.RouteChanged, "The %s is now reached by another route; the request was not delivered.", d).
		WithHint("send the request again")
	err.Data.Retryable = true
	return err
}

// address is where a message for d goes on the workspace base, by route rt. The
// error is a *refusal.Error: the target is on a host that gets no token.
func (d destination) address(rt route.Name, base *url.URL) (*url.URL, error) {
	switch rt {
	case route.Proxy:
		return d.below(base, connectionsPath+url.PathEscape(d.connection)+"/proxy")
	case route.ExternalFunction:
		return base.Parse(functionPath)
	case route.MCPExternal:
		return base.Parse(externalPath + url.PathEscape(d.connection))
	case route.MCPService:
		return base.Parse(servicePath + url.PathEscape(d.service))
	case route.App:
		return d.url, nil
	}
	if d.url == nil {
		return base.Parse(d.path.String())
	}
	if !origin.Same(d.url, base) {
		return nil, refusal.New(refusal.HostMismatch,
			"--url leads to %s, but the workspace is %s: no token is sent there.", d.url.Host, base.Host).
			WithHint("give --url as a path (it starts with /), or choose the profile of that workspace with --profile; what connects a client to a gateway is on its page: %s://%s/", d.url.Scheme, d.url.Host)
	}
	return d.url, nil
}

// below appends the target's own path and query to a fixed path.
func (d destination) below(base *url.URL, fixed string) (*url.URL, error) {
	if d.path != nil {
		fixed += d.path.EscapedPath() + query(d.path)
	}
	return base.Parse(fixed)
}

func query(u *url.URL) string {
	if u.RawQuery == "" {
		return ""
	}
	return "?" + u.RawQuery
}

// functionTarget returns the members path and params of external-function.
// params is the JSON text of an object, "" where there is no query.
func (d destination) functionTarget() (path, params string, err error) {
	if d.path == nil {
		return "/", "", nil
	}
	path = d.path.EscapedPath()
	if path == "" {
		path = "/"
	}
	values, err := url.ParseQuery(d.path.RawQuery)
	if err != nil {
		return "", "", fmt.Errorf("reading query of --path: %w", err)
	}
	if len(values) == 0 {
		return path, "", nil
	}
	object := make(map[string]any, len(values))
	for name, v := range values {
		object[name] = v[0]
		if len(v) > 1 {
			object[name] = v
		}
	}
	text, err := json.Marshal(object)
	return path, string(text), err
}

// isOwn reports whether a header never goes from the caller's request to
// Databricks: it is the transport's own, or belongs to one connection. The name is
// in canonical form.
func isOwn(name string) bool {
	switch name {
	case "Authorization", "Cookie", "Host", "Connection", "Transfer-Encoding", "Content-Length",
		"Proxy-Authorization", "Upgrade", "Te", "Trailer", "User-Agent":
		return true
	}
	return strings.HasPrefix(name, "X-Databricks-")
}

// ownHeaders is how many headers the transport adds as a rule.
const ownHeaders = 4

// plainHeader returns the headers of req as they go on by every route but
// external-function. The values are req's own: nobody may change them.
func plainHeader(req *http.Request) http.Header {
	h := make(http.Header, len(req.Header)+ownHeaders)
	for name, values := range req.Header {
		if !isOwn(http.CanonicalHeaderKey(name)) {
			h[name] = values
		}
	}
	return h
}
