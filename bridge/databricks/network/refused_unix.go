//go:build unix

package network

import "syscall"

// errRefused is that nothing listens at an address.
const errRefused = syscall.ECONNREFUSED
