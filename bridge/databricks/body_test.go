package databricks

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
)

// TestPeekBody looks at a body, which is then read from its start, with its own end.
func TestPeekBody(t *testing.T) {
	t.Parallel()
	const text = "a body of some length"
	broken := errors.New("broken")
	for _, end := range []error{io.EOF, broken} {
		for max := 1; max <= len(text)+1; max++ {
			for name, pieces := range map[string]func(io.Reader) io.Reader{
				"whole": func(r io.Reader) io.Reader { return r }, "byte by byte": iotest.OneByteReader, "end with the last bytes": iotest.DataErrReader,
			} {
				body := pieces(io.MultiReader(strings.NewReader(text), iotest.ErrReader(end)))
				resp := &http.Response{Body: io.NopCloser(body), ContentLength: -1}
				head := peekBody(resp, max, toTheEnd)
				if want := text[:min(max, len(text))]; string(head) != want {
					t.Errorf("%s: %q in front, want %q", name, head, want)
				}
				all, err := io.ReadAll(iotest.HalfReader(resp.Body))
				if string(all) != text || !errors.Is(err, broken) && end == broken || err != nil && end == io.EOF {
					t.Errorf("%s, after %d bytes: %q, %v", name, max, all, err)
				}
			}
		}
	}
}
