package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/regularfile"
)

// maxFile is how long a record may be that is read, in bytes.
const maxFile = 1 << 30

// Session is what was said in one session.
type Session struct {
	ID     string
	Target string
	Lines  []Line
}

// Line is one message of a session.
type Line struct {
	Number  int    // in the file, from 1
	From    string // Client or Server
	Message jsonrpc.Message
}

// Read returns the last session of a file that has messages. What is no line of a record is
// passed over before that session, where a process may have left half a line, and a fault
// behind its beginning.
func Read(name string) (Session, error) {
	raw, err := regularfile.Read(name, maxFile)
	if err != nil {
		return Session{}, fmt.Errorf("reading the record: %w", err)
	}
	sessions := make(map[string]*Session)
	began := make(map[string]int) // by session, its first line
	last := ""
	number, unreadable := 0, 0
	var fault error // why a line is none
	for text := range bytes.Lines(raw) {
		number++
		if text = bytes.TrimSpace(text); len(text) == 0 {
			continue
		}
		var l line
		if err := json.Unmarshal(text, &l); err != nil {
			unreadable, fault = number, fmt.Errorf("reading the record: line %d: %w", number, err)
			continue
		}
		s := sessions[l.Session]
		if s == nil {
			s = &Session{ID: l.Session}
			sessions[l.Session], began[l.Session] = s, number
		}
		if l.Target != "" {
			s.Target = l.Target
		}
		if l.Message == nil {
			continue
		}
		m, err := jsonrpc.Parse(l.Message)
		if err != nil || l.From != Client && l.From != Server {
			return Session{}, fmt.Errorf("reading the record: line %d is no message of client or server", number)
		}
		s.Lines = append(s.Lines, Line{number, l.From, m})
		last = l.Session
	}
	if fault != nil && unreadable > began[last] {
		return Session{}, fault
	}
	if last == "" {
		return Session{}, errors.New("reading the record: it holds no message; make one with: ucbridge stdio --record FILE")
	}
	return *sessions[last], nil
}
