package streamable

import (
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// readAll returns the events of a stream as "id|data", with <nil> for no data, and says
// where the message in one is not what Parse reads in its data.
func readAll(r io.Reader, max int64) ([]string, time.Duration, error) {
	e := newEventReader(r, "", max, new(Memory))
	var got []string
	for {
		ev, err := e.next()
		if err != nil {
			return got, e.retry, err
		}
		var want event
		if len(ev.data) > 0 {
			want.message, want.fault = Parse(ev.data)
		}
		if !reflect.DeepEqual(ev.message, want.message) || fmt.Sprint(ev.fault) != fmt.Sprint(want.fault) {
			got = append(got, fmt.Sprintf("%.100q is read as %+v, %v", ev.data, ev.message, ev.fault))
		}
		data := "<nil>"
		if ev.data != nil {
			data = string(ev.data)
		}
		got = append(got, ev.id+"|"+data)
	}
}

func TestEvents(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 200<<10)
	longest := strings.Repeat("x", maxField-len("id: "))
	tests := []struct {
		name, stream string
		want         []string
	}{
		{"one", "data: {}\n\n", []string{"|{}"}},
		{"no blank after the colon", "data:{}\n\n", []string{"|{}"}},
		{"only one blank is dropped", "data:  {}\n\n", []string{"| {}"}},
		{"CRLF", "event: message\r\ndata: {}\r\n\r\n", []string{"|{}"}},
		{"CR", "data: 1\r\rdata: 2\r\r", []string{"|1", "|2"}},
		{"mixed", "data: 1\r\n\ndata: 2\n\r\n", []string{"|1", "|2"}},
		{"several data lines", "data: {\ndata: }\ndata\n\n", []string{"|{\n}\n"}},
		{"comments and unknown fields", ": hi\n\nfoo: 1\ndata: 1\n: there\n\n", []string{"|1"}},
		{"id is kept", "id: a\ndata: 1\n\ndata: 2\n\nid: b\ndata: 3\n\n", []string{"a|1", "a|2", "b|3"}},
		{"primer", "id: a\ndata: \n\nid: b\n\n", []string{"a|", "b|<nil>"}},
		{"id with a NUL is ignored", "id: a\x00\ndata: 1\n\n", []string{"|1"}},
		{"id that no header can hold is none", "id: a\ndata: 1\n\nid: b\x01\ndata: 2\n\ndata: 3\n\n", []string{"a|1", "|2", "|3"}},
		{"longest id", "id: " + longest + "\ndata: 1\n\n", []string{longest + "|1"}},
		{"too long an id is none", "id: a\ndata: 1\n\nid: " + longest + "x\ndata: 2\n\n", []string{"a|1", "|2"}},
		{"far too long an id is none", "id: a\ndata: 1\n\nid: " + long + "\ndata: 2\n\nid: b\ndata: 3\n\n", []string{"a|1", "|2", "b|3"}},
		{"byte order mark", "\uFEFFdata: 1\n\n", []string{"|1"}},
		{"cut event is dropped", "data: 1\n\ndata: 2\n", []string{"|1"}},
		{"cut line is dropped", "data: 1\n\ndata: 2", []string{"|1"}},
		{"datax is no data", "datax: 1\ndata: 2\n\n", []string{"|2"}},
		{"longer than the buffer", "data: " + long + "\n\ndata: 2\n\n", []string{"|" + long, "|2"}},
		{"byte order mark in the data", "data: \uFEFF{\"jsonrpc\":\"2.0\",\"method\":\"a\"}\n\n", []string{"|\uFEFF{\"jsonrpc\":\"2.0\",\"method\":\"a\"}"}},
		{"beginning of a byte order mark", "\xef\xbbdata: 1\n\n", nil},
		{"id and retry in between", "data: {\"jsonrpc\":\"2.0\",\nid: 7\nretry: 9\n: c\ndata: \"method\":\"a\"}\n\n", []string{"7|{\"jsonrpc\":\"2.0\",\n\"method\":\"a\"}"}},
		{"long comment", ":" + long + "\ndata: 2\n\n", []string{"|2"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			check := func(name string, r io.Reader) {
				got, _, err := readAll(r, 1<<20)
				if !errors.Is(err, io.EOF) {
					t.Errorf("%s: err = %v", name, err)
				}
				if diff := cmp.Diff(tt.want, got); diff != "" {
					t.Errorf("%s: -want +got:\n%.300s", name, diff)
				}
			}
			check("whole", strings.NewReader(tt.stream))
			check("byte by byte", iotest.OneByteReader(strings.NewReader(tt.stream)))
			for cut := range min(len(tt.stream), 300) {
				check(fmt.Sprint("cut at ", cut), io.MultiReader(strings.NewReader(tt.stream[:cut]), strings.NewReader(tt.stream[cut:])))
			}
		})
	}
}

func TestEventRetryAndLimit(t *testing.T) {
	t.Parallel()
	_, retry, _ := readAll(strings.NewReader("retry: 250\n\nretry: x\n\n"), 10)
	if retry != 250*time.Millisecond {
		t.Errorf("retry = %v", retry)
	}
	if _, _, err := readAll(strings.NewReader("data: 1234567890\n\n"), 10); !errors.Is(err, io.EOF) {
		t.Errorf("at the limit: %v", err)
	}
	if _, _, err := readAll(strings.NewReader("data: 12345678901\n\n"), 10); !errors.Is(err, errEventTooLarge) {
		t.Errorf("beyond the limit: %v", err)
	}
}

// FuzzEvents checks that however a stream arrives, it holds the same events, and
// that they are those of a reader that is written as the standard says it.
func FuzzEvents(f *testing.F) {
	for _, seed := range []string{"data: 1\n\n", "id: a\r\ndata\r\rretry:1\n\n", "\uFEFF: c\ndata:x\n\n", "id: a\x1c\r\r", "data: a\rdata: b\n\n\n"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, stream string) {
		whole, _, _ := readAll(strings.NewReader(stream), 1<<20)
		single, _, _ := readAll(iotest.OneByteReader(strings.NewReader(stream)), 1<<20)
		if diff := cmp.Diff(whole, single); diff != "" {
			t.Errorf("whole and byte by byte differ:\n%s", diff)
		}
		if diff := cmp.Diff(plainEvents(stream), whole); diff != "" {
			t.Errorf("-standard +got:\n%s", diff)
		}
	})
}

// plainEvents reads a whole stream the slow and obvious way, with the one exception to the
// standard: an id that no header can hold, or that is too long for one, is none.
func plainEvents(stream string) []string {
	stream = strings.TrimPrefix(stream, "\uFEFF")
	stream = strings.ReplaceAll(strings.ReplaceAll(stream, "\r\n", "\n"), "\r", "\n")
	lines := strings.Split(stream, "\n")
	var got, data []string
	last, named := "", false
	for _, line := range lines[:len(lines)-1] {
		field, value, _ := strings.Cut(line, ":")
		value = strings.TrimPrefix(value, " ")
		switch {
		case line == "" && (data != nil || named):
			text := "<nil>"
			if data != nil {
				text = strings.Join(data, "\n")
			}
			got = append(got, fmt.Sprintf("%s|%s", last, text))
			data, named = nil, false
		case field == "data":
			data = append(data, value)
		case field == "id" && (len(line) > maxField || !strings.Contains(value, "\x00") && strings.ContainsFunc(value, unsendable)):
			last, named = "", false
		case field == "id" && !strings.Contains(value, "\x00"):
			last, named = value, value != ""
		}
	}
	return got
}
