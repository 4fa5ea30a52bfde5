package gateway

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"
)

const (
	// firstSilence is how long an event stream may be silent before its headers go
	// out with a comment. Alone and at once they would cost answers: Go's reverse
	// proxies drop some of those whose headers and body come in two quick packets.
	firstSilence = time.Second
	// maxSilence is how long a stream may be silent before a comment keeps it
	// alive: load balancers cut silence after 30 to 60 seconds.
	maxSilence = 15 * time.Second
)

// silence bounds that of an event stream, before its first piece and after it.
type silence struct{ first, max time.Duration }

const eventStream = "text/event-stream"

// comment is an event stream's way to say nothing (WHATWG HTML, section 9.2).
const comment = ": \n\n"

// response is what goes back to a caller: one whole answer, or an event stream. A
// timer writes comments into a stream that is silent, which is what the lock is for.
type response struct {
	w            http.ResponseWriter
	wire         *http.ResponseController
	writeTimeout time.Duration
	silence      silence
	// multiplexed says that a deadline that passes ends the stream, idle or not, as on
	// HTTP/2. On HTTP/1 it ends what is written then.
	multiplexed bool

	mu     sync.Mutex
	status int   // 0 before the answer has begun
	sent   int64 // bytes of the answer
	events bool  // it is an event stream
	last   time.Time
	// bounded is when the deadline was set that holds now, zero for none.
	bounded time.Time
	alive   *time.Timer // nil where nothing is kept alive
	// waiting, which is one of timers, runs while the answer has not begun, which is a
	// stream if it does not soon; timers is nil otherwise.
	waiting coarseTimer
	timers  *coarseTimers
}

// newResponse returns the response to a request of a version of HTTP. Each piece of it
// has a deadline of its own.
func newResponse(w http.ResponseWriter, version int, writeTimeout time.Duration, s silence) *response {
	r := &response{w: w, wire: http.NewResponseController(w), writeTimeout: writeTimeout, silence: s, multiplexed: version > 1}
	r.lift()
	return r
}

// lift takes the deadline away between two pieces.
func (r *response) lift() {
	if r.multiplexed {
		r.bounded = time.Time{}
		_ = r.wire.SetWriteDeadline(time.Time{}) // every connection of net/http has deadlines
	}
}

// isStale reports whether a deadline that was set so long ago has lost more of its time
// than does not matter: to set one is dear.
func isStale(age, timeout time.Duration) bool { return age > timeout/16 }

func (r *response) header() http.Header { return r.w.Header() }

// whole answers with one body. In a stream that has begun the body is an event of it.
func (r *response) whole(status int, body []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.events {
		if len(body) > 0 {
			_ = r.write(event(body), true)
		}
		return
	}
	r.w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	r.begin(status)
	if len(body) > 0 {
		_ = r.write(body, false) // the caller is gone, and needs no answer
	}
}

// abandon notes a status for the log, of an answer that nobody waits for.
func (r *response) abandon(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// plain begins an answer of any form, of which pieces follow.
func (r *response) plain(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.begin(status)
}

// stream begins an event stream, unless it has begun. Its headers go out with its
// first piece, or with a comment after a second of silence; close ends it.
func (r *response) stream(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.events {
		return
	}
	r.beginStream(status)
	r.alive = time.AfterFunc(r.silence.first, r.breakSilence)
}

// beginStream is called with the lock held.
func (r *response) beginStream(status int) {
	if r.header().Get("Content-Type") == "" {
		r.header().Set("Content-Type", eventStream)
	}
	r.header().Set("X-Accel-Buffering", "no") // nginx would keep events back
	r.begin(status)
	r.events, r.last = true, time.Now()
}

// streamAfter begins an event stream once the answer has been silent for long. The
// answer may begin once answerBegins has returned.
func (r *response) streamAfter(timers *coarseTimers) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.timers = timers
	timers.start(&r.waiting, r.silence.max-timers.tick, r.streamNow) // which may be a tick late
}

