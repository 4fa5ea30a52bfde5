package audit

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"

	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/sharedfile"
)

// rotating is a file that is appended to and put aside when it is full: audit.jsonl
// becomes audit-20260102T150405.000000000.jsonl. Several processes may append to
// one: a name that no other uses needs no lock between them, and each notices that
// another has begun a new file.
type rotating struct {
	name    string
	maxSize int64
	keep    int
	file    *os.File
	size    int64     // of the file, as far as it is known
	looked  time.Time // when it was last compared with the name
	torn    bool      // it ends in half a line
	named   bool      // the disk knows the file by its name
	// fsync is os.File.Sync, unless a test has another.
	fsync func(*os.File) error
	// write is sharedfile.Append, unless a test has another.
	write func(*os.File, []byte) (int, error)
}

func (r *rotating) open() error {
	if r.name == "" {
		return errors.New("no directory for it")
	}
	if err := os.MkdirAll(filepath.Dir(r.name), 0o700); err != nil {
		return err
	}
	file, err := regularfile.Append(r.name)
	r.file, r.named, r.size = file, false, 0
	if err != nil {
		r.file = nil
	}
	return err
}

func (r *rotating) close() {
	if r.file != nil {
		r.file.Close()
		r.file = nil
	}
}

// append writes whole lines in one write. Where that fails it returns how many bytes of
// them, in whole lines, are in the file all the same: a disk that is full takes a part.
func (r *rotating) append(lines []byte) (written int, err error) {
	if err := r.prepare(int64(len(lines))); err != nil {
		r.close()
		return 0, err
	}
	write := sharedfile.Append
	if r.write != nil {
		write = r.write
	}
	if r.torn {
		n, err := write(r.file, []byte{'\n'})
		r.size += int64(n)
		if err != nil {
			r.close()
			return 0, err
		}
		r.torn = false
	}
	n, err := write(r.file, lines)
	r.size += int64(n)
	if err == nil {
		return n, nil
	}
	written = bytes.LastIndexByte(lines[:n], '\n') + 1
	r.torn = n > written
	r.close()
	return written, err
}

// sync has the disk take in what was written, the name of a new file included. What is no
// file on a disk has nothing to take in.
func (r *rotating) sync() error {
	synchronize := (*os.File).Sync
	if r.fsync != nil {
		synchronize = r.fsync
	}
	if err := synchronize(r.file); err != nil && !errors.Is(err, syscall.EINVAL) && !errors.Is(err, errors.ErrUnsupported) {
		r.close()
		return err
	}
	if r.named {
		return nil
	}
	r.named = true
	if dir, err := os.Open(filepath.Dir(r.name)); err == nil { // Windows has no such thing
		defer dir.Close()
		_ = synchronize(dir) // the rows are safe, and whoever repairs the disk finds them
	}
	return nil
}

// lookInterval is how long a file may go on to be written that another process has
// put aside.
const lookInterval = time.Second

// prepare sees to it that the file is open, is the one of that name, and has room.
func (r *rotating) prepare(more int64) error {
	if r.file != nil && r.size+more <= r.maxSize && time.Since(r.looked) <= lookInterval {
		return nil
	}
	if err := r.find(); err != nil {
		return err
	}
	if r.size == 0 || r.size+more <= r.maxSize {
		return nil
	}
	r.close()
	// Where it fails the file grows on: on Windows another program may hold it.
	if r.putAside() == nil {
		r.prune()
	}
	return r.find()
}

// maxTurns is how often other processes may begin a new file while one is opened.
const maxTurns = 10

// find opens the file of that name, unless it is open.
func (r *rotating) find() (err error) {
	for range maxTurns {
		if r.file == nil {
			if err := r.open(); err != nil {
				return err
			}
		}
		if err = r.look(); err == nil {
			return nil
		}
		r.close()
	}
	return err
}

var errAside = errors.New("the file has another name now")

// look compares the file with the one of that name.
func (r *rotating) look() error {
	ours, err := r.file.Stat()
	if err != nil {
		return err
	}
	named, err := os.Stat(r.name)
	if err != nil {
		return err
	}
	if !os.SameFile(ours, named) {
		return errAside
	}
	switch ours.Size() {
	case 0:
		r.torn = false
	case r.size:
	default: // others have written, or had before it was opened
		if !r.torn {
			r.torn, ours = r.isTorn(ours)
		}
	}
	r.size, r.looked = ours.Size(), time.Now()
	return nil
}

// A row of another process is seen half written while that process writes it: the file
// counts as torn where it has not grown for so long, and not while it grows.
const (
	settleTime = 20 * time.Millisecond
	maxSettles = 10
)

// isTorn reports whether the file ends in half a line that nobody goes on with, and
// returns the file as it is then.
func (r *rotating) isTorn(seen fs.FileInfo) (bool, fs.FileInfo) {
	for range maxSettles {
		if !regularfile.IsTorn(r.name, seen) {
			return false, seen
		}
		time.Sleep(settleTime)
		now, err := r.file.Stat()
		if err != nil || now.Size() == seen.Size() {
			return true, seen
		}
		seen = now
	}
	return false, seen
}

// putAside renames the file. Clocks may be coarse: on Windows two files can be full at
// the same time.
func (r *rotating) putAside() error {
	for now := time.Now(); ; now = now.Add(1) {
		if err := sharedfile.Move(r.name, r.aside(now)); !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
}

// aside is the name of a file that is full.
func (r *rotating) aside(now time.Time) string {
	stem, ext := r.split()
	return stem + "-" + now.UTC().Format("20060102T150405.000000000") + ext
}

func (r *rotating) split() (stem, ext string) {
	ext = filepath.Ext(r.name)
	return strings.TrimSuffix(r.name, ext), ext
}

// older lists the files that were put aside, the oldest first.
func (r *rotating) older() ([]string, error) {
	entries, err := os.ReadDir(filepath.Dir(r.name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the directory of the audit log: %w", err)
	}
	stem, ext := r.split()
	var old []string
	for _, e := range entries {
		rest, isOurs := strings.CutPrefix(e.Name(), filepath.Base(stem)+"-")
		stamp, hasExt := strings.CutSuffix(rest, ext)
		if _, err := time.Parse("20060102T150405.000000000", stamp); isOurs && hasExt && err == nil {
			old = append(old, filepath.Join(filepath.Dir(r.name), e.Name()))
		}
	}
	slices.Sort(old)
	return old, nil
}

// prune removes the oldest files beyond those that are kept.
func (r *rotating) prune() {
	old, err := r.older()
	if err != nil {
		return // the next file that is full tries again
	}
	for len(old) > r.keep {
		if sharedfile.Remove(old[0]) != nil {
			return
		}
		old = old[1:]
	}
}
