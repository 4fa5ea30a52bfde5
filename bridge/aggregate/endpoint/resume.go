package endpoint

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"net/http"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

const (
	// sealPurpose binds what is sealed to the ids of sessions.
	sealPurpose = "mcp session"
	// resumable is how long after its beginning a session can be gone on with elsewhere.
	resumable = 7 * 24 * time.Hour
	// maxBirth is how many bytes an id may hold: with more, a request would not pass through
	// proxies, which take 8 KB of headers.
	maxBirth = 2 << 10
	// maxEnded bounds the sessions of which it is remembered that they were ended.
	maxEnded = 10_000
)

// digest is of an id, which is long.
type digest = [sha256.Size]byte

func digestOf(id string) digest { return sha256.Sum256([]byte(id)) }

// newID is the id of a session, which holds who began it and what the client said of
// itself, sealed. With more than an id may hold it is a random one, which nobody else can
// go on with.
func (e *Endpoint) newID(caller string, hello jsonrpc.Message) string {
	birth := binary.AppendUvarint(nil, uint64(len(caller)))
	birth = append(append(birth, caller...), hello.Params...)
	if len(birth) > maxBirth {
		return rand.Text()
	}
	return e.opts.Seal.Seal(sealPurpose, birth, time.Now().Add(resumable))
}

// birthOf returns the initialize by which the caller began the session of an id. It reports
// false where the id says nothing of that, or the session is another's.
func (e *Endpoint) birthOf(id, caller string) (hello jsonrpc.Message, ok bool) {
	birth, _, err := e.opts.Seal.Open(sealPurpose, id)
	if err != nil {
		return jsonrpc.Message{}, false
	}
	length, n := binary.Uvarint(birth)
	if n <= 0 || length > uint64(len(birth)-n) || string(birth[n:n+int(length)]) != caller {
		return jsonrpc.Message{}, false
	}
	params := birth[n+int(length):]
	if len(params) == 0 {
		params = []byte(`{}`)
	}
	return jsonrpc.MustParse(fmt.Appendf(nil, `{"jsonrpc":"2.0","id":%s,"method":"%s","params":%s}`, jsonrpc.OwnID(), mcp.Initialize, params)), true
}

// resume goes on with a session that another replica has begun, or that has ended here as
// nothing was heard of it: hardly a client begins a new one when it is told that it has to.
// What the servers were told since the session began, such as a log level and
// subscriptions, is not known here. s is nil where there is no such session, ok is false
// where there is no room for it.
func (e *Endpoint) resume(id string, r *http.Request, caller string) (s *session, ok bool) {
	hello, ok := e.birthOf(id, caller)
	if !ok {
		return nil, true
	}
	e.opening.Lock()
	defer e.opening.Unlock()
	e.mu.Lock()
	s, ended := e.sessions[id], e.ended[digestOf(id)]
	e.mu.Unlock()
	if s != nil || !ended.IsZero() {
		return s, true
	}
	s = e.begin(newSession(id, caller, false, e.opts.Log), r, hello) // whose answer is nobody's
	return s, s != nil
}

// end ends a session, as its caller wants. It reports false where the caller has
// no such session.
func (e *Endpoint) end(id, caller string) bool {
	s, ok := e.remove(id, caller)
	if s != nil {
		s.close()
	}
	return ok
}

// remove takes a session out, and remembers for idleTimeout that nobody is to go on with it:
// requests that were under way may come after its end. Other replicas do not hear of it. s
// is nil where it is not here, ok is false where the caller has none.
func (e *Endpoint) remove(id, caller string) (s *session, ok bool) {
	_, known := e.birthOf(id, caller)
	e.opening.Lock() // or a session that is being gone on with would be there afterwards
	defer e.opening.Unlock()
	e.mu.Lock()
	defer e.mu.Unlock()
	s = e.sessions[id]
	if s != nil && (s.caller.Name != caller || s.renames) || s == nil && !(known && e.ended[digestOf(id)].IsZero()) {
		return nil, false
	}
	delete(e.sessions, id)
	if known && len(e.ended) < maxEnded {
		e.ended[digestOf(id)] = time.Now()
	}
	return s, true
}
