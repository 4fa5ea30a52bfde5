package aiclient

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"syscall"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/regularfile"
	"ucbridge/bridge/sharedfile"
)

// maxSettings bounds the settings that are read, in bytes. Claude Code keeps its
// history in the same file, which grows to some MiB.
const maxSettings = 32 << 20

// File is a client's settings file; the zero File is none.
//
// A user's own file may be a symbolic link, as programs that manage dotfiles
// make them. What is in a project's folder came with a repository, whose authors
// are not trusted: there nothing is read or written through a link or outside
// the folder.
type File struct {
	Path string
	// root is the project's folder, and name the path from there, with slashes; ""
	// for the user's file.
	root, name string
	// top is the folder that the folders of the user's file are in; "" where none of them
	// is removed.
	top string
	// shared says that the file is for all users of the machine.
	shared bool
	// assumed is what is read in place of what is there; nil for nothing.
	assumed []byte
}

// With is the file as if it held that content: what a change that was not written would
// have left.
func (f File) With(content []byte) File {
	f.assumed = content
	return f
}

// beside is the file of that name with a suffix.
func (f File) beside(suffix string) File {
	f.Path += suffix
	if f.root != "" {
		f.name += suffix
	}
	return f
}

// read returns nil where there is no file.
func (f File) read() (content []byte, err error) {
	if f.assumed != nil {
		return f.assumed, nil
	}
	if f.root == "" {
		content, err = regularfile.Read(f.Path, maxSettings)
	} else {
		err = f.below(func(root *os.Root) error {
			content, err = regularfile.ReadIn(root, f.name, maxSettings)
			return err
		})
	}
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil, nil
	}
	return content, err
}

// mode is who may read the file, and for a new one its owner alone or, of a shared
// one, everybody.
func (f File) mode() fs.FileMode {
	mode := fs.FileMode(0o600)
	if f.shared {
		mode = 0o644
	}
	take := func(info fs.FileInfo, err error) error {
		if err == nil {
			mode = info.Mode().Perm()
		}
		return err
	}
	if f.root == "" {
		_ = take(os.Stat(f.Path)) // without a file it is as for a new one
	} else {
		_ = f.below(func(root *os.Root) error { return take(root.Lstat(f.name)) })
	}
	return mode
}

// replace writes the file whole or not at all.
func (f File) replace(content []byte, mode fs.FileMode) error {
	if f.shared {
		if err := openFolder(filepath.Dir(f.Path)); err != nil {
			return err
		}
	}
	if f.root == "" {
		return atomicfile.Replace(f.Path, content, mode)
	}
	return f.below(func(root *os.Root) error { return atomicfile.WriteIn(root, f.name, content, mode) })
}

// openFolder makes a folder that everybody may look into, where it is missing.
func openFolder(dir string) error {
	if _, err := os.Stat(dir); !errors.Is(err, fs.ErrNotExist) {
		return nil // what else is wrong is met by whoever writes there
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.Chmod(dir, 0o755) // the umask may have taken some of it
}

// create writes a file that is not there yet. The error is fs.ErrExist where
// anything has its name.
func (f File) create(content []byte, mode fs.FileMode) error {
	if f.root == "" {
		return atomicfile.Create(atomicfile.Anywhere, f.Path, content, mode)
	}
	return f.below(func(root *os.Root) error { return atomicfile.Create(root, f.name, content, mode) })
}

// remove removes the file that a link leads to, and leaves the link. A folder that is
// empty then goes too: with it the client would be taken for installed.
func (f File) remove() error {
	if f.root != "" {
		return f.below(func(root *os.Root) error {
			err := sharedfile.Retry(func() error { return root.Remove(f.name) })
			for dir := path.Dir(f.name); err == nil && dir != "." && root.Remove(dir) == nil; {
				dir = path.Dir(dir)
			}
			return err
		})
	}
	file, err := filepath.EvalSymlinks(f.Path)
	if err != nil {
		return err
	}
	if err := sharedfile.Remove(file); err != nil {
		return err
	}
	for dir := filepath.Dir(f.Path); f.isBelowTop(dir) && isFolder(dir) && os.Remove(dir) == nil; {
		dir = filepath.Dir(dir)
	}
	return nil
}

func (f File) isBelowTop(dir string) bool {
	below, err := filepath.Rel(f.top, dir)
	return f.top != "" && err == nil && below != "." && filepath.IsLocal(below)
}

// isFolder reports whether there is a folder of that name, and no link to one.
func isFolder(name string) bool {
	info, err := os.Lstat(name)
	return err == nil && info.IsDir()
}

// taken reports whether anything has that name, a link that leads nowhere too.
func (f File) taken() bool {
	err := error(nil)
	if f.root == "" {
		_, err = os.Lstat(f.Path)
	} else {
		err = f.below(func(root *os.Root) error { _, err := root.Lstat(f.name); return err })
	}
	return !errors.Is(err, fs.ErrNotExist)
}

// plain reports whether there is a file of that name, and no link.
func (f File) plain() bool {
	if f.root != "" {
		return f.below(func(root *os.Root) error { return present(root.Lstat(f.name)) }) == nil
	}
	return present(os.Lstat(f.Path)) == nil
}

func present(info fs.FileInfo, err error) error {
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("not a regular file")
	}
	return err
}

// below does one thing to a project's file, from the project's folder, to which
// os.Root confines it. Before that it refuses links, also those that stay in the
// folder: what the user is told of and what is changed are the same file.
func (f File) below(do func(*os.Root) error) error {
	root, err := os.OpenRoot(f.root)
	if err != nil {
		return err
	}
	defer root.Close()
	names := strings.Split(f.name, "/")
	for i := range names {
		part := strings.Join(names[:i+1], "/")
		info, err := root.Lstat(part)
		if errors.Is(err, fs.ErrNotExist) {
			break
		}
		if err != nil {
			return err
		}
		last := i == len(names)-1
		if !last && info.Mode().IsRegular() {
			return &fs.PathError{Op: "opening", Path: f.shown(part), Err: syscall.ENOTDIR}
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is %s: a project's settings are not read or written through one", f.shown(part), kindOf(info))
		}
	}
	return do(root)
}

// shown is a part of the file's path as the user sees it.
func (f File) shown(part string) string { return filepath.Join(f.root, filepath.FromSlash(part)) }

func kindOf(info fs.FileInfo) string {
	if info.Mode()&fs.ModeSymlink != 0 {
		return "a symbolic link"
	}
	return "a device or a pipe"
}
