package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
)

const (
	// maxLine is how long a line may be that is read as a row, in bytes.
	maxLine = 64 << 20
	// readAtOnce is how much of a file is read at once, in bytes.
	readAtOnce = 64 << 10
)

// lines are those of a file, read piece by piece. A line that is too long, as a disk may
// leave one that has lost a block, is passed over to its end.
type lines struct {
	half    []byte // a line that is not whole yet
	tooLong bool   // that line is, and none of it is kept
}

// read calls each for every row up to the end of the file as it is now, and returns how
// many bytes it read.
func (l *lines) read(file io.Reader, each func(Row)) (total int64, err error) {
	piece := make([]byte, readAtOnce)
	for {
		n, err := file.Read(piece)
		total += int64(n)
		l.add(piece[:n], each)
		if errors.Is(err, io.EOF) {
			return total, nil
		}
		if err != nil {
			return total, err
		}
	}
}

// add takes the next piece of the file.
func (l *lines) add(piece []byte, each func(Row)) {
	for len(piece) > 0 {
		line, rest, whole := bytes.Cut(piece, []byte{'\n'})
		piece = rest
		if l.tooLong = l.tooLong || len(l.half)+len(line) > maxLine; l.tooLong {
			l.half = nil
		} else if !whole || len(l.half) > 0 {
			l.half = append(l.half, line...)
			line = l.half
		}
		if !whole {
			return
		}
		if !l.tooLong {
			readRow(line, each)
		}
		l.half, l.tooLong = nil, false
	}
}

func readRow(line []byte, each func(Row)) {
	var r Row
	if json.Unmarshal(line, &r) == nil && !r.Time.IsZero() {
		each(r)
	}
}
