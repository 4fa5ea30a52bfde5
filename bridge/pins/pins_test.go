package pins

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func of(dir, place string) *Pins {
	return New(dir, func(context.Context) (string, error) { return place, nil }, slog.New(slog.DiscardHandler))
}

func tools(n int, words string) []byte {
	var list []string
	for i := range n {
		list = append(list, fmt.Sprintf(`{"name":"tool_%d","description":"%s","inputSchema":{"type":"object","properties":{"path":{"type":"string","description":"a path"}},"required":["path"]}}`, i, words))
	}
	return []byte("[" + strings.Join(list, ",") + "]")
}

// TestOnePlace: a connection is the same however it is spelled.
func TestOnePlace(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	of(dir, "github at a.test").Check("tools/list", tools(1, "one"))
	if changed := of(dir, "GitHub at A.test").Check("tools/list", tools(1, "two")); !changed["tool tool_0"] {
		t.Error("another spelling has pins of its own")
	}
}

// TestProcessesShareAFile: what one of two processes sees for the first time is not lost
// by what the other does.
func TestProcessesShareAFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	var group sync.WaitGroup
	const each = 50
	for _, who := range []string{"a", "b"} {
		group.Go(func() {
			p := of(dir, "github")
			for i := range each {
				p.Check("prompts/list", fmt.Appendf(nil, `[{"name":"%s%d","description":"one"}]`, who, i))
			}
		})
	}
	group.Wait()
	later := of(dir, "github")
	for _, who := range []string{"a", "b"} {
		for i := range each {
			if changed := later.Check("prompts/list", fmt.Appendf(nil, `[{"name":"%s%d","description":"two"}]`, who, i)); len(changed) != 1 {
				t.Errorf("the first sight of %s%d is lost", who, i)
			}
		}
	}
}

// TestBound: a server cannot make the file grow for ever, and what is not remembered is
// not trusted.
func TestBound(t *testing.T) {
	t.Parallel()
	p := of(t.TempDir(), "github")
	if changed := p.Check("tools/list", tools(maxPins, "one")); len(changed) > 0 {
		t.Errorf("%d of %d are changed", len(changed), maxPins)
	}
	if changed := p.Check("tools/list", []byte(`[{"name":"one_more"},{"name":"tool_1"}]`)); !changed["tool one_more"] || !p.Waits("tool one_more") {
		t.Errorf("changed %v", changed)
	}
	long := of(t.TempDir(), "github")
	big := fmt.Appendf(nil, `[{"name":"big","description":"%s"}]`, strings.Repeat("x", maxBytes))
	if changed := long.Check("tools/list", big); !changed["tool big"] {
		t.Error("a definition of 16 MiB is remembered")
	}
}

// TestOlderFile: what was pinned by its most important members is not changed because
// all of them count now.
func TestOlderFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := of(dir, "github")
	d, err := define("tools/list", []byte(`{"name":"a","description":"one"}`))
	if err != nil {
		t.Fatal(err)
	}
	if err := p.store.update(func() error { put(&p.store.content.Known, "tool a", Pin{Hash: d.hash(), Definition: d}); return nil }); err != nil {
		t.Fatal(err)
	}
	whole := []byte(`[{"name":"a","description":"one","_meta":{"ui":1}}]`)
	if changed := p.Check("tools/list", whole); len(changed) > 0 {
		t.Errorf("changed %v", changed)
	}
	if changed := of(dir, "github").Check("tools/list", []byte(`[{"name":"a","description":"one","_meta":{"ui":2}}]`)); len(changed) != 1 {
		t.Error("the new members do not count")
	}
}

// TestOddFiles: what is no file with pins approves of nothing.
func TestOddFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	p := of(dir, "github")
	p.Check("tools/list", tools(1, "one"))
	for _, text := range []string{"", "null", "{}", "[]", `{"known":{}}`} {
		if err := os.WriteFile(p.store.file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if changed := of(dir, "github").Check("tools/list", tools(1, "one")); len(changed) != 1 {
			t.Errorf("%q: changed %v", text, changed)
		}
	}
	if err := os.Remove(p.store.file); err != nil {
		t.Fatal(err)
	}
	odd := os.Symlink("/dev/zero", p.store.file)
	if runtime.GOOS == "windows" { // it has no such device
		odd = os.Mkdir(p.store.file, 0o700)
	}
	if odd != nil {
		t.Fatal(odd)
	}
	if changed := of(dir, "github").Check("tools/list", tools(1, "one")); len(changed) != 1 {
		t.Errorf("changed %v", changed)
	}
	files, _ := filepath.Glob(filepath.Join(dir, "*"))
	if diff := cmp.Diff(2, len(files)); diff != "" { // the pins, and the lock
		t.Errorf("%v", files)
	}
}

func BenchmarkCheck(b *testing.B) {
	list := tools(5000, "reads what there is")
	b.Run("first sight", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			of(b.TempDir(), "github").Check("tools/list", list)
		}
	})
	p := of(b.TempDir(), "github")
	p.Check("tools/list", list)
	b.Run("again", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			p.Check("tools/list", list)
		}
	})
}
