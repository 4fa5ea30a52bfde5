package audit

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/policy"
)

func rowsOf(t *testing.T, name string) []Row {
	t.Helper()
	var all []Row
	if err := ReadRows(name, func(r Row) { all = append(all, r) }); err != nil {
		t.Fatal(err)
	}
	return all
}

// TestLogTurns holds that nothing is lost where several write to one log and put
// full files aside under each other's hands, and that old files go.
func TestLogTurns(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	rules := policy.AuditRules{File: name, MaxSize: &policy.Size{Bytes: 4000}, Keep: 1000}
	const writers, rows = 4, 300
	var wait sync.WaitGroup
	for range writers {
		wait.Go(func() {
			l := Open(rules, slog.New(slog.DiscardHandler))
			for range rows {
				l.write(&Entry{Row: Row{Time: time.Unix(1, 0), Method: "tools/call"}})
				if l.flush() != nil { // row by row, so that files fill between them
					t.Error("not written")
				}
			}
			l.Close()
		})
	}
	wait.Wait()
	if got := len(rowsOf(t, name)); got != writers*rows {
		t.Errorf("%d rows, want %d", got, writers*rows)
	}
	rules.Keep = 2
	l := Open(rules, slog.New(slog.DiscardHandler))
	for range 100 {
		l.write(&Entry{Row: Row{Time: time.Unix(1, 0), Method: "tools/call"}})
		_ = l.flush() // a failure shows below
	}
	l.Close()
	if old, err := (&rotating{name: name}).older(); err != nil || len(old) != 2 {
		t.Errorf("old files %v, %v, want 2", old, err)
	}
}

// TestLogThatCannotBeWritten says so once, loses no call, and refuses them only
// where a policy wants that; what waited is written when it can be.
func TestLogThatCannotBeWritten(t *testing.T) {
	t.Parallel()
	for _, required := range []bool{false, true} {
		dir := t.TempDir()
		blocked := filepath.Join(dir, "sub")
		if err := os.WriteFile(blocked, nil, 0o600); err != nil { // a file where a directory is needed
			t.Fatal(err)
		}
		var said bytes.Buffer
		rules := policy.AuditRules{File: filepath.Join(blocked, "audit.jsonl")}
		if required {
			rules.Required = &policy.Place{File: "p.yaml", Line: 3}
		}
		l := Open(rules, slog.New(slog.NewTextHandler(&said, nil)))
		l.writing.Lock() // so that all of them wait
		for range maxWaiting + 5 {
			l.write(&Entry{Row: Row{Time: time.Unix(1, 0)}})
		}
		l.writing.Unlock()
		if by := l.refuses(); by.Denied != required {
			t.Errorf("required %v: %+v", required, by)
		}
		if err := os.Remove(blocked); err != nil {
			t.Fatal(err)
		}
		l.note(l.flush())
		l.write(&Entry{Row: Row{Time: time.Unix(2, 0)}})
		l.Close()
		if by := l.refuses(); by.Denied {
			t.Errorf("refuses still: %+v", by)
		}
		rows := rowsOf(t, rules.File)
		if len(rows) != maxWaiting+1 || rows[len(rows)-1].Lost != 5 {
			t.Errorf("%d rows, the last says that %d were lost", len(rows), rows[len(rows)-1].Lost)
		}
		if n := strings.Count(said.String(), "cannot be written"); n != 1 {
			t.Errorf("said %d times:\n%s", n, &said)
		}
	}
}

// TestLogOnADiskThatHangs: what waits has its bounds in rows and in bytes, the loss is
// said once, and where the log is required calls are refused before.
func TestLogOnADiskThatHangs(t *testing.T) {
	t.Parallel()
	for name, waiting := range map[string]*Entry{
		"rows":  {Row: Row{Time: time.Unix(1, 0)}},
		"bytes": {Row: Row{Time: time.Unix(1, 0)}, RawArguments: []byte(`{"a":"` + strings.Repeat("a", maxHeld/10) + `"}`)},
	} {
		var said bytes.Buffer
		rules := policy.AuditRules{File: filepath.Join(t.TempDir(), "audit.jsonl"), Required: &policy.Place{File: "p.yaml", Line: 3}, Values: &policy.Place{}}
		l := Open(rules, slog.New(slog.NewTextHandler(&said, nil)))
		l.writing.Lock() // the disk hangs
		room := 0
		for ; !l.refuses().Denied && room < 2*maxWaiting; room++ {
			l.write(waiting)
		}
		if l.lost > 0 || room > maxWaiting {
			t.Errorf("%s: no refusal before %d are lost", name, l.lost)
		}
		for l.lost < 10 {
			l.write(waiting)
		}
		if l.rows > maxWaiting || len(l.lines) > maxHeld || strings.Count(said.String(), "rows are lost") != 1 {
			t.Errorf("%s: %d rows wait with %d bytes, and said was:\n%s", name, l.rows, len(l.lines), &said)
		}
		l.writing.Unlock()
		l.Close()
		<-l.stopped
		if by := l.refuses(); by.Denied || len(l.lines) != 0 {
			t.Errorf("%s: refuses still: %+v, %d bytes", name, by, len(l.lines))
		}
	}
}

