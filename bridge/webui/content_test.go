package webui

import (
	"runtime"
	"strconv"
	"strings"
	"testing"
)

// TestDeepAnswer has a server answer with little text that would take gigabytes
// of room once it is indented.
func TestDeepAnswer(t *testing.T) {
	t.Parallel()
	const depth = 5000
	deep := strings.Repeat("[", depth) + "1" + strings.Repeat(",1", depth) + strings.Repeat("]", depth)
	if got := indented([]byte(deep)); got != deep {
		t.Errorf("%d bytes became %d", len(deep), len(got))
	}
	inString := `{"a": "` + strings.Repeat(`[\"`, depth) + `"}`
	if got, want := indented([]byte(inString)), "{\n  "+inString[1:len(inString)-1]+"\n}"; got != want {
		t.Errorf("brackets in a string count: %.40s", got)
	}
}

// TestManyPieces has a server answer with many pieces beside structured content,
// which is not to be read anew for each of them.
func TestManyPieces(t *testing.T) {
	const pieces = 2000
	structured := `{"text":"` + strings.Repeat("x", 200_000) + `"}`
	result := []byte(`{"content":[` + strings.Repeat(`{"type":"text","text":"{}"},`, pieces) + `{"type":"text","text":` + strconv.Quote(structured) + `}],"structuredContent":` + structured + `}`)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got := len(answerOf(result, result).Blocks)
	runtime.ReadMemStats(&after)
	if got != pieces+1 {
		t.Errorf("%d blocks, want all but the one that repeats the structured content, and that", got)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 100<<20 {
		t.Errorf("%d bytes of memory for an answer of %d", used, len(result))
	}
}
