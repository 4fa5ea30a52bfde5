package refusal

import (
	"maps"
	"net/http"
	"slices"
)

// Reason is the stable name of a cause, made for programs: error.data.reason,
// the column of the audit log, the exit code. What one means stands in meanings.
type Reason string

// The reasons, in the order in which a request meets them.
const (
	// Configuration and sign-in.
	ConfigInvalid      Reason = "config_invalid"
	HostMismatch       Reason = "host_mismatch"
	WorkspaceIDMissing Reason = "workspace_id_missing"
	NotAuthenticated   Reason = "not_authenticated"
	MissingScope       Reason = "missing_scope"
	SignInUnavailable  Reason = "sign_in_unavailable"
	CLIMissing         Reason = "cli_missing"
	LoginTimeout       Reason = "login_timeout"
	LoginNotApplicable Reason = "login_not_applicable"
	IdentityUnknown    Reason = "identity_unknown"

	// The way to the workspace.
	WorkspaceUnreachable Reason = "workspace_unreachable"
	TLSUntrusted         Reason = "tls_untrusted"
	ProxyRefused         Reason = "proxy_refused"
	Intercepted          Reason = "intercepted"
	WorkspaceUnavailable Reason = "workspace_unavailable"
	WorkspaceError       Reason = "workspace_error"
	IPBlocked            Reason = "ip_blocked"
	PrivateLink          Reason = "private_link"
	RedirectRefused      Reason = "redirect_refused"
	RouteChanged         Reason = "route_changed"
	EndpointNotFound     Reason = "endpoint_not_found"
	RateLimited          Reason = "rate_limited"

	// The connection or MCP service.
	ConnectionNotFound      Reason = "connection_not_found"
	ConnectionForbidden     Reason = "connection_forbidden"
	ConnectionLoginRequired Reason = "connection_login_required"
	ConnectionLoginExpired  Reason = "connection_login_expired"
	ConnectionMisconfigured Reason = "connection_misconfigured"
	ServiceNotFound         Reason = "service_not_found"
	ServiceForbidden        Reason = "service_forbidden"
	EgressDenied            Reason = "egress_denied"
	AppForbidden            Reason = "app_forbidden"
	AppUnavailable          Reason = "app_unavailable"

	// The MCP server.
	UpstreamUnreachable  Reason = "upstream_unreachable"
	UpstreamUnauthorized Reason = "upstream_unauthorized"
	UpstreamForbidden    Reason = "upstream_forbidden"
	UpstreamNotFound     Reason = "upstream_not_found"
	UpstreamError        Reason = "upstream_error"
	InitializeRefused    Reason = "initialize_refused"
	RevisionNotCarried   Reason = "revision_not_carried"
	ConnectTimeout       Reason = "connect_timeout"
	CallTimeout          Reason = "call_timeout"
	ConnectionCut        Reason = "connection_cut"
	NoAnswer             Reason = "no_answer"
	BadAnswer            Reason = "bad_answer"

	// What a client sent, or asked for.
	ParseError         Reason = "parse_error"
	InvalidRequest     Reason = "invalid_request"
	AmbiguousMessage   Reason = "ambiguous_message"
	BatchNotAllowed    Reason = "batch_not_allowed"
	DuplicateID        Reason = "duplicate_id"
	MessageTooLarge    Reason = "message_too_large"
	BodyIncomplete     Reason = "body_incomplete"
	MediaTypeRefused   Reason = "media_type_refused"
	HeaderMismatch     Reason = "header_mismatch"
	OriginRefused      Reason = "origin_refused"
	NotServed          Reason = "not_served"
	NotCarried         Reason = "not_carried"
	InvalidLevel       Reason = "invalid_level"
	InputRefused       Reason = "input_refused"
	NotListening       Reason = "not_listening"
	SubscriptionFailed Reason = "subscription_failed"
	SubscriptionLost   Reason = "subscription_lost"
	SessionSuperseded  Reason = "session_superseded"

	// The policy.
	PolicyDenied         Reason = "policy_denied"
	ApprovalPending      Reason = "approval_pending"
	PolicyUnreadable     Reason = "policy_unreadable"
	PolicyUndecided      Reason = "policy_undecided"
	PolicyUnreadableList Reason = "policy_unreadable_list"
	PolicyUnjudged       Reason = "policy_unjudged"
	BatchDenied          Reason = "batch_denied"

	// The bridge itself.
	Overloaded      Reason = "overloaded"
	BridgeClosing   Reason = "bridge_closing"
	GatewayDraining Reason = "gateway_draining"
	GatewayError    Reason = "gateway_error"
	StandbyFailed   Reason = "standby_failed"
	InternalFault   Reason = "internal_fault"
)

// Execution is what a reason says of the request that was refused.
type Execution int

const (
	// NotRun: somebody refused the request, and would refuse it again.
	NotRun Execution = iota
	// Undelivered: the request certainly never reached the MCP server. Any
	// request may be repeated, a tools/call as well.
	Undelivered
	// MayHaveRun: the MCP server may have carried the request out. A tools/call
	// is never repeated.
	MayHaveRun
)

