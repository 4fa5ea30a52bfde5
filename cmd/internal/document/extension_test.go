package document

import (
	"bytes"
	"encoding/json"
	"slices"
	"strings"
	"testing"
)

func TestExtensions(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		section Section
		src     string
		want    []Found
	}{
		{Section{Format: JSON, Key: "a"}, `{"a": {"b": ["//", "/*", ",]", "\\\",}"]}}`, nil},
		{Section{Format: JSON, Key: "a"}, "\xef\xbb\xbf{\n// x\n\"a\": [1, /* y */ ]\n}", []Found{{ByteOrderMark, 1}, {Comments, 2}, {TrailingCommas, 3}}},
		{Section{Format: JSON, Key: "a"}, "{\n\"a\": {},\n}\n// end", []Found{{TrailingCommas, 2}, {Comments, 4}}},
		{Section{Format: TOML, Key: "a"}, "# x\na = [1,]\n", nil},
		{Section{Format: YAML, Key: "a"}, "\xef\xbb\xbfa: 1 # x\n", []Found{{ByteOrderMark, 1}}},
	} {
		if got := tt.section.Extensions([]byte(tt.src)); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %v, want %v", tt.src, got, tt.want)
		}
	}
}

// TestUTF16 says what the file is, where a parser has only a byte to complain of.
func TestUTF16(t *testing.T) {
	t.Parallel()
	for _, src := range []string{"\xff\xfe{\x00}\x00", "\xfe\xff\x00{\x00}"} {
		for _, f := range []Format{JSON, TOML, YAML} {
			_, err := Section{Format: f, Key: "a"}.Entries([]byte(src))
			if err == nil || !strings.Contains(err.Error(), "the file is in UTF-16: save it as UTF-8") {
				t.Errorf("%q: %v", src, err)
			}
		}
	}
}

// checkExtensions holds that a document which is read has none exactly if it is
// JSON to a strict reader.
func checkExtensions(t *testing.T, s Section, src []byte) {
	t.Helper()
	strict := json.Valid(src) || blank(src)
	if found := s.Extensions(src); s.Format == JSON && strict != (len(found) == 0) {
		t.Errorf("%q is strict: %t, and has %v", src, strict, found)
	}
	if marked := bytes.HasPrefix(src, byteOrderMark); marked != slices.Contains(s.Extensions(src), Found{ByteOrderMark, 1}) {
		t.Errorf("%q begins with a byte order mark: %t", src, marked)
	}
}
