package audit

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strconv"
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
		entry := Entry{Row: row}
		if name == "full" {
			entry.RawArguments = []byte("{\"b\": 7, \"a\": [],\n \"\\n\": \"<\", \"b\": 12}")
			row.Arguments = map[string]int{"b": 2, "a": 2, "\n": 3}
			row.Values = entry.RawArguments
		}
		var want bytes.Buffer
		encoder := json.NewEncoder(&want)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(&row); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want.String(), string(appendEnd(entry.appendTo(nil, true), row.Lost))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	odd := Entry{Row: Row{Tool: "a\xffb"}} // no UTF-8
	if line := appendEnd(odd.appendTo(nil, false), 0); !json.Valid(line) || !strings.Contains(string(line), "\"tool\":\"a\uFFFDb\"") {
		t.Errorf("a name that is no UTF-8 makes %s", line)
	}
}

// TestMillis: they are written as encoding/json writes them.
func TestMillis(t *testing.T) {
	t.Parallel()
	for _, ms := range []float64{0, 0.001, 0.01, 0.5, 1, 10, 100, 1.5, 12.34, 120, 999.999, 1000.001, 123456.789, 1e11 + 0.125, 0.0001, 1.0005, -1.5, 3e13} {
		if want, got := strconv.FormatFloat(ms, 'f', -1, 64), string(appendMillis(nil, ms)); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
	for micros := range 20_000 {
		ms := float64(micros*7919) / 1000
		if want, got := strconv.FormatFloat(ms, 'f', -1, 64), string(appendMillis(nil, ms)); got != want {
			t.Fatalf("%s, want %s", got, want)
		}
	}
}

// TestShape: names are cut, no two are the same, and there are not too many.
func TestShape(t *testing.T) {
	t.Parallel()
	raw := []byte(`{"z":1`)
	for i := range 2 * maxArguments {
		raw = fmt.Appendf(raw, `,"%s%d":22`, strings.Repeat("n", maxName), i%2)
		raw = fmt.Appendf(raw, `,"%03d":""`, i)
	}
	all := shape(nil, append(raw, '}'))
	names := make(map[string]bool)
	for _, a := range all {
		names[a.name] = true
	}
	want := argument{strings.Repeat("n", maxName) + fmt.Sprintf("... (%d bytes)", maxName+1), 2}
	if len(all) != maxArguments || len(names) != maxArguments || !slices.Contains(all, want) {
		t.Errorf("%d arguments, %d names: %v", len(all), len(names), all)
	}
}
