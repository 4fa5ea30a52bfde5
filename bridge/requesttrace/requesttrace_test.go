package requesttrace

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"testing"
)

func TestDead(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		err  error
		want bool
	}{
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ETIMEDOUT)}, true},
		{fmt.Errorf("reading: %w", errors.New("http2: client connection lost")), true},
		{&net.OpError{Op: "read", Err: os.NewSyscallError("read", syscall.ECONNRESET)}, false},
		{&net.OpError{Op: "read", Err: os.ErrDeadlineExceeded}, false},
		{context.DeadlineExceeded, false},
		{io.EOF, false},
		{nil, false},
	} {
		if got := Dead(tt.err); got != tt.want {
			t.Errorf("%v: dead %t", tt.err, got)
		}
	}
}

func TestWritten(t *testing.T) {
	t.Parallel()
	if Written(t.Context()) != nil {
		t.Error("somebody wants to hear of a request that nobody asked about")
	}
	told := 0
	Written(WithWritten(t.Context(), func() { told++ }))()
	if told != 1 {
		t.Errorf("told %d times", told)
	}
}
