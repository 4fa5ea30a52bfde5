//go:build !linux

package bridge

import "io"

// polled returns in: only Linux can open a pipe anew, and macOS does not tell the runtime
// of the end of every kind of pipe.
func polled(in io.Reader, _ io.Writer) (_ io.Reader, release func()) { return in, func() {} }
