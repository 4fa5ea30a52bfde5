package session

import (
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/refusal"
)

const (
	// minSilence is the shortest limit that load balancers and proxies were seen to set
	// for answers that are silent.
	minSilence = 10 * time.Second
	// silenceSlack is how far a cut may be from a whole second to look like the work of
	// a clock.
	silenceSlack = 100 * time.Millisecond
)

// silences remembers after how much silence answers were cut. Something on the way that
// does so does it after a whole number of seconds, always the same: 30 (h2o), 50
// (haproxy), 60 (nginx, nghttpx, AWS). The zero silences is ready for use, and safe for
// concurrent use.
type silences struct {
	mu  sync.Mutex
	met map[time.Duration]int
}

// explain returns the failure of an answer that was silent for quiet before it ended.
// Where that looks like a limit on the way, it says so, and what can be done.
func (s *silences) explain(e *refusal.Error, quiet time.Duration) *refusal.Error {
	limit := quiet.Round(time.Second)
	timedOut := e.Data.Reason == refusal.Intercepted &&
		(e.Data.HTTPStatus == http.StatusGatewayTimeout || e.Data.HTTPStatus == http.StatusBadGateway)
	cut := e.Data.Reason == refusal.ConnectionCut && e.Data.Hint == "" // else its cause is known
	if !cut && !timedOut || limit < minSilence || (quiet-limit).Abs() > silenceSlack {
		return e
	}
	s.mu.Lock()
	if s.met == nil {
		s.met = make(map[time.Duration]int)
	}
	s.met[limit]++
	times := s.met[limit]
	s.mu.Unlock()
	named := *e
	named.Message += " Nothing had come for " + limit.String() + "."
	verb := "seems to end"
	if times > 1 {
		verb = "ends"
	}
	return named.WithHint("something in between %s answers that are silent for %s: raise that limit, or let the tool report progress", verb, limit)
}

// heard notes a sign of the server.
func (x *exchange) heard() { x.lastHeard.Store(int64(time.Since(x.made))) }

// quiet is how long the server has given no sign.
func (x *exchange) quiet() time.Duration {
	return time.Since(x.made) - time.Duration(x.lastHeard.Load())
}
