package streamable

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
)

// largeMessage is a response of several pieces, in which every line break of JSON's may
// stand between tokens.
func largeMessage(lineEnd string) string {
	block := `{"type":"text","text":"` + strings.Repeat(`a line of \"text\" – é\n`, pieceSize/40) + `"}`
	return strings.Join([]string{`{"jsonrpc":"2.0","id":1,"result":{"content":[`, block + ",", block, `],"isError":false}}`}, lineEnd)
}

// TestLargeEvents has large events in all forms of the standard, in reads of many sizes,
// beside small ones that follow in the same read.
func TestLargeEvents(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", "\r"} {
		var stream strings.Builder
		var want []string
		for n, joint := range []string{"", "\n", " "} { // a line, several lines, a line
			message := largeMessage(joint)
			want = append(want, fmt.Sprintf("%d|%s", n, message), fmt.Sprintf("%d|{}", n))
			fmt.Fprintf(&stream, ": a comment\nevent: message\nid: %d\ndata: %s\n\ndata:{}\n\n", n, strings.ReplaceAll(message, "\n", "\ndata: "))
		}
		text := strings.ReplaceAll(stream.String(), "\n", end)
		for name, r := range map[string]io.Reader{
			"whole":                   strings.NewReader(text),
			"in halves":               iotest.HalfReader(strings.NewReader(text)),
			"end with the last bytes": iotest.DataErrReader(strings.NewReader(text)),
			"in sevens":               piecewise{strings.NewReader(text), 7},
			"in chunks":               piecewise{strings.NewReader(text), 32<<10 - 1},
			"in what is read at once": piecewise{strings.NewReader(text), inputSize},
			"in more":                 piecewise{strings.NewReader(text), inputSize + 1},
		} {
			got, _, err := readAll(r, 4<<20)
			if !errors.Is(err, io.EOF) {
				t.Errorf("%q, %s: %v", end, name, err)
			}
			if !cmp.Equal(want, got) {
				t.Errorf("%q, %s: %d events, want %d, or others: %.300q", end, name, len(got), len(want), got)
			}
		}
	}
}

// piecewise is a reader of at most so many bytes at once.
type piecewise struct {
	io.Reader
	size int
}

func (p piecewise) Read(b []byte) (int, error) { return p.Reader.Read(b[:min(len(b), p.size)]) }

// TestLargeEventsCut cuts a stream in and behind a large event, whose response counts
// where all of it has come.
func TestLargeEventsCut(t *testing.T) {
	t.Parallel()
	message := largeMessage("")
	stream := "id: 1\ndata: " + message + "\n\n"
	start := strings.Index(stream, message)
	broken := errors.New("broken")
	for _, c := range []struct {
		at    int
		whole bool
	}{
		{start, false}, {start + 1, false}, {start + pieceSize, false}, {start + len(message) - 1, false},
		{start + len(message), true}, {len(stream) - 1, true}, {len(stream), true},
	} {
		for _, end := range []error{io.EOF, broken} {
			body := io.MultiReader(strings.NewReader(stream[:c.at]), iotest.ErrReader(end))
			answer := answerOf(t.Context(), body)
			answer.final = true
			var got []string
			var fault error
			for m, err := range answer.Messages() {
				if err == nil {
					got = append(got, string(m.Raw))
				} else {
					fault = err
				}
			}
			wants := c.whole && (end == io.EOF || c.at == len(stream))
			if wants != (len(got) == 1 && got[0] == message) || !errors.Is(fault, end) || !isCut(fault) {
				t.Errorf("cut at %d of %d by %v: %d messages, err = %v", c.at, len(stream), end, len(got), fault)
			}
		}
	}
}

func isCut(err error) bool {
	_, ok := errors.AsType[*CutError](err)
	return ok
}

// answerOf returns the answer that is an event stream.
func answerOf(ctx context.Context, body io.Reader) *Answer {
	client := &Client{URL: new(url.URL), RoundTripper: http.DefaultTransport, MaxMessage: 16 << 20}
	return client.answer(ctx, Post{}, &http.Response{
		StatusCode: http.StatusOK, Header: http.Header{"Content-Type": {"text/event-stream"}}, Body: io.NopCloser(body),
	})
}

// TestStreamWithoutMessage: what ends without having said anything is a loss.
func TestStreamWithoutMessage(t *testing.T) {
	t.Parallel()
	for _, body := range []string{"", "\n", ": hello\n\n", "id: \n\n", "data\n\n", "data", "data: {}", "event: message\ndata: {\"jsonrpc\":\"2.0\",\"id\":1"} {
		for m, err := range answerOf(t.Context(), strings.NewReader(body)).Messages() {
			if m.Raw != nil || !isCut(err) {
				t.Errorf("%q: %q, %v", body, m.Raw, err)
			}
		}
	}
}

// TestLargeEventCancelled has the client give up in the midst of a large event.
func TestLargeEventCancelled(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	read, write := io.Pipe()
	context.AfterFunc(ctx, func() { write.CloseWithError(context.Canceled) }) // as HTTP does
	go func() {
		_, _ = io.WriteString(write, "data: "+largeMessage("")[:pieceSize])
		cancel()
	}()
	n := 0
	for m, err := range answerOf(ctx, read).Messages() {
		if n++; !errors.Is(err, context.Canceled) || isCut(err) || m.Raw != nil {
			t.Errorf("%d bytes, %v", len(m.Raw), err)
		}
	}
	if n != 1 {
		t.Errorf("%d messages and errors", n)
	}
}

// TestLargeEventMemory: the data of a large event is in one buffer, which serves the next.
func TestLargeEventMemory(t *testing.T) {
	t.Parallel()
	message := largeMessage("")
	answer := answerOf(t.Context(), strings.NewReader(strings.Repeat("data: "+message+"\n\n", 3)))
	var last *byte
	for m, err := range answer.Messages() {
		if err != nil {
			break
		}
		if string(m.Raw) != message {
			t.Fatalf("%d bytes, want %d: %.200q", len(m.Raw), len(message), m.Raw)
		}
		if last != nil && last != &m.Raw[0] {
			t.Error("the memory of the last message does not serve the next")
		}
		last = &m.Raw[0]
		answer.Release()
	}
}
