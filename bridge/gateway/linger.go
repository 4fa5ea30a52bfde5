package gateway

import (
	"context"
	"net/http"
	"time"
)

// A client may still be sending its body when it is answered. If the connection is closed
// then it is reset, and a client that has not read its answer yet loses it (RFC 9112,
// section 9.6). So the rest of the body is read. net/http does that for readByServer bytes,
// and closes after half a second.

const (
	readByServer = 256 << 10
	// maxLinger is how much of such a body is read, lingerTimeout how long the client may
	// pause.
	maxLinger     = 64 << 20
	lingerTimeout = 5 * time.Second
)

// linger sends the answer on its way and reads what is left of the body of a request, for
// as long as a body may take to arrive. Where nothing is left it does nothing else.
func (g *Gateway) linger(r *http.Request, wire *http.ResponseController) {
	if wire.Flush() != nil { // the client is gone
		return
	}
	stop := context.AfterFunc(g.draining, func() { _ = wire.SetReadDeadline(time.Now()) })
	defer stop()
	piece := make([]byte, smallPiece) // many may be here who have not said who they are
	until := time.Now().Add(g.opts.bodyTimeout)
	for left := maxLinger; left > 0; {
		next := time.Now().Add(lingerTimeout)
		if until.Before(next) {
			next = until
		}
		_ = wire.SetReadDeadline(next) // every connection of net/http has deadlines
		if g.draining.Err() != nil {   // before that, and its deadline is lost
			_ = wire.SetReadDeadline(time.Now())
			return
		}
		n, err := r.Body.Read(piece)
		if err != nil {
			return
		}
		left -= n
	}
}
