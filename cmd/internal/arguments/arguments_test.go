package arguments

import (
	"errors"
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"
)

const schema = `{
	"type": "object",
	"$defs": {"Level": {"enum": ["low", "high"]}},
	"properties": {
		"text":    {"type": "string"},
		"count":   {"type": "integer"},
		"ratio":   {"type": "number"},
		"yes":     {"type": "boolean"},
		"labels":  {"type": "array", "items": {"type": "string"}},
		"numbers": {"type": ["array", "null"], "items": {"type": "integer"}},
		"where":   {"type": "object"},
		"maybe":   {"anyOf": [{"type": "integer"}, {"type": "null"}]},
		"either":  {"type": ["string", "integer"]},
		"level":   {"$ref": "#/$defs/Level"},
		"choice":  {"anyOf": [{"enum": [1, "two"]}, {"type": "null"}]},
		"all":     {"allOf": [{"type": "integer"}, {"minimum": 1}]},
		"self":    {"$ref": "#/properties/self"},
		"free":    true
	}
}`

func TestParse(t *testing.T) {
	t.Parallel()
	read := func(name string) ([]byte, error) {
		switch name {
		case "words":
			return []byte("two\nlines\n"), nil
		case "number":
			return []byte(" 7\n"), nil
		}
		return nil, os.ErrNotExist
	}
	tests := []struct {
		name  string
		pairs []string
		want  string
		fault string
	}{
		{"none", nil, `{}`, ""},
		{"text is as typed", []string{"text=12", "either=1", "free=true"}, `{"text":"12","either":"1","free":"true"}`, ""},
		{"text with everything", []string{`text= a="b"` + "\n\u2028"}, `{"text":" a=\"b\"\n` + "\u2028" + `"}`, ""},
		{"empty text", []string{"text="}, `{"text":""}`, ""},
		{"numbers as typed", []string{"count=9007199254740993", "ratio=1e400", "all=-3"}, `{"count":9007199254740993,"ratio":1e400,"all":-3}`, ""},
		{"an integer with a point", []string{"count=1.0", "ratio=1"}, `{"count":1.0,"ratio":1}`, ""},
		{"no integer", []string{"count=1.5"}, "", `count is "1.5", but must be integer`},
		{"no number", []string{"ratio=NaN"}, "", `ratio is "NaN", but must be number`},
		{"boolean", []string{"yes=true"}, `{"yes":true}`, ""},
		{"no boolean", []string{"yes=yes"}, "", `yes is "yes", but must be boolean`},
		{"array by elements", []string{"labels=a,b", "labels=1", "text=x"}, `{"labels":["a,b","1"],"text":"x"}`, ""},
		{"array in JSON", []string{`labels=["a"]`}, `{"labels":["a"]}`, ""},
		{"array of numbers", []string{"numbers=1", "numbers=2"}, `{"numbers":[1,2]}`, ""},
		{"a wrong element", []string{"numbers=one"}, "", `numbers is "one", but must be integer`},
		{"no array", []string{"numbers=null"}, `{"numbers":null}`, ""},
		{"two arrays", []string{"labels:=[]", "labels=a"}, "", `labels is given twice`},
		{"object", []string{`where={"a":1}`}, `{"where":{"a":1}}`, ""},
		{"no object", []string{`where=[1]`}, "", `where is "[1]", but must be object`},
		{"null", []string{"maybe=null"}, `{"maybe":null}`, ""},
		{"not null", []string{"maybe=4"}, `{"maybe":4}`, ""},
		{"a value of the list", []string{"level=high", "choice=two"}, `{"level":"high","choice":"two"}`, ""},
		{"another of the list", []string{"choice=1"}, `{"choice":1}`, ""},
		{"none of the list", []string{"level=medium"}, "", `level is "medium", but must be one of low|high`},
		{"JSON", []string{`free:={"a": 1.0}`}, `{"free":{"a": 1.0}}`, ""},
		{"not JSON", []string{`free:={a}`}, "", `the value of free is not JSON`},
		{"a file", []string{"text=@words", "count=@number", "free:=@number"}, `{"text":"two\nlines\n","count":7,"free":7}`, ""},
		{"no file", []string{"text=@nothing"}, "", `reading the argument text: file does not exist`},
		{"an equals sign", []string{"text=a=b"}, `{"text":"a=b"}`, ""},
		{"a schema without end", []string{"self=x"}, `{"self":"x"}`, ""},
		{"twice", []string{"text=a", "text=b"}, "", `text is given twice`},
		{"unknown", []string{"txet=a"}, "", `there is no argument "txet"`},
		{"no pair", []string{"text"}, "", `argument "text" is not name=value`},
		{"no name", []string{"=a"}, "", `argument "=a" is not name=value`},
		{"not UTF-8", []string{"text=\xff"}, "", `the value of text is not UTF-8 text`},
	}
	for _, tt := range tests {
		p := Of([]byte(schema))
		got, err := p.Parse(tt.pairs, read)
		fault := ""
		if e, ok := errors.AsType[*Error](err); ok {
			fault = e.Problem
		}
		if diff := cmp.Diff([]string{tt.want, tt.fault}, []string{string(got), fault}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestRequired(t *testing.T) {
	t.Parallel()
	p := Of([]byte(`{"properties":{"b":{},"a":{},"c":{}},"required":["a","b"]}`))
	_, err := p.Parse([]string{"c=1"}, nil)
	if e, ok := errors.AsType[*Error](err); !ok || e.Problem != "missing b, a" {
		t.Errorf("got %v", err)
	}
}

func TestOpen(t *testing.T) {
	t.Parallel()
	for schema, want := range map[string]bool{
		`{"type":"object","properties":{}}`:                                        false,
		`{"type":"object","properties":{},"additionalProperties":false}`:           false,
		`{"type":"object","properties":{},"additionalProperties":true}`:            true,
		`{"type":"object","properties":{},"additionalProperties":{"type":"null"}}`: true,
		`{"type":"object","properties":{},"patternProperties":{"^x-":{}}}`:         true,
		`{"type":"object"}`: true,
		`true`:              true,
		``:                  true,
	} {
		if p := Of([]byte(schema)); p.Open != want {
			t.Errorf("%s: open %t, want %t", schema, p.Open, want)
		}
	}
}

func TestKind(t *testing.T) {
	t.Parallel()
	got := map[string]string{}
	p := Of([]byte(schema))
	for _, one := range p.All {
		got[one.Name] = one.Kind()
	}
	want := map[string]string{
		"text": "string", "count": "integer", "ratio": "number", "yes": "boolean", "labels": "array of string",
		"numbers": "array of integer or null", "where": "object", "maybe": "integer or null", "either": "string or integer",
		"level": "low|high", "choice": "1|two|null", "all": "integer", "self": "any", "free": "any",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
