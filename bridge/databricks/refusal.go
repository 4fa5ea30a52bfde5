package databricks

import (
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"ucbridge/bridge/databricks/auth"
	"ucbridge/bridge/lazyregexp"
	"ucbridge/bridge/refusal"
	"ucbridge/config/route"
)

// A rule recognises one refusal and says it in our words. Of the first five
// members, those that are set must all hold. Message and hint are filled in by
// words.fill, which knows the configured host and the names the user gave, and
// nothing from the wire.
type rule struct {
	status int               // HTTP status
	code   lazyregexp.Regexp // Databricks' error_code, whole
	text   lazyregexp.Regexp // Databricks' message
	absent bool              // status 404, or the message says that something does not exist
	on     string            // what is addressed: "connection" or "service"; "" is anything

	// plain rules hold without Databricks' error form as well: their text, or
	// their status, is not said by chance by the MCP server.
	plain bool
	// renew rules mean that the credentials are no longer good: worth one more
	// try with fresh ones.
	renew bool

	reason        refusal.Reason
	message, hint string
	retryable     bool
	login         bool // signing in to the target is the cure
}

// rules are tried in this order. The wire texts are those of
// databricks/app-templates (sign-in), the Databricks documentation (egress) and
// of recorded answers; matching is lenient about their spelling.
var rules = []rule{
	{
		text: match(`Credential for user identity\([^)]*\) is not found for the `), plain: true,
		reason: refusal.ConnectionLoginRequired, login: true,
		message: "You are not signed in to the {target} yet.",
		hint:    "open {login} in a browser, sign in, then try again",
	}, {
		text: match(`not have required scopes|Invalid scope, required scopes`), plain: true,
		reason:  refusal.MissingScope,
		message: "The Databricks token lacks a scope that the {target} needs.",
		hint:    "use a token with the scope {scope}; a sign-in with {reauth} gives all of them",
	}, {
		text:   match(`\binvalid_grant\b`),
		reason: refusal.ConnectionLoginExpired, login: true,
		message: "The sign-in to the {target} has expired.",
		hint:    "open {login} in a browser and sign in again; if the connection is shared, its owner must do this",
	}, {
		text:    match(`OAuth token exchange failed|\binvalid_client\b`),
		reason:  refusal.ConnectionMisconfigured,
		message: "Databricks cannot get a token for the {target} from the service behind it.",
		hint:    "ask the owner of the {target} to check its client id, client secret and scopes",
	}, {
		text: match(`denied because of serverless network policy`), plain: true,
		reason:  refusal.EgressDenied,
		message: "A network policy of the workspace blocks the server behind the {target}.",
		hint:    "ask an account admin to allow the server's host in the serverless network policy",
	}, {
		on: "connection", text: match(`does not have USE CONNECTION`), plain: true,
		reason:  refusal.ConnectionForbidden,
		message: "You may not use the {target}.",
		hint:    "ask its owner to run: GRANT USE CONNECTION ON CONNECTION {connection} TO `<you>`",
	}, {
		text: match(`does not have USE CONNECTION`), plain: true, // which one, only the detail tells
		reason:  refusal.ConnectionForbidden,
		message: "You may not use the connection behind the {target}.",
		hint:    "ask the owner of that connection for USE CONNECTION on it",
	}, {
		text: match(`^Failed request to https?://`), plain: true,
		reason: refusal.UpstreamUnreachable, retryable: true,
		message: "Databricks cannot reach the server behind the {target}.",
		hint:    "check that the server is up and that host, port and base_path of the connection are right",
	}, {
		text: match(`blocked by Databricks IP ACL`), plain: true,
		reason:  refusal.IPBlocked,
		message: "The workspace does not accept requests from your IP address.",
		hint:    "connect to the company network or VPN, or ask a workspace admin to allow your address",
	}, {
		text: match(`Credential was not sent`), plain: true,
		reason:  refusal.WorkspaceIDMissing,
		message: "{host} serves several workspaces, and none is chosen.",
		hint:    "set DATABRICKS_WORKSPACE_ID, or workspace_id in the profile, to the id of your workspace",
	}, {
		code:   match(`^PRIVATE_LINK_VALIDATION_ERROR$`),
		reason: refusal.PrivateLink, message: privateLink.message, hint: privateLink.hint,
	}, {
		text: match(`^Invalid access token`), status: http.StatusForbidden, renew: true,
		reason: refusal.NotAuthenticated,
	}, {
		text: match(`^Invalid Token\.?\s*$`), status: http.StatusBadRequest, plain: true, renew: true, // a token of another workspace
		reason: refusal.NotAuthenticated,
	}, {
		status: http.StatusUnauthorized, renew: true,
		reason: refusal.NotAuthenticated,
	}, {
		on: "connection", status: http.StatusNotFound, code: match(`^ENDPOINT_NOT_FOUND$`),
		reason:  refusal.EndpointNotFound,
		message: "The workspace does not offer the route to the {target}.",
		hint:    "try another --route, or ask a workspace admin whether the feature is enabled on {host}",
	}, {
		status: http.StatusNotFound, code: match(`^ENDPOINT_NOT_FOUND$`),
		reason:  refusal.EndpointNotFound,
		message: "The workspace does not offer the route to the {target}.",
		hint:    "check the spelling, or ask a workspace admin whether the feature is enabled on {host}",
	}, {
		status: http.StatusTooManyRequests, plain: true,
		reason: refusal.RateLimited, retryable: true,
		message: "Too many requests to the {target}.",
		hint:    "try again {wait}",
	}, {
		status: http.StatusServiceUnavailable, plain: true,
		reason: refusal.WorkspaceUnavailable, retryable: true,
		message: "The {target} is not available right now.",
		hint:    "try again {wait}",
	}, {
		on: "connection", text: match(`^Connection '[^']*' does not exist`), plain: true, // mcp-external, as a JSON-RPC error
		reason:  refusal.ConnectionNotFound,
		message: "There is no {target} on {host}, or you may not see it.",
		hint:    "list connections with: ucbridge connections{profile}",
	}, {
		on: "connection", absent: true,
		reason:  refusal.ConnectionNotFound,
		message: "There is no {target} on {host}, or you may not see it.",
		hint:    "list connections with: ucbridge connections{profile}",
	}, {
		on: "service", absent: true,
		reason:  refusal.ServiceNotFound,
		message: "There is no {target} on {host}, or you may not see its catalog or schema.",
		hint:    "check the name; you need EXECUTE on it, USE CATALOG and USE SCHEMA",
	}, {
		on: "service", status: http.StatusForbidden,
		reason:  refusal.ServiceForbidden,
		message: "You may not use the {target}.",
		hint:    `ask its owner to run: databricks grants update mcp_service {service} --json '{"changes":[{"principal":"<you>","add":["EXECUTE"]}]}'`,
	}, {
		reason:  refusal.WorkspaceError,
		message: "Databricks refused the request to the {target} ({status}).",
	},
}

