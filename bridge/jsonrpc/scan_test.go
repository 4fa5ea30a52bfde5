package jsonrpc

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"
)

// TestParseEveryByte has each byte at every place of the words and blocks that the scanner
// reads at once, alone, behind a backslash and behind two, in front of a long and of a short
// rest; and those next to hexadecimal digits in a code of four digits.
func TestParseEveryByte(t *testing.T) {
	t.Parallel()
	for lead := range blockSize + 20 {
		for _, rest := range []string{"", strings.Repeat(`\\c`, 24)} {
			for c := range 256 {
				arounds := [][2]string{{"", ""}, {`\`, ""}, {`\\`, ""}}
				if strings.IndexByte("\"\\/09:@AFG`afg\xff", byte(c)) >= 0 {
					arounds = append(arounds, [][2]string{{`\u00`, "9"}, {`\u00e`, ""}}...)
				}
				for _, around := range arounds {
					raw := slices.Concat([]byte(`{"jsonrpc":"2.0","method":"`), []byte(strings.Repeat("a", lead)+around[0]), []byte{byte(c)}, []byte(around[1]+rest+`"}`))
					_, err := Parse(raw)
					_, refused := errors.AsType[*SyntaxError](err)
					if valid := json.Valid(raw) && utf8.Valid(raw); valid == refused {
						t.Fatalf("%q: valid JSON is %v, err = %v", raw, valid, err)
					}
				}
			}
		}
	}
}

// TestParseWhile has each kind of token cut at each of its bytes, in whole messages and in
// faulty ones.
func TestParseWhile(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{
		`{"jsonrpc":"2.0","id":-10.25e+3,"method":"a\"\u00e9\\b","params":{"a":[true,false,null,[],{}],"_meta":{"io.modelcontextprotocol\/protocolVersion":"x"}}}`,
		" [\r\n{\"jsonrpc\" : \"2.0\" , \"id\" : 1 , \"result\" : { \"a\" : 1.0 } } , {\"jsonrpc\":\"2.0\",\"method\":\"é\"} ] \n",
		`{"jsonrpc":"2.0","id":1,"result":{"text":"` + strings.Repeat(`a line of text\n`, 20) + `"}}`,
		`{"jsonrpc":"2.0","id":12345678901234567890`, `{"id":1e}`, `{"a":"\u12g4"}`, `{"a":"\`, `12 3`, `nul`, `{"a":"` + "\xff" + `"}`, ``, ` `, `{}x`,
		`{"jsonrpc":"2.0","id":1,"id":2,"method":"a"}`, `{"jsonrpc":"2.0","id":1,"result":{},"error":null}`,
	} {
		for cut := range len(raw) {
			readsTheSame(t, []byte(raw), cut)
		}
		readsInMovingMemory(t, []byte(raw))
	}
}

// readsTheSame checks that raw reads the same where it comes in two pieces, cut at a byte.
func readsTheSame(t *testing.T, raw []byte, cut int) {
	t.Helper()
	want, wantErr := Parse(raw)
	got, err := ParseWhile(raw[:cut:cut], func() []byte { return raw })
	if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("%q cut at %d: %+v, err = %v, want %+v, %v", raw, cut, got, err, want, wantErr)
	}
}

// readsInMovingMemory is readsTheSame byte by byte, each time in other memory.
func readsInMovingMemory(t *testing.T, raw []byte) {
	t.Helper()
	want, wantErr := Parse(raw)
	come := 0
	got, err := ParseWhile(nil, func() []byte {
		come = min(come+1, len(raw))
		return bytes.Clone(raw[:come])
	})
	if !reflect.DeepEqual(got, want) || fmt.Sprint(err) != fmt.Sprint(wantErr) {
		t.Fatalf("%q byte by byte: %+v, err = %v, want %+v, %v", raw, got, err, want, wantErr)
	}
}

// TestScanOnce reads values that come byte by byte, what was passed over being gone: were it
// read again, a long number that comes in small pieces would take minutes.
func TestScanOnce(t *testing.T) {
	t.Parallel()
	for _, raw := range []string{`-1203.4500e+678 `, `-0E-10`, `[0,0.5,12e3]`, `{"a\"\u00e9":"` + strings.Repeat(`a line of text\n`, 20) + `","b":[true,false,null]}`} {
		come := 0
		var s scanner
		s.read = func() []byte {
			come = min(come+1, len(raw))
			left := bytes.Clone([]byte(raw[:come]))
			clear(left[:s.i])
			return left
		}
		if err := s.skip(maxDepth); err != nil || s.peek() != 0 || s.i < len(raw) {
			t.Errorf("%s: read to %d of %d bytes, err = %v", raw, s.i, len(raw), err)
		}
	}
}
