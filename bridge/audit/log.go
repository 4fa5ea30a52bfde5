// Package audit keeps the audit log: JSON lines, one [Row] a request, in a file that
// several processes may share and that is put aside when it is full.
package audit

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"reflect"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"ucbridge/bridge/policy"
)

const (
	// maxWaiting is how many rows may wait for the disk; more are lost, and counted.
	maxWaiting = 10_000
	// maxHeld is how many bytes they may have.
	maxHeld = 32 << 20
	// maxKept is how large a buffer of lines may be that is kept, in bytes.
	maxKept = 1 << 20
	// retryInterval is the pause after a row could not be written.
	retryInterval = time.Second
	// gatherTime is how long rows may wait for others to be written with.
	gatherTime = 20 * time.Millisecond
	// commitTimeout is how long a call waits for its row to be written.
	commitTimeout = 5 * time.Second
	// flushTimeout bounds the wait for the last rows at the end: AI clients kill a server
	// that has not ended two seconds after its stdin was closed.
	flushTimeout = 1500 * time.Millisecond
	// defaultMaxSize and defaultKeep hold where a policy says nothing.
	defaultMaxSize = 10 << 20
	defaultKeep    = 5
)

// Log is an audit log: JSON lines, appended to a file that only its owner may read.
// Write never waits for the disk, and the row is in the file after 20 ms; Commit waits
// until the row is on the disk (fsync). A Log is safe for concurrent use, and several processes
// may share the file.
type Log struct {
	rules policy.AuditRules
	file  rotating
	log   *slog.Logger

	failing atomic.Bool // the last row could not be written
	wake    chan struct{}
	urgent  chan struct{} // a row waits that must be written at once
	stop    chan struct{}
	stopped chan struct{}
	ending  sync.Once

	writing sync.Mutex // held while the file is written

	mu      sync.Mutex
	lines   []byte  // rows that wait
	rows    int     // how many these are
	spare   []byte  // memory for the next lines
	waiting *commit // for these lines; nil where nobody waits
	lost    int
}

// commit is the wait of callers for one write and its fsync.
type commit struct {
	done chan struct{} // closed when it is over
	err  error         // why the rows are not on the disk, once it is
	late *time.Timer
	once sync.Once
}

// newCommit returns a commit that fails when it has taken too long.
func newCommit() *commit {
	c := &commit{done: make(chan struct{})}
	c.late = time.AfterFunc(commitTimeout, func() { c.end(errSlow) })
	return c
}

// end tells all who wait. Only the first call counts.
func (c *commit) end(err error) {
	c.once.Do(func() {
		c.err = err
		close(c.done)
	})
}