var privateLink = rule{
	reason:  refusal.PrivateLink,
	message: "The workspace accepts requests only over its private link.",
	hint:    "connect to the network that has private access to {host}",
}

func match(expr string) lazyregexp.Regexp { return lazyregexp.New(`(?i)` + expr) }

// ruleFor returns the first rule for what the wire said, nil if it is none of
// Databricks' refusals.
func (d destination) ruleFor(w wireError) *rule {
	for i := range rules {
		r := &rules[i]
		switch {
		case !w.signed && !r.plain,
			r.status != 0 && r.status != w.status,
			r.code != nil && !r.code.MatchString(w.code),
			r.text != nil && (w.message == "" || !r.text.MatchString(w.message)), // no text matches nothing
			r.absent && w.status != http.StatusNotFound && !strings.Contains(w.message, "does not exist"),
			r.on == "connection" && d.connection == "",
			r.on == "service" && d.service == "":
			continue
		}
		return r
	}
	return nil
}

// words is what refusals may name: nothing in it comes from an answer.
type words struct {
	destination
	*auth.Identity
	secrets []string
}

// refuse words r, with what the wire said as quotes beside it.
func (s words) refuse(r *rule, w wireError) *refusal.Error {
	e, link := s.Identity.NotAuthenticated(), ""
	if r.login {
		link = s.loginURL()
	}
	if r.message != "" {
		e = refusal.New(r.reason, "%s", s.fill(r.message, w, link)).WithHint("%s", s.fill(r.hint, w, link))
	}
	e.Data.Retryable = r.retryable
	e.Data.RetryAfter = w.wait
	e.Data.HTTPStatus = w.status
	e.Data.ErrorCode = w.code
	e.Data.RequestID = w.requestID
	e.Data.Detail = refusal.Quote(auth.Mask(w.message, s.secrets))
	e.Data.LoginURL = link
	return e
}

