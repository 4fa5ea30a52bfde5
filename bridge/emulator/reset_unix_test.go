//go:build unix

package emulator_test

import "syscall"

const errReset = syscall.ECONNRESET
