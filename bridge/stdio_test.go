package bridge

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
)

func TestLineReader(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 100<<10)
	tests := []struct {
		name, in string
		max      int64
		want     []string
	}{
		{"lines", "a\nb\n", 10, []string{"a", "b"}},
		{"last without an end", "a\nb", 10, []string{"a", "b"}},
		{"CRLF, blanks and empty lines", "a\r\n\n  b \n", 10, []string{"a", "", "b"}},
		{"byte order mark", "\uFEFFa\n\uFEFFb\n", 10, []string{"a", "\uFEFFb"}},
		{"at the limit", "12345\nb\n", 5, []string{"12345", "b"}},
		{"beyond the limit", "123456\nb\n", 5, []string{"too long", "b"}},
		{"far beyond the limit", long + "\nb\n", 5, []string{"too long", "b"}},
		{"beyond the limit at the end", "a\n" + long, 5, []string{"a", "too long"}},
		{"longer than the buffer", long + "\nb\n", 1 << 20, []string{long, "b"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			for name, in := range map[string]io.Reader{
				"whole":        strings.NewReader(tt.in),
				"byte by byte": iotest.OneByteReader(strings.NewReader(tt.in)),
			} {
				if diff := cmp.Diff(tt.want, linesOf(t, in, tt.max)); diff != "" {
					t.Errorf("%s: -want +got:\n%.300s", name, diff)
				}
			}
		})
	}
}

func linesOf(t *testing.T, in io.Reader, max int64) []string {
	t.Helper()
	r := newLineReader(in, max)
	var got []string
	for {
		line, err := r.next()
		if tooLong := (*lineTooLong)(nil); errors.As(err, &tooLong) {
			got = append(got, "too long")
			continue
		}
		if err == nil || len(line) > 0 {
			got = append(got, string(line))
		}
		if errors.Is(err, io.EOF) {
			return got
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// The id of a request that is too long is had from the start of its line, and from there
// alone.
func TestLineTooLongID(t *testing.T) {
	t.Parallel()
	pad := strings.Repeat("x", 2*maxStart)
	for line, want := range map[string]string{
		`{"jsonrpc":"2.0","id":7,"method":"a","params":{"x":"` + pad + `"}}`:                         "7",
		`{"jsonrpc":"2.0","id":"é","method":"a","params":{"x":"` + pad + `","id":8}}`:                `"é"`,
		`{"jsonrpc":"2.0","method":"a","params":{"x":"` + pad + `"},"id":9}`:                         "",
		`{"jsonrpc":"2.0","id":7,"result":{"x":"` + pad + `"}}`:                                      "",
		`{"jsonrpc":"2.0","id":7,"method":"` + pad + `"}`:                                            "",
		`{"jsonrpc":"2.0","x":"` + pad + `","id":5,"method":"a","y":"` + pad + `"}`:                  "",
		`{"jsonrpc":"2.0","x":"` + pad[:maxStart] + `","id":5,"method":"a","y":"` + pad + pad + `"}`: "",
	} {
		for _, in := range []io.Reader{strings.NewReader(line + "\n"), iotest.OneByteReader(strings.NewReader(line + "\n"))} {
			_, err := newLineReader(in, maxStart+100).next()
			var long *lineTooLong
			if !errors.As(err, &long) {
				t.Fatalf("%.60s: err = %v", line, err)
			}
			if got := string(long.id()); got != want {
				t.Errorf("%.60s: id = %q, want %q", line, got, want)
			}
		}
	}
}

func TestLineWriterKeepsLinesWhole(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	w := newLineWriter(&out, func(err error) { t.Error(err) })
	var group sync.WaitGroup
	for i := range 50 {
		group.Go(func() {
			for j := range 50 {
				w.write(jsonrpc.Message{Raw: fmt.Appendf(nil, "%d %d %s", i, j, strings.Repeat("x", i*j*40))})
			}
		})
	}
	group.Wait()
	w.flush(time.Minute)
	next := make(map[int]int)
	for line := range strings.Lines(out.String()) {
		var i, j int
		if _, err := fmt.Sscanf(line, "%d %d", &i, &j); err != nil || line != fmt.Sprintf("%d %d %s\n", i, j, strings.Repeat("x", i*j*40)) {
			t.Fatalf("broken line %q", line)
		}
		if next[i] != j {
			t.Fatalf("sender %d: line %d came after %d", i, j, next[i]-1)
		}
		next[i]++
	}
	if len(next) != 50 {
		t.Errorf("lines of %d senders", len(next))
	}
}

// A client that does not read makes senders wait, and loses nothing.
func TestLineWriterWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		in, out := io.Pipe()
		w := newLineWriter(out, func(err error) { t.Error(err) })
		message := []byte(strings.Repeat("x", maxPending))
		var sent atomic.Int32
		var group sync.WaitGroup
		for range 10 {
			group.Go(func() {
				w.write(jsonrpc.Message{Raw: message})
				sent.Add(1)
			})
		}
		synctest.Wait()
		if got := sent.Load(); got > 2 {
			t.Errorf("%d senders went on while the client does not read", got)
		}
		go func() {
			group.Wait()
			w.flush(time.Minute)
			out.Close()
		}()
		all, err := io.ReadAll(in)
		if err != nil || len(all) != 10*(len(message)+1) {
			t.Errorf("read %d bytes, %v", len(all), err)
		}
	})
}

// Messages of every size come as one line, of the same length and in every other byte.
func TestLineWriterMakesLineBreaksSpaces(t *testing.T) {
	t.Parallel()
	for _, size := range []int{10, maxCopied, maxCopied + 1, pieceSize + 1, 3 * pieceSize} {
		for _, broken := range []bool{false, true} {
			var out bytes.Buffer
			w := newLineWriter(&out, func(err error) { t.Error(err) })
			message := bytes.Repeat([]byte("x"), size)
			if broken {
				for _, at := range []int{1, size - 2, min(pieceSize-1, size-1), min(pieceSize, size-1)} {
					message[at] = "\n\r"[at%2]
				}
			}
			before := bytes.Clone(message)
			if changed := w.write(jsonrpc.Message{Raw: message, OneLine: !broken && size%2 == 0}); changed != broken {
				t.Errorf("%d bytes, with line breaks: %v, changed: %v", size, broken, changed)
			}
			w.flush(time.Minute)
			if want := strings.NewReplacer("\n", " ", "\r", " ").Replace(string(before)) + "\n"; out.String() != want {
				t.Errorf("%d bytes, with line breaks: %v, came otherwise", size, broken)
			}
			if !bytes.Equal(message, before) {
				t.Errorf("%d bytes: the message itself was changed", size)
			}
		}
	}
}

func TestLineWriterReportsABrokenPipeOnce(t *testing.T) {
	t.Parallel()
	failed := make(chan error, 10)
	w := newLineWriter(brokenPipe{}, func(err error) { failed <- err })
	w.write(jsonrpc.Message{Raw: []byte("a")})
	w.write(jsonrpc.Message{Raw: []byte("b")})
	if err := <-failed; !errors.Is(err, io.ErrClosedPipe) {
		t.Errorf("err = %v", err)
	}
	w.flush(time.Minute)
	if len(failed) != 0 {
		t.Error("reported twice")
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, io.ErrClosedPipe }
