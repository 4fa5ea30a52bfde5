package form

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestRead(t *testing.T) {
	t.Parallel()
	tests := []struct{ name, schema, text, want, fault string }{
		{"text", `{"type":"string"}`, "a b", `"a b"`, ""},
		{"no type", `{}`, "a", `"a"`, ""},
		{"nothing", `{"type":"string"}`, "", "", "an answer is needed"},
		{"default", `{"type":"string","default":"x"}`, "", `"x"`, ""},
		{"too short", `{"type":"string","minLength":3}`, "äö", "", "type at least 3 characters"},
		{"too long", `{"type":"string","maxLength":3}`, "abcd", "", "type at most 3 characters"},
		{"pattern", `{"type":"string","pattern":"^[a-z]+$"}`, "A", "", "it must match ^[a-z]+$"},
		{"a pattern of ECMAScript", `{"type":"string","pattern":"(?=a)"}`, "b", `"b"`, ""},
		{"email", `{"type":"string","format":"email"}`, "ada@example.com", `"ada@example.com"`, ""},
		{"no email", `{"type":"string","format":"email"}`, "Ada <ada@example.com>", "", "type an address such as ada@example.com"},
		{"uri", `{"type":"string","format":"uri"}`, "https://x", `"https://x"`, ""},
		{"no uri", `{"type":"string","format":"uri"}`, "x", "", "type a link such as https://example.com"},
		{"date", `{"type":"string","format":"date"}`, "2026-02-30", "", "type a date such as 2026-01-31"},
		{"date-time", `{"type":"string","format":"date-time"}`, "2026-01-31T12:00:00+01:00", `"2026-01-31T12:00:00+01:00"`, ""},
		{"a format of the future", `{"type":"string","format":"scent"}`, "rose", `"rose"`, ""},
		{"a large integer", `{"type":"integer"}`, "9007199254740993", `9007199254740993`, ""},
		{"a fraction", `{"type":"integer"}`, "1.5", "", "type a number (integer)"},
		{"a number", `{"type":"number","maximum":2}`, "1.50", `1.50`, ""},
		{"too large", `{"type":"number","minimum":0,"maximum":2}`, "3", "", "type a number (number from 0 to 2)"},
		{"not JSON's", `{"type":"number"}`, "0x10", "", "type a number (number)"},
		{"infinite", `{"type":"number"}`, "Inf", "", "type a number (number)"},
		{"boolean", `{"type":"boolean"}`, "TRUE", `true`, ""},
		{"no boolean", `{"type":"boolean"}`, "1", "", "type yes or no"},
		{"choice by value", `{"type":"string","enum":["a","b"],"enumNames":["Ah","Be"]}`, "b", `"b"`, ""},
		{"choice by name", `{"type":"string","enum":["a","b"],"enumNames":["Ah","Be"]}`, "be", `"b"`, ""},
		{"no choice", `{"type":"string","enum":["a","b"]}`, "3", "", "type a number from 1 to 2"},
		{"several", `{"type":"array","items":{"anyOf":[{"const":"a","title":"A"},{"const":"b"}]}}`, "2, a,2", `["b","a"]`, ""},
		{"too few", `{"type":"array","minItems":2,"items":{"enum":["a","b"]}}`, "1", "", "choose at least 2"},
		{"free values", `{"type":"array","items":{"type":"string"}}`, "x, y", `["x","y"]`, ""},
	}
	for _, tt := range tests {
		fields := fieldsOf([]byte(`{"required":["f"],"properties":{"f":` + tt.schema + `}}`))
		value, err := fields[0].read(tt.text)
		got, fault := "", ""
		if err != nil {
			fault = err.Error()
		} else if raw, err := json.Marshal(value); err == nil {
			got = string(raw)
		}
		if diff := cmp.Diff([]string{tt.want, tt.fault}, []string{got, fault}); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}
