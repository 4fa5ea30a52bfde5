package bridge

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"
	"sync/atomic"
	"syscall"
	"time"

	"ucbridge/bridge/adapt"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

const (
	// drainAtEOF is how long answers may still come after the client has closed
	// stdin. The official SDKs send SIGTERM 2 s after that.
	drainAtEOF = 1500 * time.Millisecond
	// drainAtSignal is the same after SIGTERM or SIGINT.
	drainAtSignal = 500 * time.Millisecond
	// longestFlush is how long the last lines may take to be written.
	longestFlush = 100 * time.Millisecond
)

// Stdio serves one client over the stdio transport: a JSON-RPC message a line on
// in, the same on out. It returns nil when in ends or the client has vanished,
// context.Cause(ctx) when ctx is done, an *Unreachable where the settings ask for
// it, and an error when in or out breaks. By then every request has been
// answered and the server's session ended, as far as that was possible within
// two seconds.
//
// A read from in that blocks when Stdio returns is left behind, unless in is a pipe or
// a socket on Linux: nothing else can end it but the end of in.
func (b *Bridge) Stdio(ctx context.Context, in io.Reader, out io.Writer) error {
	broken := make(chan error, 1)
	writer := newLineWriter(out, func(err error) { broken <- fmt.Errorf("writing to the client: %w", err) })
	done := make(chan struct{})
	defer close(done)
	unreachable := make(chan *Unreachable, 1)
	s, err := b.converse(ctx, b.writeTo(writer, done), unreachable)
	if err != nil {
		return err
	}
	b.first.Warm(ctx)
	var gone <-chan struct{}
	if file, ok := out.(*os.File); ok {
		watching, stop := context.WithCancel(ctx)
		defer stop()
		gone = clientGone(watching, file)
	}
	in, release := polled(in, out)
	defer release()
	ended := make(chan error, 1)
	go func() { ended <- b.readLines(in, s) }()
	select {
	case err := <-ended:
		s.Close(drainAtEOF)
		writer.flush(longestFlush)
		return err
	case cause := <-unreachable:
		s.Close(drainAtSignal)
		writer.flush(longestFlush)
		return cause
	case <-gone:
		b.log.Warn("the client is gone")
		s.Close(0)
		return nil
	case <-ctx.Done():
		s.Close(drainAtSignal)
		writer.flush(longestFlush)
		return context.Cause(ctx)
	case err := <-broken:
		s.Close(0)
		return err
	}
}

// converse begins the conversation with a client: from the inside out, the session with
// the server, what a client needs in another form, traces, and the recording. Where the
// settings ask for it, a server that cannot be reached at the start is told to
// unreachable.
func (b *Bridge) converse(ctx context.Context, write func(jsonrpc.Message), unreachable chan<- *Unreachable) (conversation, error) {
	to, recording, err := b.record(listener{func(raw []byte) { write(jsonrpc.Message{Raw: raw}) }, write})
	if err != nil {
		return nil, err
	}
	to, tracing := b.trace(to)
	client := plainClient{listener: to}
	adapting := adapt.New(to.emit, to.deliver, b.log)
	if b.cfg.Adapt.Value != "off" {
		client.listener = listener{adapting.Emit, adapting.Deliver}
	}
	if b.cfg.FailFast.Value {
		client.giveUp = func(server string, cause *refusal.Error) {
			select {
			case unreachable <- &Unreachable{server, cause}:
			default: // said already
			}
		}
	}
	s := b.newConversation(context.WithoutCancel(ctx), client)
	if b.cfg.Adapt.Value != "off" {
		adapting.Serve(s.Handle)
		s = adapted{s, adapting}
	}
	return recording(tracing(s)), nil
}

// writeTo returns what writes a message to the client, until done is closed.
func (b *Bridge) writeTo(w *lineWriter, done <-chan struct{}) func(jsonrpc.Message) {
	var written atomic.Int64
	return func(m jsonrpc.Message) {
		if w.write(m) {
			b.log.Debug("line breaks inside a message made spaces")
		}
		if written.Add(1) == busyAfter {
			go holdStack(done)
		}
	}
}

// adapted is a conversation with a client to which some messages come in another form.
type adapted struct {
	conversation
	client *adapt.Client
}

// Handle takes the client's next message.
func (a adapted) Handle(m jsonrpc.Message) { a.client.Handle(m) }

// Unreachable says that the remote server could not be reached at the start, and
// that the user had asked not to wait for it (--fail-fast).
type Unreachable struct {
	Server string // the one of several; "" where there is but one
	Cause  *refusal.Error
}

func (e *Unreachable) Error() string {
	if e.Server != "" {
		return fmt.Sprintf("reaching the MCP server %s: %s", e.Server, e.Cause.Message)
	}
	return "reaching the MCP server: " + e.Cause.Message
}

func (e *Unreachable) Unwrap() error { return e.Cause }

