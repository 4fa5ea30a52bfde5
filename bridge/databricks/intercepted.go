package databricks

import (
	"bytes"
	"cmp"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/databricks/origin"
	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
)

// between reports whether an answer comes from something between this machine and
// the workspace: a proxy that reads along, a captive portal, a load balancer. Such
// a one answers with a web page, without a mark of Databricks; some name
// themselves. An answer that is a JSON-RPC message never gets here.
func between(resp *http.Response, body []byte) bool {
	switch {
	case resp.StatusCode == http.StatusNetworkAuthenticationRequired, resp.StatusCode == http.StatusProxyAuthRequired:
		return true
	case resp.Header.Get("X-Squid-Error") != "":
		return true
	case resp.StatusCode == http.StatusTooManyRequests || marked(resp.Header) || isLoginPage(body):
		return false
	case resp.StatusCode >= http.StatusBadRequest && namesBox.MatchString(resp.Header.Get("Server")):
		return true // some have no page
	}
	return kindOf(body) == "text/html" || strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html")
}

// namesBox matches the Server header of proxies and load balancers, as they were seen to
// answer in their own name. Databricks has another, beside its mark.
var namesBox = lazyregexp.New(`(?i)^(apache|caddy|h2o|haproxy|mitmproxy|nghttpx|nginx|openresty|privoxy|squid|tinyproxy|varnish)\b`)

// marked reports whether the headers hold one that Databricks adds to its answers.
func marked(h http.Header) bool {
	for name := range h {
		if name == "X-Request-Id" || strings.HasPrefix(name, "X-Databricks-") {
			return true
		}
	}
	return strings.Contains(strings.ToLower(h.Get("Server")), "databricks")
}

// portal reports whether a redirect leads to a page of the network: to another host
// that is not Databricks' and not one of the clouds', without a mark of Databricks.
func portal(resp *http.Response, to, asked *url.URL) bool {
	for _, cloud := range []string{".microsoftonline.com", ".microsoftonline.us", ".google.com", ".amazonaws.com"} {
		if strings.HasSuffix(strings.ToLower(to.Hostname()), cloud) {
			return false
		}
	}
	return !marked(resp.Header) && !origin.IsDatabricks(to) && resp.Header.Get("Location")[:1] != "/" && !strings.EqualFold(to.Hostname(), asked.Hostname())
}

// pageTitle is in the head of a web page.
var pageTitle = lazyregexp.New(`(?is)<title[^>]*>\s*([^<]{1,80})`)

// nameOf is what the answer says of its sender, quoted, "" if nothing.
func nameOf(resp *http.Response, body []byte) string {
	title := ""
	if m := pageTitle().FindSubmatch(body); m != nil {
		title = string(bytes.TrimSpace(m[1]))
	}
	name := resp.Header.Get("Server")
	if squid := resp.Header.Get("X-Squid-Error"); squid != "" {
		name = strings.TrimSpace(cmp.Or(name, "squid") + " " + squid)
	}
	name = cmp.Or(name, resp.Header.Get("Via"), title)
	if to, err := resp.Location(); err == nil {
		name = to.Hostname()
	}
	if len(name) > 80 {
		name = name[:80]
	}
	return refusal.Quote(name)
}

// intercepted words an answer of something in between. No credentials are renewed
// for it, and nothing is repeated.
func intercepted(resp *http.Response, body []byte, who *auth.Identity, size int64) *refusal.Error {
	host := who.Base.Hostname()
	name := nameOf(resp, body)
	if name != "" {
		name = " (" + name + ")"
	}
	e := refusal.New(refusal.Intercepted, "Something between this machine and %s answered instead of it%s: HTTP %d.", host, name, resp.StatusCode)
	hint := "ask whoever runs that proxy or firewall to allow " + host + "; token and connection are not at fault"
	switch status := resp.StatusCode; {
	case status/100 == 2, status/100 == 3, status == http.StatusNetworkAuthenticationRequired:
		hint = "open any page in a browser, sign in to the network there, then try again; token and connection are not at fault"
	case status == http.StatusProxyAuthRequired:
		hint = "sign in to the proxy, or ask whoever runs it to allow " + host
	case status == http.StatusRequestEntityTooLarge:
		hint = "it limits messages, and this one has " + inBytes(size) + ": send less at once, or have the limit raised"
	case status == http.StatusRequestHeaderFieldsTooLarge, status == http.StatusBadRequest:
		hint = "it takes no such request, as a rule for headers that are too long: a token, or an argument that its tool wants in a header; shorten it, or have the limit raised"
	case status >= http.StatusInternalServerError:
		hint = "it cannot reach " + host + ", or has ended an answer that was silent for long: try again, or tell whoever runs it"
	}
	e = e.WithHint("%s", hint)
	e.Data.HTTPStatus = resp.StatusCode
	return e
}
