package bridge

import (
	"bytes"
	"errors"
	"io"
	"log/slog"
	"os"
	"testing"

	"golang.org/x/sys/unix"

	"ucbridge/config"
)

// blockingEnds returns the two ends of a client's line, as a child process finds its own.
func blockingEnds(t *testing.T, open func() ([2]int, error)) (in, client *os.File) {
	t.Helper()
	fds, err := open()
	if err != nil {
		t.Fatal(err)
	}
	in, client = os.NewFile(uintptr(fds[0]), "in"), os.NewFile(uintptr(fds[1]), "client")
	t.Cleanup(func() {
		in.Close()
		client.Close()
	})
	return in, client
}

func blocks(t *testing.T, f *os.File) bool {
	t.Helper()
	raw, err := f.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	flags := 0
	if err := raw.Control(func(fd uintptr) { flags, err = unix.FcntlInt(fd, unix.F_GETFL, 0) }); err != nil {
		t.Fatal(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	return flags&unix.O_NONBLOCK == 0
}

// What is read is what was written, up to the end, and the client's line is in the end as
// it was.
func TestPolled(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		name            string
		open            func() ([2]int, error)
		blocksMeanwhile bool
	}{
		{"pipe", func() (fds [2]int, err error) { err = unix.Pipe2(fds[:], unix.O_CLOEXEC); return fds, err }, true},
		{"socket", func() ([2]int, error) {
			return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			in, client := blockingEnds(t, tt.open)
			r, release := polled(in, io.Discard)
			if r == io.Reader(in) {
				t.Fatal("the file itself is read")
			}
			if got := blocks(t, in); got != tt.blocksMeanwhile {
				t.Errorf("while it is read, the line blocks: %t", got)
			}
			go func() {
				_, _ = io.WriteString(client, "one\ntwo") // the reader tells
				_ = client.Close()
			}()
			got, err := io.ReadAll(r)
			if err != nil || string(got) != "one\ntwo" {
				t.Errorf("read %q, %v", got, err)
			}
			release()
			if !blocks(t, in) {
				t.Error("the line no longer blocks whoever has it next")
			}
		})
	}
}

// A read that waits ends with release.
func TestPolledIsReleased(t *testing.T) {
	t.Parallel()
	in, _ := blockingEnds(t, func() (fds [2]int, err error) { err = unix.Pipe2(fds[:], unix.O_CLOEXEC); return fds, err })
	r, release := polled(in, io.Discard)
	ended := make(chan error, 1)
	go func() {
		_, err := r.Read(make([]byte, 1))
		ended <- err
	}()
	release()
	if err := <-ended; !errors.Is(err, os.ErrClosed) {
		t.Errorf("the read ended with %v", err)
	}
}

// A socket that is read and written stays as it is: who writes to it must wait for the
// client.
func TestPolledLeavesSharedSocket(t *testing.T) {
	t.Parallel()
	in, client := blockingEnds(t, func() ([2]int, error) {
		return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	})
	fd, err := unix.FcntlInt(in.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	out := os.NewFile(uintptr(fd), "out")
	defer out.Close()
	r, release := polled(in, out)
	if r != io.Reader(in) || !blocks(t, out) {
		t.Error("the socket no longer blocks")
	}
	message := bytes.Repeat([]byte("x"), 4<<20) // more than a socket holds
	got := make(chan []byte)
	go func() {
		all, _ := io.ReadAll(io.LimitReader(client, int64(len(message)))) // what is missing tells
		got <- all
	}()
	if _, err := out.Write(message); err != nil {
		t.Error(err)
	}
	release()
	_ = out.Close()
	_ = in.Close()
	if all := <-got; !bytes.Equal(all, message) {
		t.Errorf("the client got %d bytes of %d", len(all), len(message))
	}
}

// What is no line of a client, or does not block, is read as it is.
func TestPolledLeavesOthers(t *testing.T) {
	t.Parallel()
	regular, err := os.Open("polled_linux.go")
	if err != nil {
		t.Fatal(err)
	}
	defer regular.Close()
	pipe, end, err := os.Pipe() // the runtime waits for it
	if err != nil {
		t.Fatal(err)
	}
	defer pipe.Close()
	defer end.Close()
	for _, in := range []io.Reader{regular, pipe} {
		r, release := polled(in, io.Discard)
		if r != in {
			t.Errorf("%T is not read as it is", in)
		}
		release()
	}
}

// A client that goes without having read what it was sent has gone, as any other.
func TestClientGoesUnread(t *testing.T) {
	t.Parallel()
	in, client := blockingEnds(t, func() ([2]int, error) {
		return unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	})
	if _, err := in.WriteString("unread"); err != nil {
		t.Fatal(err)
	}
	_ = client.Close()
	b := &Bridge{cfg: &config.Config{MaxMessage: config.Value[int64]{Value: 10}}, log: slog.New(slog.DiscardHandler)}
	if err := b.readLines(in, nil); err != nil {
		t.Error(err)
	}
}