// TestLogThatEndsUnwritten says at the end that rows are lost, once, and only then.
func TestLogThatEndsUnwritten(t *testing.T) {
	t.Parallel()
	for name, make := range map[string]func(file string) error{
		"written":   func(string) error { return nil },
		"unwritten": func(file string) error { return os.Mkdir(file, 0o700) }, // a directory where the file is needed
	} {
		file := filepath.Join(t.TempDir(), "audit.jsonl")
		if err := make(file); err != nil {
			t.Fatal(err)
		}
		var said bytes.Buffer
		l := Open(policy.AuditRules{File: file}, slog.New(slog.NewTextHandler(&said, nil)))
		l.write(&Entry{Row: Row{Time: time.Unix(1, 0)}})
		l.Close()
		l.Close()
		want := 0
		if name == "unwritten" {
			want = 1
		}
		if got := strings.Count(said.String(), "are lost"); got != want {
			t.Errorf("%s, said %d times:\n%s", name, got, &said)
		}
	}
}

func TestTail(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	l := rotating{name: name, maxSize: 100, keep: 5}
	write := func(method string) {
		raw, _ := json.Marshal(Row{Time: time.Unix(1, 0), Method: method})
		if _, err := l.append(append(raw, '\n')); err != nil {
			t.Fatal(err)
		}
	}
	write("before")
	tail := NewTail(name)
	defer func() { // Windows removes no file that is open
		l.close()
		tail.file.Close()
	}()
	var seen []string
	look := func() {
		if err := tail.Read(func(r Row) { seen = append(seen, r.Method) }); err != nil {
			t.Fatal(err)
		}
	}
	look()
	for _, method := range []string{"a", "b", "c"} { // each fills a file
		write(method)
		look()
		look()
		look()
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, seen); diff != "" {
		t.Errorf("(-want +seen):\n%s", diff)
	}
}

// tear leaves what a disk may leave that has lost blocks: more zeros than a line may have.
func tear(t *testing.T, name string) {
	t.Helper()
	at, err := os.Stat(name)
	if err == nil {
		err = os.Truncate(name, at.Size()+maxLine+1)
	}
	if err != nil {
		t.Fatal(err)
	}
}

func addTo(t *testing.T, name, text string) {
	t.Helper()
	file, err := os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
	if err != nil {
		t.Fatal(err)
	}
	_, err = file.WriteString(text)
	if err := errors.Join(err, file.Close()); err != nil {
		t.Fatal(err)
	}
}

func rowOf(method string) string {
	return fmt.Sprintf(`{"time":"2026-01-02T15:04:05Z","method":%q}`, method)
}

// TestTornLog: a line that is longer than any row hides none of those behind it, nor
// newer files, from whoever reads the log and from whoever follows it.
func TestTornLog(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	name, old := filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "audit-20260102T150405.000000000.jsonl")
	addTo(t, old, rowOf("a")+"\n")
	tear(t, old)
	addTo(t, old, "{}\n"+rowOf("b")+"\n"+rowOf(strings.Repeat("long", readAtOnce))+"\n")
	addTo(t, name, rowOf("c")) // with no line feed, as one that is being written
	var got []string
	for _, r := range rowsOf(t, name) {
		got = append(got, r.Method)
	}
	if diff := cmp.Diff([]string{"a", "b", strings.Repeat("long", readAtOnce), "c"}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}

	tail := NewTail(name)
	defer func() { tail.file.Close() }()
	follow := func(want ...string) {
		t.Helper()
		got = nil
		if err := tail.Read(func(r Row) { got = append(got, r.Method) }); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
		if len(tail.lines.half) > maxLine {
			t.Errorf("%d bytes of a line are kept", len(tail.lines.half))
		}
	}
	addTo(t, name, "\n")
	tear(t, name)
	follow()
	tear(t, name)
	follow()
	addTo(t, name, "\n"+rowOf("d")+"\n"+rowOf("e")[:10])
	follow("d")
	addTo(t, name, rowOf("e")[10:]+"\n")
	follow("e")
}

