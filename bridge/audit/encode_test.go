package audit

import (
	"bytes"
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestEncodedAsJSON: a row is written as encoding/json writes it, whatever is in it. A
// new field needs a line in appendTo.
func TestEncodedAsJSON(t *testing.T) {
	t.Parallel()
	var full Row
	v := reflect.ValueOf(&full).Elem()
	for i := range v.NumField() {
		switch f := v.Field(i); f.Interface().(type) {
		case string:
			f.SetString("a \"b\" \\ \n\x01 <é> " + v.Type().Field(i).Name)
		case int:
			f.SetInt(-7)
		case float64:
			f.SetFloat(0.125)
		case bool:
			f.SetBool(true)
		case []string:
			f.Set(reflect.ValueOf([]string{"JWT", "AWS key"}))
		case map[string]int:
			f.Set(reflect.ValueOf(map[string]int{"b": 2, "a": 0, "\n": 3}))
		case json.RawMessage:
			f.Set(reflect.ValueOf(json.RawMessage("{\n \"x\": [1, \"<\"]}")))
		case time.Time:
			f.Set(reflect.ValueOf(time.Date(2026, 7, 28, 1, 2, 3, 400, time.UTC)))
		default:
			t.Fatalf("the test does not know how to fill %s", v.Type().Field(i).Name)
		}
	}
	for name, row := range map[string]Row{
		"full": full, "empty": {}, "slow": {Duration: 12345678.9}, "large": {Duration: 1e9, RequestBytes: 1 << 40},
	} {
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(&row); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(row.appendTo(nil))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	odd := Row{Tool: "a\xffb"} // no UTF-8
	if line := odd.appendTo(nil); !json.Valid(line) || !strings.Contains(string(line), "\"tool\":\"a\uFFFDb\"") {
		t.Errorf("a name that is no UTF-8 makes %s", line)
	}
}
