//go:build !linux && !darwin && !windows

package network

import "syscall"

// bound does nothing here: TCP's own limit holds.
func bound(_, _ string, _ syscall.RawConn) error { return nil }
