package audit

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"

	"ucbridge/bridge/regularfile"
)

// ReadRows calls each for every row of the files of a log, the oldest first. A line
// that is no row is passed over. The error is that of a file.
func ReadRows(name string, each func(Row)) error {
	old, err := (&rotating{name: name}).older()
	if err != nil {
		return err
	}
	for _, file := range append(old, name) {
		err := readRows(file, each)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("reading the audit log: %w", err)
		}
	}
	return nil
}

func readRows(name string, each func(Row)) error {
	file, err := regularfile.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	var l lines
	if _, err := l.read(file, each); err != nil {
		return err
	}
	readRow(l.half, each) // the file may end without a line feed
	return nil
}

// Tail follows the rows that are added to a log.
type Tail struct {
	name  string
	file  *os.File
	lines lines
}

// NewTail returns a tail that begins at the end of the log as it is.
func NewTail(name string) *Tail {
	t := &Tail{name: name}
	if file, err := regularfile.Open(name); err == nil {
		if _, err := file.Seek(0, io.SeekEnd); err == nil {
			t.file = file
		}
	}
	return t
}

// Read calls each for every row that was added since.
func (t *Tail) Read(each func(Row)) error {
	if t.file == nil {
		file, err := regularfile.Open(t.name)
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading the audit log: %w", err)
		}
		t.file, t.lines = file, lines{}
	}
	added, err := t.lines.read(t.file, each)
	if err != nil {
		return fmt.Errorf("reading the audit log: %w", err)
	}
	ours, errOurs := t.file.Stat()
	named, errNamed := os.Stat(t.name)
	if added == 0 && errOurs == nil && errNamed == nil && !os.SameFile(ours, named) {
		t.file.Close() // a new one was begun, and this one is read to its end
		t.file = nil
	}
	return nil
}
