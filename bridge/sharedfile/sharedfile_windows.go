package sharedfile

import (
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/windows"
)

// OpenFile is [os.OpenFile], but that a named pipe is not waited for, and that on Windows
// a new file that perm gives to its owner alone (0600) is in the access list of nobody
// else but the system and its administrators.
func OpenFile(name string, flag int, perm fs.FileMode) (file *os.File, err error) {
	err = Retry(func() error {
		file, err = open(name, flag, perm)
		return err
	})
	return file, err
}

func open(name string, flag int, perm fs.FileMode) (*os.File, error) {
	fault := func(err error) error { return &fs.PathError{Op: "open", Path: name, Err: err} }
	path, err := windows.UTF16PtrFromString(name)
	if err != nil {
		return nil, fault(err)
	}
	access, creation, attributes, err := translate(flag, perm)
	if err != nil {
		return nil, fault(err)
	}
	var security *windows.SecurityAttributes
	if flag&os.O_CREATE != 0 && perm&0o077 == 0 {
		if security, err = ownerOnly(); err != nil {
			return nil, fault(err)
		}
	}
	const share = windows.FILE_SHARE_READ | windows.FILE_SHARE_WRITE | windows.FILE_SHARE_DELETE
	handle, err := windows.CreateFile(path, access, share, security, creation, attributes, 0)
	if err != nil {
		return nil, fault(lasting(err, name))
	}
	return os.NewFile(uintptr(handle), name), nil
}

// translate spells flags as CreateFile has them, as Go's syscall.Open does. A directory
// can be opened for reading.
func translate(flag int, perm fs.FileMode) (access, creation, attributes uint32, err error) {
	const known = os.O_WRONLY | os.O_RDWR | os.O_APPEND | os.O_CREATE | os.O_EXCL | syscall.O_NONBLOCK
	if flag&^known != 0 {
		return 0, 0, 0, fs.ErrInvalid
	}
	attributes = windows.FILE_ATTRIBUTE_NORMAL
	switch {
	case flag&os.O_APPEND != 0:
		access = windows.FILE_READ_DATA /* for a lock */ | windows.FILE_APPEND_DATA | windows.FILE_WRITE_ATTRIBUTES | windows.FILE_READ_ATTRIBUTES | windows.SYNCHRONIZE
	case flag&os.O_RDWR != 0:
		access = windows.GENERIC_READ | windows.GENERIC_WRITE
	case flag&os.O_WRONLY != 0:
		access = windows.GENERIC_WRITE
	default:
		access = windows.GENERIC_READ
		attributes |= windows.FILE_FLAG_BACKUP_SEMANTICS
	}
	creation = windows.OPEN_EXISTING
	switch {
	case flag&(os.O_CREATE|os.O_EXCL) == os.O_CREATE|os.O_EXCL:
		creation = windows.CREATE_NEW
		attributes |= windows.FILE_FLAG_OPEN_REPARSE_POINT // a link in its place is not followed
	case flag&os.O_CREATE != 0:
		creation = windows.OPEN_ALWAYS
	}
	if flag&os.O_CREATE != 0 && perm&0o200 == 0 {
		attributes |= windows.FILE_ATTRIBUTE_READONLY
	}
	return access, creation, attributes, nil
}

// ownerOnly is for a file that the user, the system and its administrators may use. It
// inherits nothing from the folder (P).
func ownerOnly() (*windows.SecurityAttributes, error) {
	user, err := windows.GetCurrentProcessToken().GetTokenUser()
	if err != nil {
		return nil, err
	}
	descriptor, err := windows.SecurityDescriptorFromString("D:P(A;;FA;;;SY)(A;;FA;;;BA)(A;;FA;;;" + user.User.Sid.String() + ")")
	if err != nil {
		return nil, err
	}
	attributes := &windows.SecurityAttributes{SecurityDescriptor: descriptor}
	attributes.Length = uint32(unsafe.Sizeof(*attributes))
	return attributes, nil
}

// Append writes to a file that was opened with [os.O_APPEND], whole and at its end,
// whoever else appends to it. NTFS sees to that by itself; shares of a network need not,
// nor does Wine. The lock is of a byte that no file has.
func Append(file *os.File, data []byte) (n int, err error) {
	handle := windows.Handle(file.Fd())
	at := &windows.Overlapped{Offset: math.MaxUint32 - 1, OffsetHigh: math.MaxInt32}
	err = Retry(func() error {
		return windows.LockFileEx(handle, windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, at)
	})
	if err != nil {
		return 0, &fs.PathError{Op: "lock", Path: file.Name(), Err: err}
	}
	defer windows.UnlockFileEx(handle, 0, 1, 0, at)
	return file.Write(data)
}

// retryTimeout is how long the go command, too, waits for other programs
// (cmd/go/internal/robustio).
const retryTimeout = 2 * time.Second

// Retry does something to a file, on Windows again for two seconds while another program
// is in the way.
func Retry(do func() error) error {
	start := time.Now()
	for pause := time.Millisecond; ; pause += rand.N(pause) {
		err := do()
		if err == nil || !passing(err) || time.Since(start)+pause > retryTimeout {
			return err
		}
		time.Sleep(pause)
	}
}

// lasting replaces a lack of rights that will not be gone in a moment: a folder cannot be
// written or replaced, and a file not that is read-only.
func lasting(err error, name string) error {
	info, unknown := os.Stat(name)
	switch {
	case !errors.Is(err, windows.ERROR_ACCESS_DENIED) || unknown != nil:
		return err
	case info.IsDir():
		return syscall.EISDIR
	case info.Mode()&0o200 == 0:
		return errReadOnly
	}
	return err
}

var errReadOnly = fmt.Errorf("the file is read-only: %w", fs.ErrPermission)

// passing reports whether an error may be gone in a moment: another program has the file
// open, or it is being replaced or removed, which Windows tells as a lack of rights.
func passing(err error) bool {
	return errors.Is(err, windows.ERROR_SHARING_VIOLATION) || errors.Is(err, windows.ERROR_LOCK_VIOLATION) ||
		errors.Is(err, windows.ERROR_ACCESS_DENIED)
}

func rename(from, to string) error {
	err := os.Rename(from, to)
	if fault, ok := errors.AsType[*os.LinkError](err); ok {
		fault.Err = lasting(fault.Err, to)
	}
	return err
}

func move(from, to string) error {
	old, err := windows.UTF16PtrFromString(from)
	if err != nil {
		return err
	}
	name, err := windows.UTF16PtrFromString(to)
	if err != nil {
		return err
	}
	if err := windows.MoveFileEx(old, name, 0); err != nil {
		return &os.LinkError{Op: "rename", Old: from, New: to, Err: err}
	}
	return nil
}