// TestCommit: a row is in the file when Commit returns, and those of many callers are
// written together.
func TestCommit(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	l := Open(policy.AuditRules{File: name}, slog.New(slog.DiscardHandler))
	defer l.Close()
	var wait sync.WaitGroup
	for i := range 200 {
		wait.Go(func() {
			method := fmt.Sprintf("m-%d-", i)
			if err := l.Commit(t.Context(), Entry{Row: Row{Time: time.Unix(1, 0), Method: method}}); err != nil {
				t.Error(err)
			}
			if raw, err := os.ReadFile(name); err != nil || !bytes.Contains(raw, []byte(method)) {
				t.Errorf("%s is not in the file, %v", method, err)
			}
		})
	}
	wait.Wait()
}

// TestCommitFails where the disk does not take the row, and where it hangs.
func TestCommitFails(t *testing.T) {
	t.Parallel()
	row := Entry{Row: Row{Time: time.Unix(1, 0)}}
	blocked := Open(policy.AuditRules{File: t.TempDir()}, slog.New(slog.DiscardHandler)) // a folder
	defer blocked.Close()
	for range 3 {
		if blocked.Commit(t.Context(), row) == nil {
			t.Error("a row in a folder")
		}
	}
	hangs := Open(policy.AuditRules{File: filepath.Join(t.TempDir(), "a")}, slog.New(slog.DiscardHandler))
	defer hangs.Close()
	hangs.writing.Lock()
	defer hangs.writing.Unlock()
	gone := errors.New("the caller is gone")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(gone)
	if err := hangs.Commit(ctx, row); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
}

// TestCommitReachesTheDisk: a row that somebody waits for was handed to the disk before
// Commit returns; where the disk does not take it the call does not leave.
func TestCommitReachesTheDisk(t *testing.T) {
	t.Parallel()
	l := Open(policy.AuditRules{File: filepath.Join(t.TempDir(), "audit.jsonl")}, slog.New(slog.DiscardHandler))
	t.Cleanup(l.Close)
	var onDisk atomic.Int64
	broken := errors.New("the disk is gone")
	var fault atomic.Pointer[error]
	l.writing.Lock()
	l.file.fsync = func(f *os.File) error {
		if err := fault.Load(); err != nil {
			return *err
		}
		if info, err := f.Stat(); err == nil && info.Mode().IsRegular() {
			onDisk.Store(info.Size())
		}
		return nil
	}
	l.writing.Unlock()
	if err := l.Commit(t.Context(), Entry{Row: Row{Time: time.Now(), Method: "tools/call", Status: "begun"}}); err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(l.rules.File)
	if err != nil || info.Size() == 0 || onDisk.Load() != info.Size() {
		t.Errorf("%v, %v, on the disk %d bytes", info, err, onDisk.Load())
	}
	fault.Store(&broken)
	if err := l.Commit(t.Context(), Entry{Row: Row{Time: time.Now(), Method: "tools/call", Status: "begun"}}); !errors.Is(err, broken) {
		t.Errorf("a row that the disk does not take: %v", err)
	}
	fault.Store(nil)
}

// TestCommitOnADiskThatHangs waits for five seconds, each call that comes meanwhile, too;
// when the disk goes on, all rows are there and calls leave again.
func TestCommitOnADiskThatHangs(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "audit.jsonl")
	synctest.Test(t, func(t *testing.T) {
		l := Open(policy.AuditRules{File: name}, slog.New(slog.DiscardHandler))
		defer l.Close()
		goesOn := make(chan struct{})
		l.writing.Lock()
		l.file.fsync = func(f *os.File) error {
			<-goesOn
			return nil
		}
		l.writing.Unlock()
		row := Entry{Row: Row{Time: time.Unix(1, 0), Method: "tools/call"}}
		began := time.Now()
		var calls sync.WaitGroup
		for i := range 4 { // the first one is written at once, the others wait behind it
			calls.Go(func() {
				time.Sleep(time.Duration(i) * 10 * time.Millisecond)
				if err := l.Commit(t.Context(), row); !errors.Is(err, errSlow) {
					t.Errorf("%d: %v", i, err)
				}
			})
		}
		calls.Wait()
		if waited := time.Since(began); waited < commitTimeout || waited > commitTimeout+100*time.Millisecond {
			t.Errorf("the last one waited %v", waited)
		}
		if err := l.Commit(t.Context(), row); !errors.Is(err, errSlow) || time.Since(began) > commitTimeout+100*time.Millisecond {
			t.Errorf("%v, after %v", err, time.Since(began))
		}
		close(goesOn)
		synctest.Wait()
		if err := l.Commit(t.Context(), row); err != nil {
			t.Errorf("the disk goes on: %v", err)
		}
		if n := len(rowsOf(t, name)); n != 6 {
			t.Errorf("%d rows", n)
		}
	})
}