// streamNow begins a stream in place of an answer that has not begun.
func (r *response) streamNow() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.timers == nil { // it has, meanwhile
		return
	}
	r.timers = nil
	r.beginStream(http.StatusOK)
	if r.write([]byte(comment), true) == nil { // else the caller is gone
		r.alive = time.AfterFunc(r.silence.until(0), r.breakSilence)
	}
}

// streams reports whether the answer is an event stream by now.
func (r *response) streams() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.events
}

// answerBegins ends what streamAfter began, unless there is a stream by now.
func (r *response) answerBegins() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopWaiting()
}

// stopWaiting is called with the lock held.
func (r *response) stopWaiting() {
	if r.timers != nil {
		r.timers.stop(&r.waiting)
		r.timers = nil
	}
}

// breakSilence writes a comment if nothing was written for long enough, and sees to
// the next one.
func (r *response) breakSilence() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.alive == nil { // closed
		return
	}
	quiet := time.Since(r.last)
	if r.sent > 0 && quiet < r.silence.max-r.silence.grid() {
		r.alive.Reset(r.silence.until(quiet))
		return
	}
	if r.write([]byte(comment), true) == nil { // else the caller is gone
		r.alive.Reset(r.silence.until(0))
	}
}

// grid is the distance of the moments at which comments are written. Those of all
// streams are the same, at the end of a second as a rule: waking up for each of ten
// thousand streams by itself would cost more than the comments.
func (s silence) grid() time.Duration { return s.max / 15 }

// until returns how long to wait for the last such moment before a stream that has been
// silent for quiet has been so for too long.
func (s silence) until(quiet time.Duration) time.Duration {
	wait := s.max - quiet
	return wait - time.Duration(time.Now().Add(wait).UnixNano()%int64(s.grid()))
}

// piece adds to an answer that has begun. A client that does not take it in is cut off.
func (r *response) piece(b []byte, flush bool) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.write(b, flush)
}

// interject adds an event of the gateway's own to a stream that is open.
func (r *response) interject(b []byte) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.events && r.alive != nil {
		_ = r.write(b, true) // a client that is gone needs no notice
	}
}

// close ends the keeping alive: after it nothing is written. It returns how the answer
// ended.
func (r *response) close() (status int, sent int64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.stopWaiting()
	if r.alive != nil {
		r.alive.Stop()
		r.alive = nil
	}
	return r.status, r.sent
}

// begin is called with the lock held, as write is.
func (r *response) begin(status int) {
	r.status = status
	r.w.WriteHeader(status)
}

func (r *response) write(b []byte, flush bool) error {
	r.sent += int64(len(b))
	r.last = time.Now()
	if isStale(r.last.Sub(r.bounded), r.writeTimeout) {
		r.bounded = r.last
		_ = r.wire.SetWriteDeadline(r.last.Add(r.writeTimeout)) // every connection of net/http has deadlines
	}
	_, err := r.w.Write(b)
	if err == nil && flush {
		err = r.wire.Flush()
	}
	r.lift()
	return err
}

// responseWriter is a response as net/http has it, for an endpoint that answers itself. It
// may have become a stream by then, as streamAfter has it: a message that is written whole
// is an event of it.
type responseWriter struct{ out *response }

// Header returns the headers of an answer that begins now.
func (w responseWriter) Header() http.Header {
	w.out.answerBegins()
	return w.out.header()
}

func (w responseWriter) WriteHeader(status int) {
	switch h := w.Header(); {
	case h.Get("Content-Type") == eventStream:
		w.out.stream(status)
	case !w.out.streams():
		w.out.plain(status)
	}
}

func (w responseWriter) Write(b []byte) (int, error) {
	piece := b
	if w.out.streams() && w.out.header().Get("Content-Type") != eventStream {
		piece = event(b)
	}
	return len(b), w.out.piece(piece, true)
}

// Flush has nothing to do: what was written has gone out.
func (w responseWriter) Flush() {}

// copyHeader takes over the headers that are MCP's, or say how to read the body.
func (r *response) copyHeader(from http.Header) {
	h := r.header()
	for name, values := range from {
		if name == "Content-Type" || name == "Cache-Control" || name == "Retry-After" || name == "Allow" || strings.HasPrefix(name, "Mcp-") {
			h[name] = values
		}
	}
}
