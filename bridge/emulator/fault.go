package emulator

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Fault changes the answers to requests that match it. It takes effect on
// arrival, before the workspace looks at token, scope or grant.
type Fault struct {
	// Route, RPCMethod and HTTPMethod are what a request must have to match, and
	// Path what its path must begin with; empty means any. A fault with neither
	// Route nor Path leaves the token endpoint, OAuth discovery and host metadata
	// alone.
	Route, RPCMethod, HTTPMethod, Path string
	// Times is how many matching requests it changes; 0 means all, until
	// ClearFaults.
	Times int
	// Skip is how many matching requests it lets pass first.
	Skip int

	// Delay comes before what follows, of which the first one set applies. A
	// fault with nothing but a Delay is otherwise answered normally.
	Delay time.Duration
	// Hang never answers, until the caller gives up or the workspace closes.
	Hang bool
	// Status, Header and Body are the answer instead, nothing being passed on.
	Status int
	Header http.Header
	Body   string
	// CutAfter passes the request on and ends the connection after so many bytes
	// of the answer's body. Cut with a CutAfter of 0 does so before the first
	// byte of the answer, its status line included.
	CutAfter int
	Cut      bool
	// Reset resets the TCP connection before anything is passed on, so that the
	// request was certainly not executed.
	Reset bool
	// LoseSession ends the session named in the request, by a DELETE to the
	// server behind, and then passes the request on, to be answered as that
	// server answers for a session it does not know.
	LoseSession bool
}

// Inject puts a fault in force, after those already there. The first fault that
// matches a request and is not skipping it decides.
func (w *Workspace) Inject(f Fault) {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	f.Header = f.Header.Clone()
	w.faults.list = append(w.faults.list, &f)
	w.faults.some.Store(true)
}

// ClearFaults lifts every fault. Requests that one is holding up stay so.
func (w *Workspace) ClearFaults() {
	w.faults.mu.Lock()
	defer w.faults.mu.Unlock()
	w.faults.list = nil
	w.faults.some.Store(false)
}

type faults struct {
	some atomic.Bool // list is not empty; spares requests the lock
	mu   sync.Mutex
	list []*Fault
}

func (f *Fault) matches(c *call) bool {
	if f.Route == "" && f.Path == "" && (c.route == routeOIDC || c.route == routeWellKnown) {
		return false
	}
	return (f.Route == "" || f.Route == c.route) &&
		(f.RPCMethod == "" || f.RPCMethod == c.message.method) &&
		(f.HTTPMethod == "" || f.HTTPMethod == c.r.Method) &&
		strings.HasPrefix(c.r.URL.EscapedPath(), f.Path)
}

// take returns the fault that decides over the call, if any, and counts it.
func (fs *faults) take(c *call) (Fault, bool) {
	if !fs.some.Load() {
		return Fault{}, false
	}
	fs.mu.Lock()
	defer fs.mu.Unlock()
	for i, f := range fs.list {
		if !f.matches(c) {
			continue
		}
		if f.Skip > 0 {
			f.Skip--
			continue
		}
		if f.Times == 1 {
			fs.list = append(fs.list[:i:i], fs.list[i+1:]...)
			fs.some.Store(len(fs.list) > 0)
		} else if f.Times > 1 {
			f.Times--
		}
		return *f, true
	}
	return Fault{}, false
}

// apply puts the call through the fault that matches it, if any, and tells
// whether that was the end of it.
func (fs *faults) apply(c *call) bool {
	f, ok := fs.take(c)
	if !ok {
		return false
	}
	done := c.r.Context().Done()
	if f.Delay > 0 {
		timer := time.NewTimer(f.Delay)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-done:
			c.w.sever(false)
			return true
		}
	}
	switch {
	case f.Hang:
		<-done
		c.w.sever(false)
	case f.Status != 0:
		c.answerFault(f)
	case f.Cut || f.CutAfter > 0:
		c.w.cutAfter = f.CutAfter
		return false
	case f.Reset:
		c.w.sever(true)
	case f.LoseSession:
		c.loseSession = true
		return false
	default:
		return false
	}
	return true
}

func (c *call) answerFault(f Fault) {
	h := c.w.Header()
	for name, values := range f.Header {
		h[name] = values
	}
	if h.Get("Content-Type") == "" && strings.HasPrefix(f.Body, "{") {
		h.Set("Content-Type", "application/json")
	}
	h.Set("Content-Length", strconv.Itoa(len(f.Body)))
	c.w.WriteHeader(f.Status)
	_, _ = c.w.Write([]byte(f.Body))
}