// Open returns the log, which is opened at once; where that fails it is tried
// again with every row.
func Open(rules policy.AuditRules, log *slog.Logger) *Log {
	l := &Log{
		rules: rules, log: log,
		file: rotating{name: rules.File, maxSize: defaultMaxSize, keep: defaultKeep},
		wake: make(chan struct{}, 1), urgent: make(chan struct{}, 1), stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if rules.MaxSize != nil {
		l.file.maxSize = rules.MaxSize.Bytes
	}
	if rules.Keep > 0 {
		l.file.keep = rules.Keep
	}
	l.note(l.file.open())
	go l.run()
	return l
}

// buffers hold lines while they are made.
var buffers = sync.Pool{New: func() any { return new([]byte) }}

// write adds a row.
func (l *Log) write(r *Entry) {
	l.encoded(r, func(line []byte) {
		l.mu.Lock()
		lost := l.add(line)
		l.mu.Unlock()
		if lost == 1 {
			l.log.Error("the audit log does not keep up: rows are lost", "file", l.rules.File)
		}
	})
}

// encoded calls use with the line of a row, which add ends. The line must not be kept.
func (l *Log) encoded(r *Entry, use func(line []byte)) {
	buffer := buffers.Get().(*[]byte)
	*buffer = r.appendTo((*buffer)[:0], l.rules.Values != nil)
	use(*buffer)
	if cap(*buffer) <= maxKept {
		buffers.Put(buffer)
	}
}

// Commit adds rows and waits until they are on the disk. Rows of calls that come at the
// same time are written and synchronized together. An error says that they are not there; they are
// written as soon as they can be. It comes after five seconds at most, and at once where
// others have waited for the same write as long.
func (l *Log) Commit(ctx context.Context, rows ...Entry) error {
	var waiting *commit
	for i := range rows {
		lost := 0
		l.encoded(&rows[i], func(line []byte) {
			l.mu.Lock()
			defer l.mu.Unlock()
			if lost = l.add(line); l.waiting == nil {
				l.waiting = newCommit()
			}
			waiting = l.waiting
		})
		if lost > 0 {
			return errSlow
		}
	}
	select {
	case l.urgent <- struct{}{}:
	default: // the next write takes these rows along
	}
	select {
	case <-waiting.done:
		return waiting.err
	case <-ctx.Done():
		return context.Cause(ctx)
	case <-l.stopped:
		return errors.New("the log is closed")
	}
}

var errSlow = errors.New("the disk does not keep up")

// add leaves a row to be written, or returns how many are lost with it. It is called with
// the lock held.
func (l *Log) add(line []byte) (lost int) {
	if l.rows >= maxWaiting || l.rows > 0 && len(l.lines)+len(line) > maxHeld {
		l.lost++
		return l.lost
	}
	l.lines, l.lost = appendEnd(append(l.lines, line...), l.lost), 0
	l.rows++
	if l.rows == 1 {
		select {
		case l.wake <- struct{}{}:
		default: // awake already
		}
	}
	return 0
}

// refuses is the ruling on a call while the log cannot be written, or waits for a
// disk so long that there may be no room for the row of the call.
func (l *Log) refuses() policy.Ruling {
	if l.rules.Required == nil {
		return policy.Passes()
	}
	l.mu.Lock()
	behind := l.rows > maxWaiting/2 || len(l.lines) > maxHeld/2
	l.mu.Unlock()
	if !behind && !l.failing.Load() {
		return policy.Passes()
	}
	return l.unwritten()
}

func (l *Log) unwritten() policy.Ruling {
	return policy.Deny("audit.required (%s): the audit log %s cannot be written", l.rules.Required, l.rules.File)
}

// Close writes what waits, for a short while, and says where rows are lost. It may be
// called again.
func (l *Log) Close() { l.ending.Do(l.end) }

func (l *Log) end() {
	close(l.stop)
	timer := time.NewTimer(flushTimeout)
	defer timer.Stop()
	var behind bool
	select {
	case <-l.stopped:
		l.mu.Lock()
		behind = l.rows > 0
		l.mu.Unlock()
	case <-timer.C:
		behind = true
	}
	if behind {
		l.log.Error("the last rows of the audit log are lost: it could not be written before the end", "file", l.rules.File)
	}
}

// Logs are all that are kept. Nil keeps none.
type Logs []*Log

// Write adds a row to each. Nothing of it is kept.
func (l Logs) Write(r *Entry) {
	for _, log := range l {
		log.write(r)
	}
}

// Commit is [Log.Commit] for every log that is required.
func (l Logs) Commit(ctx context.Context, rows ...Entry) policy.Ruling {
	for _, log := range l {
		if log.rules.Required == nil {
			continue
		}
		if err := log.Commit(ctx, rows...); err != nil {
			return log.unwritten()
		}
	}
	return policy.Passes()
}

// Of returns the log that is kept by those rules, nil for none.
func (l Logs) Of(rules policy.AuditRules) *Log {
	for _, log := range l {
		if reflect.DeepEqual(log.rules, rules) {
			return log
		}
	}
	return nil
}

// Has reports whether a log is one of them.
func (l Logs) Has(log *Log) bool { return slices.Contains(l, log) }

// Required reports whether any of the logs must have a row before a call leaves.
func (l Logs) Required() bool {
	return slices.ContainsFunc(l, func(log *Log) bool { return log.rules.Required != nil })
}

// Refuse is the ruling on a call while a log that is required cannot be written.
func (l Logs) Refuse() policy.Ruling {
	for _, log := range l {
		if by := log.refuses(); by.Denied {
			return by
		}
	}
	return policy.Passes()
}

// run writes the rows that wait, again and again where that fails.
func (l *Log) run() {
	defer close(l.stopped)
	for ended := false; ; {
		if !ended {
			select {
			case <-l.urgent:
				runtime.Gosched() // calls that come at the same time add their rows
			case <-l.wake:
				ended = l.pause(gatherTime)
			case <-l.stop:
				ended = true
			}
		}
		for l.flush() != nil {
			if ended {
				return
			}
			ended = l.pause(retryInterval)
		}
		if ended {
			l.file.close()
			return
		}
	}
}

// pause waits, unless a row comes that must be written at once. It reports whether the
// end came first.
func (l *Log) pause(d time.Duration) (ended bool) {
	select {
	case <-time.After(d):
		return false
	case <-l.urgent:
		return false
	case <-l.stop:
		return true
	}
}

// flush writes all that waits. What is not written stays.
func (l *Log) flush() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mu.Lock()
	lines, rows, waiting := l.lines, l.rows, l.waiting
	l.lines, l.rows, l.waiting, l.spare = l.spare[:0], 0, nil, nil
	l.mu.Unlock()
	var err error
	left := lines // what is not in the file, where that fails
	if rows > 0 {
		var written int
		if written, err = l.file.append(lines); err != nil {
			rows -= bytes.Count(lines[:written], []byte{'\n'})
			left = lines[written:]
		}
		if err == nil && waiting != nil {
			err = l.file.sync()
		}
		l.note(err)
	}
	if waiting != nil {
		waiting.late.Stop()
		waiting.end(err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case err != nil:
		l.lines, l.rows = append(left, l.lines...), rows+l.rows
	case cap(lines) <= maxKept:
		l.spare = lines
	}
	return err
}

// note says, once for each change, whether the log can be written.
func (l *Log) note(err error) {
	switch was := l.failing.Swap(err != nil); {
	case err != nil && !was:
		l.log.Error("the audit log cannot be written", "err", err)
	case err == nil && was:
		l.log.Warn("the audit log can be written again")
	}
}