// Exit codes of the commands that come from a reason; see cmd/ucbridge.
const (
	ExitError           = 1
	ExitUsage           = 2
	ExitUnauthenticated = 4
	ExitUnreachable     = 5
)

// meaning is all that the program goes by where a reason decides.
type meaning struct {
	// text says what happened, for documentation.
	text string
	// status is the reason in HTTP where it is not the response to a request; 0
	// is 502, a fault of what is behind the gateway.
	status int
	// execution says whether the request can have run.
	execution Execution
	// retryable says that the same request may succeed later, unchanged.
	retryable bool
	// exit is the exit code of a command, 0 for ExitError.
	exit int
}

// meanings has one row a reason.
var meanings = map[Reason]meaning{
	ConfigInvalid:           {text: "a setting is wrong or contradicts another", exit: ExitUsage},
	HostMismatch:            {text: "the host is not the one that the credentials belong to", exit: ExitUsage},
	WorkspaceIDMissing:      {text: "the host serves several workspaces, and none is chosen", exit: ExitUsage},
	NotAuthenticated:        {text: "Databricks does not know who is calling", status: http.StatusUnauthorized, exit: ExitUnauthenticated},
	MissingScope:            {text: "the token lacks a scope", status: http.StatusForbidden},
	SignInUnavailable:       {text: "Databricks' sign-in service gives no usable answer", status: http.StatusServiceUnavailable, execution: Undelivered, retryable: true, exit: ExitUnreachable},
	CLIMissing:              {text: "the Databricks CLI that the profile signs in with is not installed"},
	LoginTimeout:            {text: "nobody signed in within the time given"},
	LoginNotApplicable:      {text: "the profile or the connection has no sign-in of this kind"},
	IdentityUnknown:         {text: "the workspace does not say who is calling"},
	WorkspaceUnreachable:    {text: "no connection to the workspace could be made", execution: Undelivered, retryable: true, exit: ExitUnreachable},
	TLSUntrusted:            {text: "the certificate of the workspace is not trusted", execution: Undelivered, exit: ExitUnreachable},
	ProxyRefused:            {text: "the proxy refuses to connect to the workspace", execution: Undelivered, exit: ExitUnreachable},
	Intercepted:             {text: "something between this machine and the workspace answered instead of it", execution: MayHaveRun, exit: ExitUnreachable},
	WorkspaceUnavailable:    {text: "the workspace answers 503; a call may have run, because the 503 may come from a server behind it", status: http.StatusServiceUnavailable, execution: MayHaveRun, retryable: true, exit: ExitUnreachable},
	WorkspaceError:          {text: "Databricks refused the request for a reason not listed here"},
	IPBlocked:               {text: "an IP access list of the workspace refuses this machine", status: http.StatusForbidden, exit: ExitUnreachable},
	PrivateLink:             {text: "the workspace accepts requests only over its private link", exit: ExitUnreachable},
	RedirectRefused:         {text: "the answer is a redirect, which is not followed"},
	RouteChanged:            {text: "the target must be reached by another route from now on", execution: Undelivered, retryable: true, exit: ExitUnreachable},
	EndpointNotFound:        {text: "the workspace does not have the API of the route", exit: ExitUnreachable},
	RateLimited:             {text: "a limit of Databricks, of the gateway or of a policy was reached", status: http.StatusTooManyRequests, execution: Undelivered, retryable: true},
	ConnectionNotFound:      {text: "there is no such connection, or the user may not see it", status: http.StatusNotFound},
	ConnectionForbidden:     {text: "the user lacks USE CONNECTION", status: http.StatusForbidden},
	ConnectionLoginRequired: {text: "the user has not signed in to the connection", status: http.StatusForbidden},
	ConnectionLoginExpired:  {text: "the user's sign-in to the connection has expired", status: http.StatusForbidden},
	ConnectionMisconfigured: {text: "Databricks cannot get a token from the service behind the connection"},
	ServiceNotFound:         {text: "there is no such MCP service, or the user may not see it", status: http.StatusNotFound},
	ServiceForbidden:        {text: "the user lacks EXECUTE on the MCP service", status: http.StatusForbidden},
	EgressDenied:            {text: "a network policy of the workspace blocks the server", status: http.StatusForbidden, exit: ExitUnreachable},
	AppForbidden:            {text: "the Databricks App refuses the user", status: http.StatusForbidden},
	AppUnavailable:          {text: "the Databricks App is not running, or has failed", execution: MayHaveRun, retryable: true, exit: ExitUnreachable},
	UpstreamUnreachable:     {text: "Databricks cannot reach the MCP server", execution: MayHaveRun, retryable: true, exit: ExitUnreachable},
	UpstreamForbidden:       {text: "the MCP server refused the request because of its host, origin, network or permissions"},
	UpstreamUnauthorized:    {text: "the MCP server refused the connection's credential"},
	UpstreamNotFound:        {text: "the MCP server has nothing at this path, or the session has ended", exit: ExitUnreachable},
	UpstreamError:           {text: "the MCP server answered with an HTTP error status", execution: MayHaveRun, exit: ExitUnreachable},
	InitializeRefused:       {text: "the MCP server refused the handshake", exit: ExitUnreachable},
	RevisionNotCarried:      {text: "the protocol revision cannot be carried to this server"},
	ConnectTimeout:          {text: "the MCP server did not answer the handshake in time", retryable: true, exit: ExitUnreachable},
	CallTimeout:             {text: "the MCP server did not answer in time", status: http.StatusGatewayTimeout, execution: MayHaveRun, exit: ExitUnreachable},
	ConnectionCut:           {text: "the connection broke before the answer was complete", execution: MayHaveRun, exit: ExitUnreachable},
	NoAnswer:                {text: "the MCP server accepted the request and gave no answer", execution: MayHaveRun, exit: ExitUnreachable},
	BadAnswer:               {text: "the answer is not a JSON-RPC message, or is too large", execution: MayHaveRun, exit: ExitUnreachable},
	ParseError:              {text: "the message is not JSON", status: http.StatusBadRequest},
	InvalidRequest:          {text: "the message is not a JSON-RPC message", status: http.StatusBadRequest},
	AmbiguousMessage:        {text: "the message is ambiguous", status: http.StatusBadRequest},
	BatchNotAllowed:         {text: "the protocol revision in use has no batches"},
	DuplicateID:             {text: "a request with this id is already in flight"},
	MessageTooLarge:         {text: "the message is too large", status: http.StatusRequestEntityTooLarge},
	BodyIncomplete:          {text: "the body of the request did not arrive completely in time", status: http.StatusRequestTimeout},
	MediaTypeRefused:        {text: "the body of the request is not application/json", status: http.StatusUnsupportedMediaType},
	HeaderMismatch:          {text: "a header contradicts the message (2026-07-28, Transports)", status: http.StatusBadRequest},
	OriginRefused:           {text: "the request comes from a web page of another origin, or for another host", status: http.StatusForbidden},
	NotServed:               {text: "the gateway serves nothing at this path", status: http.StatusNotFound},
	NotCarried:              {text: "the route cannot carry what was asked for"},
	InvalidLevel:            {text: "the log level is not one that MCP defines"},
	InputRefused:            {text: "the client cannot be asked the server's question"},
	NotListening:            {text: "nothing can be subscribed to before the session has begun"},
	SubscriptionFailed:      {text: "the server did not accept the subscription"},
	SubscriptionLost:        {text: "the subscription ended"},
	SessionSuperseded:       {text: "the client has begun a new session in the meantime"},
	PolicyDenied:            {text: "a rule of the policy denies the request", status: http.StatusForbidden},
	ApprovalPending:         {text: "the call waits for its user's approval on the gateway's web page", status: http.StatusForbidden, retryable: true},
	PolicyUnreadable:        {text: "the policy cannot be read, so nothing passes", status: http.StatusForbidden, exit: ExitUsage},
	PolicyUndecided:         {text: "the policy cannot be applied, because the tools cannot be listed", retryable: true},
	PolicyUnreadableList:    {text: "a list of the server is ambiguous, and is not shown"},
	PolicyUnjudged:          {text: "an answer belongs to no known request, and is not shown", execution: MayHaveRun},
	BatchDenied:             {text: "the policy denies another message of the same batch"},
	Overloaded:              {text: "too many requests are waiting"},
	BridgeClosing:           {text: "ucbridge is shutting down", execution: MayHaveRun},
	GatewayDraining:         {text: "the gateway is shutting down", status: http.StatusServiceUnavailable},
	GatewayError:            {text: "the gateway could not carry out the request"},
	StandbyFailed:           {text: "the standby server could not answer"},
	InternalFault:           {text: "a fault in ucbridge", execution: MayHaveRun},
}

// Text says in half a sentence what happened.
func (r Reason) Text() string { return meanings[r].text }

// Status is the HTTP status of a refusal that is not the response to a request.
func (r Reason) Status() int {
	if s := meanings[r].status; s != 0 {
		return s
	}
	return http.StatusBadGateway
}

// Execution says whether the refused request can have run.
func (r Reason) Execution() Execution { return meanings[r].execution }

// Retryable reports whether the same request may succeed later, unchanged.
func (r Reason) Retryable() bool { return meanings[r].retryable }

// Repeatable reports whether any request, a tools/call as well, may be sent again
// unchanged: it never reached the MCP server, and may do so later.
func (r Reason) Repeatable() bool { return r.Execution() == Undelivered && r.Retryable() }

// ExitCode is the exit code of a command that ends with the reason.
func (r Reason) ExitCode() int {
	if c := meanings[r].exit; c != 0 {
		return c
	}
	return ExitError
}

// Reasons lists all reasons, sorted.
func Reasons() []Reason { return slices.Sorted(maps.Keys(meanings)) }
