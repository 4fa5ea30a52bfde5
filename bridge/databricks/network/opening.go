package network

import (
	"net/http"
	"net/http/httptrace"
	"sync"
	"time"
)

// maxOpening is how long requests wait for the first connection to a host: as long as it
// takes over most lines. It is not worth more, as the first may hang where others would not.
const maxOpening = 300 * time.Millisecond

// opening has the first requests to a host that come at once wait for the connection that
// one of them opens: net/http opens one for each, though with HTTP/2 they need but one, and
// a TLS handshake costs more than all else that a request does. The zero opening is ready
// for use.
type opening struct {
	mu    sync.RWMutex
	hosts map[string]chan struct{} // closed when a connection stands, or cannot be had
}

// enter waits for the first connection to a request's host. For the request that opens it,
// it returns the request to send instead. leave must be called after that.
func (o *opening) enter(req *http.Request) (_ *http.Request, leave func()) {
	if req.URL.Scheme != "https" {
		return req, func() {}
	}
	o.mu.RLock()
	stands := o.hosts[req.URL.Host]
	o.mu.RUnlock()
	first := false
	if stands == nil {
		stands, first = o.begin(req.URL.Host)
	}
	if !first {
		await(req, stands)
		return req, func() {}
	}
	open := sync.OnceFunc(func() { close(stands) })
	trace := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { open() }}
	return req.WithContext(httptrace.WithClientTrace(req.Context(), trace)), open
}

func (o *opening) begin(host string) (stands chan struct{}, first bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if stands = o.hosts[host]; stands != nil {
		return stands, false
	}
	if o.hosts == nil {
		o.hosts = make(map[string]chan struct{})
	}
	stands = make(chan struct{})
	o.hosts[host] = stands
	return stands, true
}

// reset says that there are no connections any more.
func (o *opening) reset() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hosts = nil
}

func await(req *http.Request, stands chan struct{}) {
	select {
	case <-stands:
		return
	default:
	}
	late := time.NewTimer(maxOpening)
	defer late.Stop()
	select {
	case <-stands:
	case <-late.C:
	case <-req.Context().Done():
	}
}
