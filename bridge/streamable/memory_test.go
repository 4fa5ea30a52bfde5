package streamable

import (
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func TestMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var b Memory
		first := append(b.take(minKept, minKept), "first"...)
		if second := b.take(minKept, minKept); unsafe.SliceData(second) == unsafe.SliceData(first) {
			t.Error("memory in use was given to another")
		}
		b.give(first)
		b.give(make([]byte, 0, minKept-1))
		b.give(make([]byte, 0, maxKept+1))
		again := b.take(minKept, minKept)
		if unsafe.SliceData(again) != unsafe.SliceData(first) || len(again) != 0 {
			t.Error("what was given is not used again, or not empty")
		}
		b.give(again)
		if larger := b.take(2*minKept, 2*minKept); cap(larger) < 2*minKept {
			t.Errorf("room for %d bytes, want %d", cap(larger), 2*minKept)
		}
		b.give(again)
		time.Sleep(keptFor - 1)
		b.give(again)
		time.Sleep(keptFor - 1)
		if again := b.take(minKept, minKept); unsafe.SliceData(again) != unsafe.SliceData(first) {
			t.Error("what is in use is dropped")
		}
		b.give(again)
		time.Sleep(keptFor)
		synctest.Wait()
		if late := b.take(minKept, minKept); unsafe.SliceData(late) == unsafe.SliceData(first) {
			t.Error("what nobody needs is kept for ever")
		}
	})
}

func TestMemoryGrows(t *testing.T) {
	t.Parallel()
	var b Memory
	text := []byte(nil)
	for i := range 3 * minKept {
		text = append(b.grow(text, 1), byte(i))
	}
	for i, got := range text {
		if got != byte(i) {
			t.Fatalf("byte %d is %d", i, got)
		}
	}
	if len(text) != 3*minKept || cap(text) > 8*minKept {
		t.Errorf("%d bytes in %d", len(text), cap(text))
	}
}