// readLines hands each line of in to the session until in ends.
func (b *Bridge) readLines(in io.Reader, s conversation) error {
	lines := newLineReader(in, b.cfg.MaxMessage.Value)
	for {
		line, err := lines.next()
		var long *lineTooLong
		switch {
		case errors.As(err, &long):
			b.log.Warn("a line of the client is too long", "limit", long.limit)
			s.Reject(refusal.New(refusal.MessageTooLarge, "The message is larger than %d bytes.", long.limit).
				WithHint("ucbridge stdio --max-message 256MiB"), long.id())
			continue
		case errors.Is(err, syscall.ECONNRESET): // it went without reading what it had got
			b.log.Warn("the client is gone")
			return nil
		case err != nil && !errors.Is(err, io.EOF):
			return fmt.Errorf("reading from the client: %w", err)
		}
		if len(line) > 0 {
			b.handleLine(s, line)
		}
		if err != nil {
			return nil
		}
	}
}

// handleLine hands one line to the session, or refuses what is no message. A fault of
// the bridge's own must not end the process, and with it all else that the client does.
func (b *Bridge) handleLine(s conversation, line []byte) {
	m, refused := refusal.Line.Parse(line)
	defer func() {
		if fault := recover(); fault != nil {
			b.log.Error("a fault of ucbridge", "method", m.Method, "fault", fault, "stack", string(debug.Stack()))
			for _, r := range mcp.Requests(m) {
				s.Reject(refusal.New(refusal.InternalFault, "A fault of ucbridge kept the request from being answered."), r.ID)
			}
		}
	}()
	if refused != nil {
		s.Reject(refused, m.ID)
		if answer, ok := refusal.InsteadOfAnswer(line); ok {
			s.Handle(answer)
		}
		return
	}
	s.Handle(m)
}

// lineTooLong says that a line was longer than the limit in bytes, and skipped. start is
// how it began.
type lineTooLong struct {
	limit int64
	start []byte
}

// id is that of the request in the line, nil if it does not stand at its start.
func (e *lineTooLong) id() jsonrpc.ID {
	_, err := jsonrpc.Parse(e.start)
	if syntax, ok := errors.AsType[*jsonrpc.SyntaxError](err); ok {
		return syntax.ID
	}
	return nil
}

func (e *lineTooLong) Error() string { return fmt.Sprintf("a line of more than %d bytes", e.limit) }

// lineReader reads the lines of a client: LF or CRLF, a byte order mark in front
// of the first is dropped, a last line without an end counts.
type lineReader struct {
	r       *bufio.Reader
	max     int64
	first   bool
	scratch []byte // a line that is longer than the buffer of r, while it grows
}

// maxScratch is the size in bytes beyond which a scratch buffer is not kept.
const maxScratch = 2 << 20

// maxStart is how many bytes of a line that is too long are kept, for the id in them.
const maxStart = 16 << 10

func newLineReader(in io.Reader, max int64) *lineReader {
	return &lineReader{r: bufio.NewReaderSize(in, 64<<10), max: max, first: true}
}

// next returns the next line, trimmed of white space around it, in memory of its
// own. A line beyond the limit is skipped without being kept. With io.EOF comes
// what stood after the last line end.
func (l *lineReader) next() ([]byte, error) {
	line, err := l.read()
	var long *lineTooLong
	if errors.As(err, &long) {
		return nil, err
	}
	if l.first {
		l.first = false
		line = bytes.TrimPrefix(line, []byte("\uFEFF"))
	}
	return bytes.Clone(bytes.TrimSpace(line)), err
}

// read returns the next line in memory that the next call uses again: growing a
// new buffer for each long line costs more than reading it.
func (l *lineReader) read() ([]byte, error) {
	if cap(l.scratch) > maxScratch {
		l.scratch = nil
	}
	line := l.scratch[:0]
	for {
		piece, err := l.r.ReadSlice('\n')
		if int64(len(line)+len(piece)) > l.max+1 {
			start := line[:min(len(line), maxStart)]
			start = slices.Concat(start, piece[:min(len(piece), maxStart-len(start))])
			return nil, l.skip(start, err)
		}
		if len(line) == 0 && !errors.Is(err, bufio.ErrBufferFull) {
			return piece, err
		}
		if len(line)+len(piece) > cap(line) { // append alone would grow by a quarter, and copy a large line ten times
			line = slices.Grow(line, max(len(line), len(piece)))
		}
		line = append(line, piece...)
		l.scratch = line
		if !errors.Is(err, bufio.ErrBufferFull) {
			return line, err
		}
	}
}

// skip reads to the end of a line that is too long.
func (l *lineReader) skip(start []byte, err error) error {
	for errors.Is(err, bufio.ErrBufferFull) {
		_, err = l.r.ReadSlice('\n')
	}
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	return &lineTooLong{l.max, start}
}
