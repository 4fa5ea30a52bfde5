package main

import (
	"bufio"
	"strings"
	"testing"
	"testing/iotest"
)

// A faulty answer must never count as a fast one.
func TestReadAnswer(t *testing.T) {
	t.Parallel()
	right := messageHead + "1000000007" + string(small.answer)
	tests := []struct {
		name, in string
		id       int // 0 where the answer is to be refused
	}{
		{"right", right, 1000000007},
		{"no answer", "", 0},
		{"an error", `{"jsonrpc":"2.0","id":1000000007,"error":{"code":-32603,"message":"no"}}`, 0},
		{"an id of another kind", strings.Replace(right, "1000000007", `"00000007"`, 1), 0},
		{"cut", right[:len(right)-1], 0},
		{"one byte changed", strings.Replace(right, "content", "c0ntent", 1), 0},
		{"the length of another message", strings.Replace(right, `"text":"1`, `"text":"2`, 1), 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			id, err := small.readAnswer(bufio.NewReader(iotest.OneByteReader(strings.NewReader(tt.in))))
			if id != tt.id || (err == nil) != (tt.id != 0) {
				t.Errorf("id %d, error %v, want id %d", id, err, tt.id)
			}
		})
	}
}