// fill puts the names into a message or a hint. Only rules about signing in to the target
// have a link.
func (s words) fill(text string, w wireError, link string) string {
	return strings.NewReplacer(
		"{target}", s.destination.String(),
		"{connection}", identifier(s.connection),
		"{service}", s.service,
		"{host}", s.Base.Host,
		"{reauth}", auth.LoginCommand(s.Profile, s.Base.String()),
		"{login}", link,
		"{scope}", s.scope(),
		"{profile}", auth.ProfileFlag(s.Profile),
		"{status}", strings.TrimSpace(strconv.Itoa(w.status)+" "+w.code),
		"{wait}", inWords(w.wait),
	).Replace(text)
}

// identifier spells the full name of a connection in SQL. Each part of it is quoted by
// itself: `catalog`.`schema`.`name` is a connection of a schema.
func identifier(name string) string {
	if parts := strings.Split(name, "."); len(parts) == 3 {
		name = strings.Join(parts, "`.`")
	}
	return "`" + name + "`"
}

// loginURL is the page where the user signs in to the target. Catalog Explorer
// has one for connections, MCP services have their own; elsewhere it is the
// workspace.
func (s words) loginURL() string {
	switch {
	case s.service != "":
		return s.Base.String() + "/mcp-service-login?name=" + url.QueryEscape(s.service)
	case s.connection != "":
		link := s.Base.String() + "/explore/connections/" + url.PathEscape(s.connection)
		if id := s.WorkspaceForLink(); id != "" {
			link += "?o=" + id
		}
		return link
	}
	return s.Base.String()
}

// scope is the OAuth scope that the target's route needs, also where a URL spells
// that route. Databricks' own MCP servers take one of their own name, but for
// functions (Databricks documentation, "Databricks managed MCP servers").
func (s words) scope() string {
	name := s.route
	if name == route.WorkspacePath {
		at := s.path
		if at == nil {
			at = s.url
		}
		rest, managed := strings.CutPrefix(at.Path, mcpPath)
		kind, _, _ := strings.Cut(rest, "/")
		switch {
		case managed && kind == "functions":
			return route.Of(route.Proxy).Scope
		case managed:
			return kind
		}
	}
	switch {
	case name != route.WorkspacePath:
	case s.service != "":
		name = route.MCPService
	case s.connection != "":
		name = route.Proxy
	}
	return route.Of(name).Scope
}

func inWords(d time.Duration) string {
	switch seconds := int((d + time.Second - 1) / time.Second); {
	case seconds == 0:
		return "in a minute"
	case seconds == 1:
		return "in 1 second"
	case seconds < 120:
		return fmt.Sprintf("in %d seconds", seconds)
	default:
		return fmt.Sprintf("in %d minutes", (seconds+59)/60)
	}
}
