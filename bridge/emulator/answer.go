package emulator

import (
	"errors"
	"net"
	"net/http"
)

// answer is the response on its way to the caller. It remembers the status and
// can cut the connection in mid-answer.
type answer struct {
	http.ResponseWriter
	status int
	// cutAfter is the number of body bytes after which the connection is cut; 0
	// cuts before anything is sent, negative never.
	cutAfter int
	severed  bool
}

var errSevered = errors.New("connection cut")

func (a *answer) WriteHeader(status int) {
	if a.cutAfter == 0 && !a.severed {
		a.sever(false)
	}
	if a.severed {
		return
	}
	a.status = status
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.WriteHeader(http.StatusOK)
	}
	if a.severed {
		return 0, errSevered
	}
	if a.cutAfter < 0 || len(p) < a.cutAfter {
		if a.cutAfter > 0 {
			a.cutAfter -= len(p)
		}
		return a.ResponseWriter.Write(p)
	}
	n, _ := a.ResponseWriter.Write(p[:a.cutAfter])
	a.Flush()
	a.sever(false)
	return n, errSevered
}

// Flush implements http.Flusher.
func (a *answer) Flush() {
	if f, ok := a.ResponseWriter.(http.Flusher); ok && !a.severed {
		f.Flush()
	}
}

// sever ends the caller's connection without completing the answer; with reset
// the caller sees a TCP reset at once.
func (a *answer) sever(reset bool) {
	if a.severed {
		return
	}
	a.severed = true
	conn, _, err := http.NewResponseController(a.ResponseWriter).Hijack()
	if err != nil {
		return // the connection is gone already
	}
	if tcp, ok := conn.(*net.TCPConn); ok && reset {
		_ = tcp.SetLinger(0)
	}
	_ = conn.Close()
}
