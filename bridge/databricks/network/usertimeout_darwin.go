package network

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// bound has the system give up a connection on which sent bytes stay unacknowledged
// for deadTimeout. Keep-alive probes do not run while there are any.
func bound(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) {
		_ = unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_RXT_CONNDROPTIME, int(deadTimeout.Seconds())) // without it TCP's own limit holds
	})
}
