package emulator_test

import "syscall"

const errReset = syscall.WSAECONNRESET
