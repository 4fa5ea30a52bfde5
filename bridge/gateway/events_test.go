package gateway

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/jsonrpc"
)

func TestReviewedEvents(t *testing.T) {
	t.Parallel()
	same := func(m jsonrpc.Message) []byte { return m.Raw }
	none := func(jsonrpc.Message) []byte { return nil }
	other := func(jsonrpc.Message) []byte { return []byte("{\n}") }
	const message = `{"jsonrpc":"2.0","method":"x"}`
	tests := []struct {
		name, stream string
		review       func(jsonrpc.Message) []byte
		want         string
	}{
		{"unchanged", "event: message\nid: 7\ndata: " + message + "\n\n", same, "event: message\nid: 7\ndata: " + message + "\n\n"},
		{"line ends become LF", "id: 7\r\ndata: " + message + "\r\r\n", same, "id: 7\ndata: " + message + "\n\n"},
		{"comments pass", ": hi\n\ndata: " + message + "\n\n", none, ": hi\n\n"},
		{"an id without a message passes", "id: 7\nretry: 10\ndata: \n\n", none, "id: 7\nretry: 10\ndata: \n\n"},
		{"taken out, the id stays", "id: 7\ndata: " + message + "\n\n", none, "id: 7\n\n"},
		{"taken out", "data: " + message + "\n\n", none, ""},
		{"replaced", "event: message\ndata:" + message + "\n\n", other, "event: message\ndata: {\ndata: }\n\n"},
		{"several data lines are one message", "data: {\"jsonrpc\":\"2.0\",\ndata: \"method\":\"x\"}\n\n", same, "data: {\"jsonrpc\":\"2.0\",\ndata: \"method\":\"x\"}\n\n"},
		{"what is no message does not pass", "id: 7\ndata: {}\n\ndata: " + message + "\n\n", same, "id: 7\n\ndata: " + message + "\n\n"},
		{"cut off", "data: " + message + "\n", same, ""},
	}
	for _, tt := range tests {
		for how, body := range map[string]io.Reader{"whole": strings.NewReader(tt.stream), "byte by byte": iotest.OneByteReader(strings.NewReader(tt.stream))} {
			r := blockReader{body: wakingReader{r: body}, max: 1 << 10}
			var got []byte
			for {
				b, err := r.next()
				if errors.Is(err, io.EOF) {
					break
				}
				if err != nil {
					t.Fatal(err)
				}
				out, _ := b.reviewed(tt.review)
				got = append(got, out...)
			}
			if diff := cmp.Diff(tt.want, string(got)); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", tt.name, how, diff)
			}
		}
	}
	r := blockReader{body: wakingReader{r: strings.NewReader("data: " + strings.Repeat("x", 2<<10))}, max: 1 << 10}
	if _, err := r.next(); err == nil || errors.Is(err, io.EOF) {
		t.Errorf("an endless event: %v", err)
	}
}
