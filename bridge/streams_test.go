package bridge

import (
	"fmt"
	"strings"
	"testing"
)

// eventStream is the head of a stream, and then the events.
func eventStream(events ...string) string {
	return "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + strings.Join(events, "")
}

func resumes(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the handshake ends", func() bool { return s.server.count("notifications/initialized") == 1 })
	if s.cfg.Route.Value != "external-function" {
		until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	}
	s.server.upset("tools/call", eventStream("id: 1\nretry: 1\ndata: {\"jsonrpc\":\"2.0\",\"method\":\"notifications/message\",\"params\":{}}\n\n"))
	s.server.upset("GET",
		eventStream("id: 2\ndata:\n\n"),
		"HTTP/1.1 500 Oops\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
		eventStream("id: 3\ndata: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "result" || s.server.times("now") != 1 {
		t.Errorf("got %s; ran %d times", m.Raw, s.server.times("now"))
	}
	if s.server.count("GET s1 1") != 1 || s.server.count("GET s1 2") != 2 {
		t.Errorf("the server saw %q", s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

func resumesCut(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	s.server.upset("tools/call", "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"+
		"1d\r\nid: 7\nretry: 1\ndata: {}\n\ndata: {\"jso\r\n")
	s.server.upset("GET", eventStream("data: {\"jsonrpc\":\"2.0\",\"id\":2,\"result\":{}}\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "result" || s.server.times("now") != 1 || s.server.count("GET s1 7") != 1 {
		t.Errorf("got %s; the server saw %q", m.Raw, s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

// doesNotResume: the server gives event ids and then does not know them.
func doesNotResume(t *testing.T, s *stage) {
	c, _ := s.begin()
	s.server.upset("tools/call", eventStream("id: 1\nretry: 1\ndata:\n\n"))
	if m := c.wait(c.write("now")); outcome(m) != "error connection_cut" || !strings.Contains(string(m.Raw), "may have run") || s.server.times("now") != 1 {
		t.Errorf("got %s; ran %d times", m.Raw, s.server.times("now"))
	}
	c.recovers(s)
	c.finish(nil)
}

// resumesTooOften: that the rest of a stream is refused with 429 does not mean
// that the call was.
func resumesTooOften(t *testing.T, s *stage) {
	c, _ := s.begin()
	if s.cfg.Route.Value != "external-function" {
		until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	}
	s.server.upset("tools/call", eventStream("id: 1\nretry: 1\ndata:\n\n"))
	for range 6 {
		s.server.upset("GET", "HTTP/1.1 429 Too Many Requests\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	}
	if m := c.wait(c.write("now")); outcome(m) != "error connection_cut" || s.server.times("now") != 1 {
		t.Errorf("got %s; ran %d times", m.Raw, s.server.times("now"))
	}
	c.finish(nil)
}

func reopensGET(t *testing.T, s *stage) {
	s.server.streams = true
	c, _ := s.begin()
	notice := func(n int) string { return fmt.Sprintf(`{"jsonrpc":"2.0","method":"notifications/n%d"}`, n) }
	s.server.push <- "id: 5\nretry: 1\ndata: " + notice(1)
	c.expect("notifications/n1")
	s.server.push <- ""
	s.server.push <- "data: " + notice(2)
	c.expect("notifications/n2")
	if s.server.count("GET s1 5") != 1 {
		t.Errorf("the server saw %q", s.server.seen)
	}
	c.recovers(s)
	c.finish(nil)
}

func refusesGET(t *testing.T, s *stage) {
	c, _ := s.begin()
	until(t, "the GET stream is refused", func() bool { return s.server.count("GET") == 1 })
	c.recovers(s)
	c.finish(nil)
	if n := s.server.count("GET"); n != 1 {
		t.Errorf("%d tries", n)
	}
}
