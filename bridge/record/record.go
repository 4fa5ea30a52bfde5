// Package record keeps the messages between a client and its server in a file, for bug
// reports and for trying policies on what a session really said, and answers as the
// server did then. Secrets that can be told by their form are masked before they are
// written (package redact).
//
// A file is JSON, a line for each message, in the order in which they passed the client's
// side of the bridge. Sessions follow each other, or are mixed where several processes
// write to one file:
//
//	{"at":"2026-11-28T12:00:00.1Z","session":"S","ucbridge":"1.2.3","target":"github"}
//	{"at":"2026-11-28T12:00:00.2Z","session":"S","from":"client","message":{"jsonrpc":"2.0",…}}
//	{"at":"2026-11-28T12:00:00.3Z","session":"S","from":"server","message":{"jsonrpc":"2.0",…}}
//	{"at":"2026-11-28T12:00:09.9Z","session":"S","masked":{"GitHub token":2}}
package record

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/redact"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/sharedfile"
)

// The two sides of a session.
const (
	Client = "client"
	Server = "server"
)

// line is one line of a file.
type line struct {
	At       time.Time       `json:"at"`
	Session  string          `json:"session"`
	UCBridge string          `json:"ucbridge,omitempty"`
	Target   string          `json:"target,omitempty"`
	From     string          `json:"from,omitempty"`
	Message  json.RawMessage `json:"message,omitempty"`
	Masked   map[string]int  `json:"masked,omitempty"`
}

// Recorder writes one session. It is safe for concurrent use.
type Recorder struct {
	file    *os.File
	session string

	mu     sync.Mutex
	masked map[string]int // by kind of secret
	fault  error          // the first, after which nothing is written
}

// Open begins a session at the end of a file, which its owner alone may read. A device or
// a named pipe keeps its rights.
func Open(name, version, target string) (*Recorder, error) {
	file, err := regularfile.Append(name)
	if err != nil {
		return nil, fmt.Errorf("opening the record: %w", err)
	}
	r := &Recorder{file: file, session: rand.Text(), masked: make(map[string]int)}
	r.fault = begin(file)
	r.write(line{UCBridge: version, Target: target})
	if r.fault != nil {
		return nil, errors.Join(fmt.Errorf("opening the record: %w", r.fault), file.Close())
	}
	return r, nil
}

// begin takes a regular file from everybody but its owner, and ends half a line that
// another process has left there.
func begin(file *os.File) error {
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return err
	}
	if err := file.Chmod(0o600); err != nil || !regularfile.IsTorn(file.Name(), info) {
		return err
	}
	_, err = sharedfile.Append(file, []byte{'\n'})
	return err
}

// Note writes a message that a side said.
func (r *Recorder) Note(from string, raw []byte) {
	masked, kinds := redact.Message(raw, isEnvelope)
	masked, _ = jsonrpc.OneLine(masked)
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, kind := range kinds {
		r.masked[kind]++
	}
	r.write(line{From: from, Message: masked})
}

// isEnvelope keeps what says which message it is.
func isEnvelope(path []string) bool {
	return len(path) == 1 && (path[0] == "jsonrpc" || path[0] == "id" || path[0] == "method")
}

// write is called with the lock held, or before anybody else knows of r.
func (r *Recorder) write(l line) {
	if r.fault != nil {
		return
	}
	l.At, l.Session = time.Now().UTC(), r.session
	var text bytes.Buffer
	e := json.NewEncoder(&text)
	e.SetEscapeHTML(false)
	err := e.Encode(l)
	if err == nil {
		_, err = sharedfile.Append(r.file, text.Bytes()) // a line at once, so that sessions may share a file
	}
	r.fault = err
}

// Close ends the session and says what was masked in it, "" for nothing. The error is the
// first that kept a message from being written.
func (r *Recorder) Close() (masked string, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.write(line{Masked: r.masked})
	var kinds []string
	for kind, n := range r.masked {
		kinds = append(kinds, fmt.Sprintf("%s (%d)", kind, n))
	}
	slices.Sort(kinds)
	return strings.Join(kinds, ", "), errors.Join(r.fault, r.file.Close())
}
