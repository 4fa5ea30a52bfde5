package aggregate

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"ucbridge/bridge/guard"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// element is one thing that a server lists.
type element struct {
	raw []byte
	key string       // name or URI
	at  jsonrpc.Span // where the key stands in raw, with its quotes
}

// list is what a server lists by one method. It is guarded by its member.
type list struct {
	elements []element
	version  int64 // another one for each change, 0 for none
	known    bool
	stale    bool          // the server has said that it is another one now
	promised bool          // the server has said so though it had not declared the list
	slow     bool          // it was waited for in vain
	reading  chan struct{} // closed when the reading under way is over, nil for none
	calm     time.Duration // how long the next reading after a change waits
	said     time.Time     // when the server last said that it has changed
	read     time.Time     // when it was read last
	failed   error         // why the last reading did not get it, or not whole
}

// versions tells all lists of the process apart.
var versions atomic.Int64

// The wait before a list is read again, so that changes in a row are read once. It
// grows while what is read is the same as before: some servers say that a list has
// changed in front of every answer.
const (
	firstCalm = 20 * time.Millisecond
	maxCalm   = time.Minute
	// restless is the wait from which a server's word alone is no news.
	restless = time.Second
	// quiet is after how long a server is believed again.
	quiet = 2 * time.Second
)

// list returns what the server lists by a method, as far as it is known, its version,
// and a channel that is closed when a reading under way is over; nil for none.
func (s *member) list(method string) (elements []element, version int64, reading chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[method]
	if l == nil {
		l = &list{calm: firstCalm}
		if s.lists == nil {
			s.lists = make(map[string]*list)
		}
		s.lists[method] = l
	}
	if !l.known && l.reading == nil && s.welcome != nil && !s.withdrawn {
		s.read(method, l, 0)
	}
	return l.elements, l.version, l.reading
}

// await returns the server's list when it is read, or as it is known when ctx is done.
func (s *member) await(ctx context.Context, method string) ([]element, int64) {
	if !s.greeted(ctx) {
		elements, version, _ := s.list(method)
		return elements, version
	}
	elements, version, reading := s.list(method)
	if reading == nil || s.isSlow(method, false) {
		return elements, version
	}
	select {
	case <-reading:
	case <-ctx.Done():
		s.isSlow(method, true)
	}
	elements, version, _ = s.list(method)
	return elements, version
}

// isSlow reports whether a list was waited for in vain, now or before.
func (s *member) isSlow(method string, now bool) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[method]
	l.slow = l.slow || now && l.reading != nil
	return l.slow
}

// expire says that a list is another one now, and has it read again where it was read. It
// reports whether that is news: not of a server that keeps saying so for nothing.
func (s *member) expire(method string) (news bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.lists[method]
	if l == nil {
		return true
	}
	l.promised = true
	if time.Since(l.said) > quiet {
		l.calm = firstCalm
	}
	l.said = time.Now()
	news = l.reading == nil && l.calm < restless // else it is being read, and has been told
	switch {
	case l.reading != nil:
		l.stale = true
	case l.known:
		s.read(method, l, l.calm)
	}
	return news
}

// drop withdraws the server: it has no lists any more, and nothing is sent there.
func (s *member) drop() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.withdrawn = true
	for _, l := range s.lists {
		l.elements, l.known = nil, true
		l.version = versions.Add(1)
	}
}

// read reads a list after a wait; s.mu is held.
func (s *member) read(method string, l *list, wait time.Duration) {
	reading := make(chan struct{})
	l.reading, l.stale = reading, false
	go guard.Run(s.log, nil, func() {
		if wait > 0 {
			select {
			case <-time.After(wait):
			case <-s.ctx.Done():
			}
		}
		elements, err := []element(nil), errFault
		guard.Run(s.log, nil, func() { elements, err = s.fetch(method, l) })
		switch {
		case err != nil && len(elements) > 0:
			s.log.Warn("a list of a server is not whole", "server", s.Name, "method", method, "err", err)
		case err != nil:
			s.log.Debug("a list of a server cannot be read", "server", s.Name, "method", method, "err", err)
		}
		changed := s.keep(method, l, elements, err)
		close(reading)
		if changed {
			s.to.changed(s, method)
		}
	})
}

// errFault is why a list could not be read where that is not the server's fault.
var errFault = errors.New("a fault of ucbridge")

// keep takes what was read, and reports whether it is another list.
func (s *member) keep(method string, l *list, elements []element, err error) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.reading, l.read, l.failed = nil, time.Now(), err
	if s.withdrawn {
		return false
	}
	changed := err == nil && !same(l.elements, elements)
	switch {
	case err != nil && !l.known && len(elements) > 0: // the beginning of it, until there is more
		changed = !same(l.elements, elements)
		l.elements, l.version = elements, versions.Add(1)
	case err != nil: // what was known is as good as anything
	case changed:
		l.elements, l.known, l.calm = elements, true, firstCalm
		l.version = versions.Add(1)
	default:
		l.known, l.calm = true, min(4*l.calm, maxCalm)
	}
	l.slow = l.slow && err != nil
	if l.stale && s.lists[method] == l {
		s.read(method, l, l.calm)
	}
	return changed
}

func same(a, b []element) bool {
	return slices.EqualFunc(a, b, func(a, b element) bool { return bytes.Equal(a.raw, b.raw) })
}

// fetch reads all pages of a list. With an error it returns those before.
func (s *member) fetch(method string, l *list) ([]element, error) {
	described, _ := mcp.ListOf(method)
	s.mu.Lock()
	promised := l.promised
	s.mu.Unlock()
	if !promised && !s.declares(described.Capability) {
		return nil, nil
	}
	ctx, cancel := context.WithTimeout(s.ctx, s.connect)
	defer cancel()
	var all []element
	listed := make(map[string]bool)
	for page, err := range s.pages(ctx, method) {
		if err != nil {
			return all, err
		}
		for _, raw := range jsonrpc.Elements(jsonrpc.Value(page, described.Member)) {
			at, ok := jsonrpc.Find(raw, described.Key)
			if !ok || raw[at.Start] != '"' {
				continue
			}
			// Some clients take no list with one name twice, and it is theirs for all servers.
			if key := jsonrpc.Text(raw[at.Start:at.End]); !listed[key] {
				listed[key] = true
				all = append(all, element{raw: raw, key: key, at: at})
			}
		}
	}
	return all, nil
}
