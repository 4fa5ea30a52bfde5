package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"ucbridge/bridge/policy"
)

// TestLogOnADiskThatIsFull: where the disk takes a part of the rows, the others are written
// when there is room, and none twice. A row that it took half of is written anew.
func TestLogOnADiskThatIsFull(t *testing.T) {
	t.Parallel()
	for _, room := range []int{0, 1, 2} { // whole rows
		for _, more := range []int{0, 10} { // bytes
			synctest.Test(t, func(t *testing.T) { // so that nobody but flush writes the first time
				got, torn := writtenWithRoom(t, room, more)
				if want := min(more, 1); !slices.Equal(got, []string{"0", "1", "2"}) || torn != want {
					t.Errorf("%d rows and %d bytes had room: rows %q, and %d torn", room, more, got, torn)
				}
			})
		}
	}
}

// writtenWithRoom writes three rows to a disk that has room for so many and so many bytes
// at first, and returns the methods of those that are there in the end, and how many
// lines are none.
func writtenWithRoom(t *testing.T, room, more int) (rows []string, torn int) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	l := Open(policy.AuditRules{File: name}, slog.New(slog.DiscardHandler))
	l.writing.Lock()
	l.file.write = func(f *os.File, lines []byte) (int, error) {
		whole := bytes.Join(bytes.SplitAfter(lines, []byte{'\n'})[:room], nil)
		n, _ := f.Write(lines[:len(whole)+more])
		return n, syscall.ENOSPC
	}
	l.writing.Unlock()
	for i := range 3 {
		l.write(&Entry{Row: Row{Time: time.Unix(1, 0), Method: fmt.Sprint(i)}})
	}
	if err := l.flush(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("%v", err)
	}
	l.writing.Lock()
	l.file.write = nil
	l.writing.Unlock()
	l.Close()
	raw, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(raw) {
		var row Row
		if json.Unmarshal(line, &row) != nil {
			torn++
			continue
		}
		rows = append(rows, row.Method)
	}
	return rows, torn
}

// TestLogThatWasLeftTorn: behind half a line, which another process has left, a row has a
// line of its own, also where it was left while the log was open.
func TestLogThatWasLeftTorn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		name := filepath.Join(t.TempDir(), "audit.jsonl")
		addTo(t, name, rowOf("a")+"\n"+rowOf("b")[:10])
		l := Open(policy.AuditRules{File: name}, slog.New(slog.DiscardHandler))
		defer l.Close()
		for _, method := range []string{"c", "d", "e"} {
			l.write(&Entry{Row: Row{Time: time.Unix(1, 0), Method: method}})
			time.Sleep(2 * lookInterval)
			if method == "c" {
				addTo(t, name, rowOf("b")[:10])
			}
		}
		var got []string
		for _, r := range rowsOf(t, name) {
			got = append(got, r.Method)
		}
		if want := []string{"a", "c", "d", "e"}; !slices.Equal(got, want) {
			t.Errorf("rows %q, want %q", got, want)
		}
	})
}

// TestRowsOfAnotherProcess: a row that another process is just writing is not half a line
// that was left; there is no empty line behind it.
func TestRowsOfAnotherProcess(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	synctest.Test(t, func(t *testing.T) {
		other, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o600)
		if err != nil {
			t.Fatal(err)
		}
		defer other.Close()
		write := func(text string) {
			if _, err := other.WriteString(text); err != nil {
				t.Error(err)
			}
		}
		write(`{"of":`)
		go func() {
			time.Sleep(settleTime / 2)
			write(`"ano`)
			time.Sleep(settleTime)
			write("ther\"}\n")
		}()
		file := rotating{name: name, maxSize: 1 << 20, keep: 1}
		if _, err := file.append([]byte("{\"ours\":1}\n")); err != nil {
			t.Fatal(err)
		}
		file.close()
	})
	got, err := os.ReadFile(name)
	if want := "{\"of\":\"another\"}\n{\"ours\":1}\n"; err != nil || string(got) != want {
		t.Errorf("the log is %q, %v; want %q", got, err, want)
	}
}
