package webui

import (
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFieldsOf(t *testing.T) {
	t.Parallel()
	const schema = `{"type":"object","required":["z","n"],"properties":{
		"z": {"type":"string","title":"Z","description":"last first"},
		"n": {"type":"integer","minimum":1,"maximum":9007199254740993,"default":3},
		"f": {"type":"number"},
		"d": {"type":"string","format":"date"},
		"b": {"type":"boolean","default":false},
		"e": {"enum":["open","closed",7,null],"default":"open"},
		"o": {"anyOf":[{"type":"integer"},{"type":"null"}],"default":null},
		"u": {"type":["string","null"]},
		"a": {"type":"array","items":{"type":"string"},"default":["x"]},
		"m": {"type":"object"},
		"r": {"$ref":"#/$defs/r"},
		"t": true}}`
	want := []Field{
		{Name: "z", Title: "Z", Description: "last first", Kind: "text", Required: true},
		{Name: "n", Kind: "integer", Required: true, Minimum: "1", Maximum: "9007199254740993", Value: "3"},
		{Name: "f", Kind: "number"},
		{Name: "d", Kind: "line"},
		{Name: "b", Kind: "choice", Choices: []string{"true", "false"}, Value: "false"},
		{Name: "e", Kind: "choice", Choices: []string{`"open"`, `"closed"`, "7"}, Value: `"open"`},
		{Name: "o", Kind: "integer"},
		{Name: "u", Kind: "text"},
		{Name: "a", Kind: "json", Hint: "[ ]", Value: `["x"]`},
		{Name: "m", Kind: "json", Hint: "{ }"},
		{Name: "r", Kind: "json"},
		{Name: "t", Kind: "json"},
	}
	if diff := cmp.Diff(want, fieldsOf([]byte(schema))); diff != "" {
		t.Errorf("fields (-want +got):\n%s", diff)
	}
	for _, none := range []string{``, `{}`, `[]`, `{"properties":[]}`, `{"properties":{"a":{},"a":{}}}`} {
		if f := fieldsOf([]byte(none)); len(f) > 1 {
			t.Errorf("%s: %v", none, f)
		}
	}
}

func TestReadArguments(t *testing.T) {
	t.Parallel()
	fields := func() []Field {
		return []Field{
			{Name: "text", Kind: "text"}, {Name: `a"b`, Kind: "text"}, {Name: "n", Kind: "integer"}, {Name: "f", Kind: "number"},
			{Name: "c", Kind: "choice", Choices: []string{`"x"`, "true"}}, {Name: "l", Kind: "json", Hint: "[ ]"}, {Name: "j", Kind: "json"},
		}
	}
	good := url.Values{
		"argument.text": {"one\r\ntwo \"<&>\""}, `argument.a"b`: {" x "}, "argument.n": {" 9007199254740993 "}, "argument.f": {"1.50"},
		"argument.c": {"true"}, "argument.l": {`[ 1 ]`}, "argument.j": {"null"}, "argument.other": {"x"},
	}
	want := `{"text":"one\ntwo \"<&>\"","a\"b":" x ","n":9007199254740993,"f":1.50,"c":true,"l":[ 1 ],"j":null}`
	if got, ok := read(fields(), good); !ok || string(got) != want {
		t.Errorf("got %v %s\nwant %s", ok, got, want)
	}
	if got, ok := read(fields(), nil); !ok || string(got) != "{}" {
		t.Errorf("of nothing: %v %s", ok, got)
	}
	for name, bad := range map[string]string{"n": "1.0", "f": "1,5", "c": "false", "l": "{}", "j": "[1,]", "text": "\xff"} {
		f := fields()
		if got, ok := read(f, url.Values{"argument." + name: {bad}}); ok {
			t.Errorf("%s %q is taken: %s", name, bad, got)
		}
		faults := 0
		for _, one := range f {
			if one.Fault != "" {
				faults++
			}
		}
		if faults != 1 {
			t.Errorf("%s %q: %d faults", name, bad, faults)
		}
	}
}
