package network

import "syscall"

// tcpMaxRT is TCP_MAXRT of the Windows SDK (ws2ipdef.h): seconds until unacknowledged
// data ends a connection.
const tcpMaxRT = 5

// bound has the system give up a connection on which sent bytes stay unacknowledged
// for deadTimeout. Keep-alive probes do not run while there are any.
func bound(_, _ string, conn syscall.RawConn) error {
	return conn.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(syscall.Handle(fd), syscall.IPPROTO_TCP, tcpMaxRT, int(deadTimeout.Seconds())) // without it TCP's own limit holds
	})
}
