package gateway

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/seal"
)

// A session belongs to the user who began it (MCP, Security Best Practices, "Session
// Hijacking"). A server cannot check that where the connection uses one identity for all
// users, so it is checked here.

const headerSession = "Mcp-Session-Id"

// Sessions bind the session ids of servers to users. They are safe for concurrent use.
type Sessions interface {
	// give returns the id that a user gets for a session that the server calls id.
	give(to holder, id string) (shown string)
	// find returns the server's id of a session that a user names as shown, and false where
	// the session is not that user's.
	find(by holder, shown string) (id string, ok bool)
}

// holder is a user of an endpoint.
type holder struct{ path, owner string }

// SealSessions seals each id with its user and endpoint. Any process with the same key can
// open it, for them alone.
func SealSessions(s *seal.Sealer) Sessions { return sealedSessions{s} }

type sealedSessions struct{ sealer *seal.Sealer }

// noEnd is an expiry that never comes: it is for the server to end a session.
var noEnd = time.Unix(1<<40, 0)

// purpose binds a sealed id to its holder. No path has a zero byte.
func (h holder) purpose() string { return "mcp session at " + h.path + "\x00" + h.owner }

func (s sealedSessions) give(to holder, id string) string {
	return s.sealer.Seal(to.purpose(), []byte(id), noEnd)
}

func (s sealedSessions) find(by holder, shown string) (string, bool) {
	id, _, err := s.sealer.Open(by.purpose(), shown)
	return string(id), err == nil
}

// RememberSessions leaves ids as they are and remembers in memory who got them. An id that
// is not known, as after a restart or at another replica, belongs to the first user who
// shows it: to refuse it would end the session for good, as most clients do not begin a new
// one when they are told to.
func RememberSessions() Sessions { return &rememberedSessions{} }

const (
	// maxRemembered is how many sessions are remembered at least: those used last. There are
	// at most twice as many.
	maxRemembered = 1 << 15
	// maxOfOwner is how many of these one user may account for, so that nobody can have those
	// of others forgotten.
	maxOfOwner = 1 << 11
)

type rememberedSessions struct {
	mu            sync.Mutex
	recent, older map[sessionKey][]holder // a server may give one id to several users
	kept          map[string][]sessionKey // what is in recent on account of a user, by owner
}

// sessionKey is the digest of an id, which may be long.
type sessionKey [sha256.Size]byte

func keyOf(id string) sessionKey { return sha256.Sum256(append(make([]byte, 0, 128), id...)) }

func (r *rememberedSessions) give(to holder, id string) string {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := keyOf(id)
	holders, recent := r.holders(key)
	r.use(key, holders, recent, to)
	return id
}

func (r *rememberedSessions) find(by holder, shown string) (string, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	key := keyOf(shown)
	holders, recent := r.holders(key)
	if !mayUse(holders, by) {
		return "", false
	}
	r.use(key, holders, recent, by)
	return shown, true
}

// mayUse reports whether a user may use an id that holders have got. One that nobody has got
// at the endpoint is free, unless somebody else has got it at another: both may lead to one
// server.
func mayUse(holders []holder, by holder) bool {
	if slices.ContainsFunc(holders, func(h holder) bool { return h.path == by.path }) {
		return slices.Contains(holders, by)
	}
	return !slices.ContainsFunc(holders, func(h holder) bool { return h.owner != by.owner })
}

// holders returns who has got an id, nil where that is not known, and whether it was used
// recently. It is called with the lock held, as use is.
func (r *rememberedSessions) holders(key sessionKey) (holders []holder, recent bool) {
	if holders, recent = r.recent[key]; recent {
		return holders, true
	}
	return r.older[key], false
}

// use remembers that a user has got an id, and used it now.
func (r *rememberedSessions) use(key sessionKey, holders []holder, recent bool, by holder) {
	switch own := slices.Contains(holders, by); {
	case own && recent:
		return
	case !own:
		holders = append(slices.Clip(holders), by)
	}
	if r.recent == nil || len(r.recent) >= maxRemembered {
		r.older, r.recent, r.kept = r.recent, make(map[sessionKey][]holder), make(map[string][]sessionKey)
	}
	kept := append(r.kept[by.owner], key)
	if len(kept) > maxOfOwner {
		delete(r.recent, kept[0])
		kept = kept[1:]
	}
	r.kept[by.owner], r.recent[key] = kept, holders
}

// session is the session that one request names.
type session struct {
	holder
	sessions Sessions // nil where ids are not bound
	shown    string   // the id in the request, "" for none
	id       string   // the server's id, "" where foreign
	foreign  bool     // it is not the holder's
}

func newSession(s Sessions, h holder, r *http.Request) session {
	one := session{holder: h, sessions: s, shown: r.Header.Get(headerSession)}
	one.id = one.shown
	if one.shown != "" && s != nil {
		id, own := s.find(h, one.shown)
		one.id, one.foreign = id, !own
	}
	return one
}

// name puts the server's id, and no other, into the headers of a request to the server.
func (s *session) name(h http.Header) {
	switch named := h[headerSession]; {
	case s.id == "":
		delete(h, headerSession)
	case len(named) != 1 || named[0] != s.id:
		h[headerSession] = []string{s.id}
	}
}

// rename puts the user's id of the session into the headers of an answer.
func (s *session) rename(h http.Header) {
	switch given := h.Get(headerSession); {
	case s.sessions == nil, given == "":
	case given == s.id && !s.foreign:
		h[headerSession] = []string{s.shown}
	default:
		h[headerSession] = []string{s.sessions.give(s.holder, given)}
	}
}

// eventKey is the key of an event of the session.
func (s *session) eventKey(id string) eventKey {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q", s.owner, s.path, s.shown, id))
}
