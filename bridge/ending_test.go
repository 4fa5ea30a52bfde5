package bridge

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"ucbridge/bridge/jsonrpc"
)

// tooLong: the server hears that nobody waits any more.
func tooLong(t *testing.T, s *stage) {
	s.cfg.CallTimeout.Value = passes
	c, _ := s.begin()
	release := s.server.hold("long")
	defer release()
	if m := c.wait(c.write("long")); outcome(m) != "error call_timeout" || !strings.Contains(string(m.Raw), "may have run") {
		t.Errorf("got %s", m.Raw)
	}
	until(t, "the call is cancelled", func() bool { return s.server.count("notifications/cancelled s1") == 1 })
	c.finish(nil)
}

// inFlight starts three calls, of which two will be answered in time.
func inFlight(t *testing.T, s *stage) (c *caller, answers []<-chan jsonrpc.Message, release func()) {
	c, _ = s.begin()
	one, two := s.server.hold("0"), s.server.hold("1")
	t.Cleanup(s.server.hold("2"))
	for i := range 3 {
		answers = append(answers, c.write(fmt.Sprint(i)))
	}
	until(t, "the calls arrive", func() bool { return s.server.count("tools/call") == 3 })
	return c, answers, func() { one(); two() }
}

func wantDrained(t *testing.T, s *stage, c *caller, answers []<-chan jsonrpc.Message) {
	t.Helper()
	for i, want := range []string{"result", "result", "error bridge_closing"} {
		if m := c.wait(answers[i]); outcome(m) != want {
			t.Errorf("call %d: %s", i, m.Raw)
		}
	}
	until(t, "the session is deleted", func() bool { return s.server.count("DELETE s1") == 1 })
}

func drains(t *testing.T, s *stage) {
	c, answers, release := inFlight(t, s)
	c.in.Close()
	release()
	wantDrained(t, s, c, answers)
	c.finish(nil)
}

var errSignal = errors.New("terminated")

func signalled(t *testing.T, s *stage) {
	if *otherProgram != "" {
		t.Skip("the signal is a call of this package")
	}
	c, answers, release := inFlight(t, s)
	release()
	for i := range 2 {
		c.wait(answers[i])
	}
	c.stop(errSignal)
	if m := c.wait(answers[2]); outcome(m) != "error bridge_closing" || !strings.Contains(string(m.Raw), "may have run") {
		t.Errorf("got %s", m.Raw)
	}
	c.finish(errSignal)
	until(t, "the session is deleted", func() bool { return s.server.count("DELETE s1") == 1 })
}

func refusesDelete(t *testing.T, s *stage) {
	c, _ := s.begin()
	c.recovers(s)
	s.server.upset("DELETE", "HTTP/1.1 405 Method Not Allowed\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	c.finish(nil)
}
