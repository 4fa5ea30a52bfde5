package databricks

import (
	"bytes"
	"net/http"
	"net/url"
	"strings"

	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// verdict is what an answer turned out to be. The zero verdict is an answer of
// the MCP server behind Databricks, or one of its HTTP layer, to be passed on.
type verdict struct {
	rule *rule
	wire wireError
	// between says that something between this machine and the workspace answered;
	// body is the beginning of what it said.
	between bool
	body    []byte
}

// stale reports that the credentials were refused.
func (v verdict) stale() bool { return v.rule != nil && v.rule.renew }

// undelivered reports that a refusal of credentials comes from Databricks' front
// end, before anything ran: its error form, an empty 401, a redirect to its
// sign-in. A body with the words of a sign-in proves nothing, a server can have
// answered so after it ran a call. Of an App nothing is proof: its own program can
// answer in each of these forms.
func (v verdict) undelivered(rt route.Name) bool {
	if rt == route.App {
		return false
	}
	return v.wire.signed || v.wire.status/100 == 3 || v.wire.status == http.StatusUnauthorized && v.wire.message == ""
}

// missing reports that the route does not exist on the workspace.
func (v verdict) missing() bool { return v.rule != nil && v.rule.reason == refusal.EndpointNotFound }

// Rules for answers that are not an error of Databricks' form.
var (
	signedOut       = rule{reason: refusal.NotAuthenticated, renew: true}
	serviceSignedIn = rule{
		reason: refusal.ConnectionLoginRequired, login: true,
		message: "You are not signed in to the {target} yet.",
		hint:    "open {login} in a browser, sign in, then try again",
	}
	redirected = rule{
		reason:  refusal.RedirectRefused,
		message: "The {target} redirects to another address, which is not followed.",
		hint:    "address it directly: check --path or --url, and base_path of the connection, down to a trailing slash",
	}
)

// classify looks at an answer that came by route rt from the address asked. Where the verdict is zero,
// resp can be read from its start; of an answer that was not refused only the
// first bytes have been waited for, and only on the routes that need it.
func (d destination) classify(resp *http.Response, rt route.Name, asked *url.URL) verdict {
	switch {
	case resp.StatusCode/100 == 3 && resp.StatusCode != http.StatusNotModified:
		return redirect(resp, asked)
	case resp.StatusCode/100 != 2:
		return d.classifyError(resp)
	case strings.HasPrefix(resp.Header.Get("Content-Type"), "text/html"):
		body := peekBody(resp, maxRefusal, toTheEnd)
		switch {
		case isLoginPage(body):
			return verdict{rule: &signedOut, wire: wireError{status: resp.StatusCode, message: "a sign-in page instead of an answer"}}
		case !isMessage(body) && d.route != route.App && between(resp, body):
			return verdict{between: true, body: body}
		}
	case route.Of(rt).WrapsRefusals && isJSON(resp):
		return d.classifyWrapped(resp)
	}
	return verdict{}
}

func (d destination) classifyError(resp *http.Response) verdict {
	body := peekBody(resp, maxRefusal, toTheEnd)
	if isMessage(body) {
		return verdict{} // the MCP server's own error, at any status
	}
	if d.route != route.App && between(resp, body) {
		return verdict{between: true, body: body}
	}
	w := readWire(resp, body)
	if resp.StatusCode == http.StatusUnauthorized && !w.signed {
		return d.classify401(resp, body, w)
	}
	if isLoginPage(body) && resp.StatusCode == http.StatusForbidden {
		return verdict{rule: &signedOut, wire: wireError{status: resp.StatusCode, message: "a sign-in page instead of an answer"}}
	}
	return verdict{rule: d.ruleFor(w), wire: w}
}

// classify401 tells whose refusal a 401 is that does not have Databricks' form.
// An MCP service asks for the user's own sign-in with resource_metadata (RFC
// 9728); anything else with a body, or with such a header, is the upstream's.
func (d destination) classify401(resp *http.Response, body []byte, w wireError) verdict {
	challenges := strings.ToLower(strings.Join(resp.Header.Values("WWW-Authenticate"), ", "))
	metadata := strings.Contains(challenges, "resource_metadata")
	switch {
	case metadata && d.service != "":
		return verdict{rule: &serviceSignedIn, wire: w}
	case isLoginPage(body), !metadata && len(bytes.TrimSpace(body)) == 0:
		return verdict{rule: &signedOut, wire: w}
	}
	return verdict{rule: d.ruleFor(w), wire: w} // plain rules, e.g. a missing sign-in without Databricks' form
}

// classifyWrapped finds the refusals that mcp-external sends as JSON-RPC errors.
// Errors are small: a longer body is a result and passes unread, or after its first bytes
// where its length is not known.
func (d destination) classifyWrapped(resp *http.Response) verdict {
	const maxWrapped = 4 << 10
	if resp.ContentLength > maxWrapped {
		return verdict{}
	}
	body := peekBody(resp, maxWrapped, toTheEnd)
	w, ok := wrapped(resp, body)
	if !ok {
		return verdict{}
	}
	if r := d.ruleFor(w); r != nil && r.text != nil {
		return verdict{rule: r, wire: w}
	}
	return verdict{}
}

// signInPath is in the addresses of Databricks' sign-in: /login, /login.html, the
// authorization endpoints under /oidc, and /aad on Azure.
var signInPath = lazyregexp.New(`(?i)/(login|signin|oidc|oauth2|aad)\b`)

// redirect reads a redirect, which is never followed. Databricks sends to its
// sign-in whom it does not know; another redirect is the upstream's. The marker
// of private link is that of the SDK (apierr/errors.go).
func redirect(resp *http.Response, asked *url.URL) verdict {
	w := wireError{status: resp.StatusCode}
	to, err := resp.Location()
	if err != nil { // an upstream's, of which external-function keeps the status alone
		w.message = "a redirect to nowhere"
		return verdict{rule: &redirected, wire: w}
	}
	w.message = "a redirect to " + to.Host + to.Path
	switch {
	case portal(resp, to, asked) && signInPath.MatchString(to.Path):
		return verdict{between: true}
	case to.Query().Get("error") == "private-link-validation-error":
		return verdict{rule: &privateLink, wire: w}
	case signInPath.MatchString(to.Path):
		return verdict{rule: &signedOut, wire: w}
	}
	return verdict{rule: &redirected, wire: w}
}

// isLoginPage recognises Databricks' sign-in page.
func isLoginPage(body []byte) bool {
	if kindOf(body) != "text/html" {
		return false
	}
	page := bytes.ToLower(body)
	return bytes.Contains(page, []byte("databricks")) &&
		(bytes.Contains(page, []byte("login")) || bytes.Contains(page, []byte("sign in")) || bytes.Contains(page, []byte("sign-in")))
}

func isJSON(resp *http.Response) bool {
	return strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json")
}
