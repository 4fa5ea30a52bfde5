package streamable

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
)

// TestBodyReader reads bodies of a known length and of none, in pieces of every kind, as
// Parse reads them whole.
func TestBodyReader(t *testing.T) {
	t.Parallel()
	large := `{"jsonrpc":"2.0","id":1,"result":{"text":"` + strings.Repeat(`a line\n`, 100<<10) + `"}}`
	for _, body := range []string{
		`{"jsonrpc":"2.0","id":1,"result":{}}`, "\uFEFF" + `{"jsonrpc":"2.0","id":1,"result":{}}` + "\r\n", large, " ", "", "\uFEFF", "no JSON", large[:len(large)-9],
		`{"jsonrpc":"2.0","id":1,"result":{},"error":null}`, "\uFEFF" + `{"jsonrpc":"2.0","id":1,"error":null,"result":{}}`,
	} {
		want, wantErr := Parse([]byte(body))
		for name, pieces := range map[string]func(io.Reader) io.Reader{
			"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader,
			"end with the last bytes": iotest.DataErrReader, "in halves": iotest.HalfReader,
		} {
			for _, length := range []int{len(body), -1} {
				r := &bodyReader{body: pieces(strings.NewReader(body)), length: int64(length), max: 1 << 20, memory: new(Memory)}
				m, err := r.parse()
				raw, fault := r.all()
				if string(raw) != body || fault != nil {
					t.Fatalf("%.60q %s, length %d: %d bytes, %v", body, name, length, len(raw), fault)
				}
				if m, err = parsed(raw, m, err); !reflect.DeepEqual(m, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
					t.Errorf("%.60q %s, length %d: %.100q, err = %v, want %v", body, name, length, m.Raw, err, wantErr)
				}
				if length > 0 && cap(raw) > max(length, 1) {
					t.Errorf("%.60q %s: %d bytes of memory for %d", body, name, cap(raw), length)
				}
			}
		}
	}
}

func TestBodyReaderFaults(t *testing.T) {
	t.Parallel()
	body := `{"jsonrpc":"2.0","id":1,"result":{}}`
	broken := errors.New("broken")
	r := &bodyReader{body: io.MultiReader(strings.NewReader(body), iotest.ErrReader(broken)), length: -1, max: 100, memory: new(Memory)}
	_, _ = r.parse()
	if _, fault := r.all(); !errors.Is(fault, broken) {
		t.Errorf("a body that breaks off: %v", fault)
	}
	for size, over := range map[int]bool{100: false, 101: true} {
		r := &bodyReader{body: strings.NewReader(body + strings.Repeat(" ", size-len(body))), length: -1, max: 100, memory: new(Memory)}
		_, _ = r.parse()
		if _, fault := r.all(); errors.As(fault, new(*TooLargeError)) != over {
			t.Errorf("%d bytes where 100 may come: %v", size, fault)
		}
	}
}
