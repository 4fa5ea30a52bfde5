package network

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bound has the system give up a connection on which sent bytes stay unacknowledged
// for deadTimeout. Keep-alive probes do not run while there are any, and TCP itself
// goes on for a quarter of an hour.
func bound(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_USER_TIMEOUT, int(deadTimeout.Milliseconds())) // without it TCP's own limit holds
	})
}
