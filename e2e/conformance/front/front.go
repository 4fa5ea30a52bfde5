// Package front serves a program that speaks MCP on stdin and stdout as an MCP
// server on HTTP, so that tests which know only HTTP can be run against it.
//
//	HTTP client <--Streamable HTTP--> Front <--stdin, stdout--> program
//
// It adds nothing and takes nothing away: lines move as they are, and what HTTP
// has and stdio has not (sessions, streams, statuses) is made here. Up to
// revision 2025-11-25 each session is a process of its own. Since 2026-07-28
// there are no sessions: all requests share one process, their ids made unique.
//
// Which stream a line of the program belongs to is decided like this: a response
// by its id; progress by its token; what belongs to a subscription by the
// subscription's id; list_changed and resources/updated go to the stream opened by
// GET; everything else, requests of the server among it, to the newest POST that
// is still open.
//
// What only an HTTP server can be asked is answered by Front and says nothing
// about the program: the Host and Origin checked, sessions begun and ended. The
// standard headers of 2026-07-28 are not compared with the body, because on
// stdio there are none to compare.
package front

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os/exec"
	"sync"
)

// The headers of Streamable HTTP.
const (
	sessionHeader = "Mcp-Session-Id"
	versionHeader = "Mcp-Protocol-Version"
)

// Front is an http.Handler that serves a program. Its methods may be called
// concurrently.
type Front struct {
	command func() *exec.Cmd

	mu       sync.Mutex
	closed   bool
	sessions map[string]*pipe
	shared   *pipe // for requests that need no session; nil before the first
	ending   sync.WaitGroup
	faults   []error
}

// New returns a Front that starts processes with what command returns, which must
// be a fresh one each time and have neither stdin nor stdout set.
func New(command func() *exec.Cmd) *Front {
	return &Front{command: command, sessions: make(map[string]*pipe)}
}

// Close ends all processes, as a client does, by closing their stdin. It returns
// what was wrong with any process since New: a line that was no JSON-RPC message,
// an end by anything but exit status 0.
func (f *Front) Close() error {
	f.mu.Lock()
	f.closed = true
	for id, p := range f.sessions {
		delete(f.sessions, id)
		f.end(p)
	}
	if f.shared != nil {
		f.end(f.shared)
		f.shared = nil
	}
	f.mu.Unlock()
	f.ending.Wait()
	return errors.Join(f.faults...)
}

// ServeHTTP implements MCP's Streamable HTTP, of all revisions that have it.
func (f *Front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case !local(r):
		http.Error(w, "only local clients are served", http.StatusForbidden)
	case r.Method == http.MethodPost:
		f.post(w, r)
	case r.Method == http.MethodGet && modern(r.Header.Get(versionHeader)),
		r.Method != http.MethodGet && r.Method != http.MethodDelete:
		w.Header().Set("Allow", "POST")
		w.WriteHeader(http.StatusMethodNotAllowed)
	default:
		f.ofSession(w, r)
	}
}

// post serves a message of the client.
func (f *Front) post(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	m, err := parse(body)
	if err != nil {
		refuse(w, http.StatusBadRequest, -32700, err.Error())
		return
	}
	switch {
	case modern(r.Header.Get(versionHeader)) || modern(m.version()):
		p, err := f.sharedPipe()
		if err != nil {
			refuse(w, http.StatusInternalServerError, -32603, err.Error())
			return
		}
		p.post(w, r, m, "")
	case m.Method == "initialize" && r.Header.Get(sessionHeader) == "":
		f.begin(w, r, m)
	default:
		if p := f.session(w, r); p != nil {
			p.post(w, r, m, "")
		}
	}
}

// ofSession serves GET and DELETE.
func (f *Front) ofSession(w http.ResponseWriter, r *http.Request) {
	p := f.session(w, r)
	switch {
	case p == nil:
	case r.Method == http.MethodGet:
		p.listen(w, r)
	default:
		f.drop(r.Header.Get(sessionHeader))
		w.WriteHeader(http.StatusNoContent)
	}
}

// begin serves initialize, with a new process.
func (f *Front) begin(w http.ResponseWriter, r *http.Request, m message) {
	id := rand.Text()
	f.mu.Lock()
	p, err := f.start(false)
	if err == nil {
		f.sessions[id] = p
	}
	f.mu.Unlock()
	if err != nil {
		refuse(w, http.StatusInternalServerError, -32603, err.Error())
		return
	}
	if !p.post(w, r, m, id) {
		f.drop(id)
	}
}

// session returns the process of the session that the request names. Where there
// is none it answers the request and returns nil.
func (f *Front) session(w http.ResponseWriter, r *http.Request) *pipe {
	id := r.Header.Get(sessionHeader)
	f.mu.Lock()
	p := f.sessions[id]
	f.mu.Unlock()
	switch {
	case p != nil:
	case id == "":
		refuse(w, http.StatusBadRequest, -32600, sessionHeader+" is missing")
	default:
		refuse(w, http.StatusNotFound, -32600, "no such session")
	}
	return p
}

// drop ends a session.
func (f *Front) drop(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if p := f.sessions[id]; p != nil {
		delete(f.sessions, id)
		f.end(p)
	}
}

func (f *Front) sharedPipe() (*pipe, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.shared != nil {
		return f.shared, nil
	}
	p, err := f.start(true)
	if err == nil {
		f.shared = p
	}
	return p, err
}

// start starts a process. The lock is held.
func (f *Front) start(shared bool) (*pipe, error) {
	if f.closed {
		return nil, errors.New("closed")
	}
	p, err := startPipe(f.command(), shared)
	if err != nil {
		return nil, fmt.Errorf("starting the program: %w", err)
	}
	return p, nil
}

// end ends a process without waiting for it. The lock is held.
func (f *Front) end(p *pipe) {
	f.ending.Go(func() {
		if err := p.close(); err != nil {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.faults = append(f.faults, err)
		}
	})
}

// local tells whether a request comes from this machine and, if from a browser,
// from a page of this machine (2025-11-25, Transports, "Security Warning").
func local(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return loopback(r.Host)
	}
	u, err := url.Parse(origin)
	return err == nil && loopback(u.Host) && loopback(r.Host)
}

func loopback(hostport string) bool {
	host, _, err := net.SplitHostPort(hostport)
	if err != nil {
		host = hostport
	}
	ip, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && ip.IsLoopback()
}

// modern tells whether a protocol version is one without sessions.
func modern(version string) bool { return version >= "2026-07-28" }
