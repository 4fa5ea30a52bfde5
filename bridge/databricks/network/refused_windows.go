package network

import "golang.org/x/sys/windows"

// errRefused is that nothing listens at an address. The ECONNREFUSED of package syscall
// is an invention there, which no call returns.
const errRefused = windows.WSAECONNREFUSED
