package main

import (
	"bufio"
	"bytes"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// Every id has ten digits, so that all messages of a kind are of one length.
const (
	firstID  = 1_000_000_000
	idLength = 10
)

// How requests and answers begin; the id follows.
const messageHead = `{"jsonrpc":"2.0","id":`

const notifyInitialized = `{"jsonrpc":"2.0","method":"notifications/initialized"}`

// call is a kind of request and its only right answer, both without what stands
// before and in the id.
type call struct {
	request, answer []byte
	// events says that the answer is an event stream.
	events bool
}

func newCall(method, params, result string) call {
	return call{
		request: []byte(`,"method":"` + method + `","params":` + params + `}`),
		answer:  []byte(`,"result":` + result + `}`),
	}
}

// What stands before and after the message in an event.
const (
	eventHead = "event: message\ndata: "
	eventTail = "\n\n"
)

// newEvents is newEcho with an event stream for its answer, as the official servers
// give it by default.
func newEvents(word string) call {
	c := newEcho(word)
	c.events = true
	return c
}

// The calls that are measured.
var (
	initialize = newCall("initialize",
		`{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}`,
		`{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"bench","version":"1.0.0"}}`)
	small        = newEcho("hello")
	smallEvents  = newEvents("events")
	argument1MiB = newEcho(text(1 << 20))
	answer1MiB   = newBig(1)
	answer8MiB   = newBig(8)
	events8MiB   = newBigEvents(8)
)

// newEcho calls the tool that answers with the length of the message it got.
func newEcho(word string) call {
	c := newCall("tools/call", `{"name":"echo","arguments":{"text":"`+word+`"}}`, "null")
	c.answer = echoAnswer(len(messageHead) + idLength + len(c.request))
	return c
}

func echoAnswer(length int) []byte {
	return []byte(`,"result":{"content":[{"type":"text","text":"` + strconv.Itoa(length) + `"}]}}`)
}

// newBig calls a tool that answers with a text of so many MiB.
func newBig(mib int) call {
	return newCall("tools/call", `{"name":"big","arguments":{"mib":`+strconv.Itoa(mib)+`}}`,
		`{"content":[{"type":"text","text":"`+text(mib<<20)+`"}]}`)
}

// newBigEvents is newBig with an event stream for its answer.
func newBigEvents(mib int) call {
	c := newBig(mib)
	c.request = bytes.Replace(c.request, []byte(`{"mib":`), []byte(`{"events":true,"mib":`), 1)
	c.events = true
	return c
}

// sources are the files of this program.
//
//go:embed *.go
var sources embed.FS

// text returns the inside of a JSON string of n bytes: source files, as tools return
// them, with their quotation marks and line ends escaped. They are real ones: one line
// again and again would be foreseen by the processor, and be read in half the time.
func text(n int) string {
	var quoted bytes.Buffer
	quote := json.NewEncoder(&quoted)
	quote.SetEscapeHTML(false)
	files, _ := sources.ReadDir(".") // they are in this program
	var b strings.Builder
	for i := 0; ; i++ {
		file, _ := sources.ReadFile(files[i%len(files)].Name())
		for line := range strings.Lines(string(file)) {
			quoted.Reset()
			_ = quote.Encode(line) // strings can be encoded
			inside := quoted.Bytes()[1 : quoted.Len()-2]
			if b.Len()+len(inside) > n {
				return b.String() + strings.Repeat("x", n-b.Len())
			}
			b.Write(inside)
		}
	}
}

// isLarge reports whether the request or the answer is.
func (c call) isLarge() bool { return max(len(c.request), len(c.answer)) >= 1<<20 }

// appendMessage appends the request with the given id, without line end.
func (c call) appendMessage(b []byte, id int) []byte {
	b = append(b, messageHead...)
	b = strconv.AppendInt(b, int64(id), 10)
	return append(b, c.request...)
}

// readAnswer reads one answer up to its closing brace, compares each of its bytes
// and returns its id.
func (c call) readAnswer(r *bufio.Reader) (int, error) {
	head, err := r.Peek(len(messageHead) + idLength)
	if err != nil {
		return 0, fmt.Errorf("reading an answer: %w", noEOF(err))
	}
	digits, ok := bytes.CutPrefix(head, []byte(messageHead))
	id, err := strconv.Atoi(string(digits))
	if !ok || err != nil {
		return 0, unexpected(r)
	}
	_, _ = r.Discard(len(head)) // as all of these, it was peeked at
	for rest := c.answer; len(rest) > 0; {
		if _, err := r.Peek(1); err != nil {
			return 0, fmt.Errorf("reading answer %d: %w", id, noEOF(err))
		}
		piece, _ := r.Peek(min(len(rest), r.Buffered()))
		if !bytes.HasPrefix(rest, piece) {
			return 0, fmt.Errorf("answer %d: %w", id, unexpected(r))
		}
		_, _ = r.Discard(len(piece))
		rest = rest[len(piece):]
	}
	return id, nil
}

func unexpected(r *bufio.Reader) error {
	got, _ := r.Peek(min(r.Buffered(), 300))
	return fmt.Errorf("unexpected answer %q", got)
}

func noEOF(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
