package emulator

import (
	"maps"
	"net/http"
	"sync"
	"time"
)

// Limits of the audit list: how many exchanges are kept, how much of each body,
// and how many bytes of bodies altogether.
const (
	maxExchanges   = 10_000
	maxExchangeLen = 64 << 10
	maxAuditLen    = 64 << 20
)

// Exchange is one request as the workspace saw it.
type Exchange struct {
	Time time.Time // of arrival
	// User is who asked, by the token; empty where the token was not accepted.
	User string
	// Route is the route taken: "proxy", "external-function", "mcp-external",
	// "mcp-service", "path", "api", "oidc" or "well-known".
	Route string
	// Connection names the connection, the MCP service or the added path.
	Connection string
	// Method and Path (with its query, as sent) are those of the HTTP request
	// to the workspace.
	Method, Path string
	// Header holds the request's headers; credentials read "Bearer ***".
	Header http.Header
	// Body is the request's body, cut at 64 KiB. Bodies sent to the token
	// endpoint are not kept.
	Body []byte
	// Upstream is what was sent on; empty where the request was refused.
	Upstream Upstream
	// Status of the answer; 0 while there is none, or where the connection was
	// cut before any.
	Status int
	// RPCMethod is the method of the MCP message, if it has one; of a batch, of
	// its first message.
	RPCMethod string
	// Duration from arrival to the end of the answer; 0 while it lasts.
	Duration time.Duration
}

// Upstream is the request a workspace sends on to the server behind a
// connection, the injected credential masked and the body cut at 64 KiB.
type Upstream struct {
	Method, Path string
	Header       http.Header
	Body         []byte
}

// Exchanges returns copies of what the workspace saw, in order of arrival,
// requests still being answered included. It keeps the newest 10,000, fewer if
// their bodies come to more than 64 MiB.
func (w *Workspace) Exchanges() []Exchange { return w.audit.list() }

// ResetExchanges empties the list that Exchanges returns.
func (w *Workspace) ResetExchanges() { w.audit.reset() }

// entry is an exchange in the audit list. Its fields are guarded by the list's
// mutex from the moment it is on it.
type entry struct {
	Exchange
	kept   int // bytes of bodies it holds on to
	listed bool
}

// audit is the bounded list of exchanges, oldest first.
type audit struct {
	mu      sync.Mutex
	entries []*entry
	kept    int
}

func (a *audit) add(e *entry) {
	e.kept = len(e.Body)
	a.mu.Lock()
	defer a.mu.Unlock()
	a.entries = append(a.entries, e)
	e.listed = true
	a.kept += e.kept
	a.trim()
}

// sentOn records what was sent on for e. Its body is not counted where it is the
// request's own.
func (a *audit) sentOn(e *entry, up Upstream, shared bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.Upstream = up
	if !shared && e.listed {
		e.kept += len(up.Body)
		a.kept += len(up.Body)
		a.trim()
	}
}

func (a *audit) finish(e *entry, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e.Status = status
	e.Duration = max(time.Since(e.Time), 1) // a clock may be coarse
}

// trim drops the oldest entries until the list is within its limits. The slice
// is left to append to reallocate, which drops the part before it.
func (a *audit) trim() {
	for len(a.entries) > maxExchanges || (a.kept > maxAuditLen && len(a.entries) > 1) {
		a.kept -= a.entries[0].kept
		a.entries[0].listed = false
		a.entries[0] = nil
		a.entries = a.entries[1:]
	}
}

func (a *audit) list() []Exchange {
	a.mu.Lock()
	defer a.mu.Unlock()
	out := make([]Exchange, len(a.entries))
	for i, e := range a.entries {
		out[i] = e.Exchange
		out[i].Header = e.Header.Clone()
		out[i].Upstream.Header = e.Upstream.Header.Clone()
	}
	return out
}

func (a *audit) reset() {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, e := range a.entries {
		e.listed = false
	}
	a.entries, a.kept = nil, 0
}

// masked returns h with every credential replaced. The values are shared.
func masked(h http.Header) http.Header {
	out := maps.Clone(h)
	if auth := out.Get("Authorization"); auth != "" {
		out["Authorization"] = []string{scheme(auth) + " ***"}
	}
	for _, name := range []string{"Cookie", "Proxy-Authorization", "X-Forwarded-Access-Token"} {
		if _, ok := out[name]; ok {
			out[name] = []string{"***"}
		}
	}
	return out
}

// clipped returns at most the first 64 KiB of a body, without holding on to the
// rest.
func clipped(body []byte) []byte {
	if len(body) <= maxExchangeLen {
		return body
	}
	return append([]byte(nil), body[:maxExchangeLen]...)
}
