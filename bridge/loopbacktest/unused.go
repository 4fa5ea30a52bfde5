// Package loopbacktest is for tests that need an address before anything listens
// there.
package loopbacktest

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync/atomic"
	"testing"
)

// lowest and count are of ports below those that Linux, macOS and Windows hand out by
// themselves (from 32768, 49152 and 49152), so that no other socket gets one of them by chance.
const (
	lowest = 12_000
	count  = 18_000
)

// next starts at random, as several test programs may run at the same time.
var next atomic.Uint32

func init() { next.Store(rand.Uint32N(count)) }

// Unused returns a loopback address where nobody listens. It stays unused until the
// caller uses it, and no other call in this process returns it. Concurrent use is fine.
//
// It dials and does not listen: a process that is being started meanwhile would
// inherit the listener, and keep it until it has become its program.
func Unused() (string, error) {
	for range count {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(lowest+int(next.Add(1)%count)))
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return address, nil
		}
		conn.Close()
	}
	return "", errors.New("finding an unused port: none left")
}

// UnusedAddress is Unused for tests.
func UnusedAddress(t testing.TB) string {
	t.Helper()
	address, err := Unused()
	if err != nil {
		t.Fatal(err)
	}
	return address
}

// UnusedPort is the port of UnusedAddress.
func UnusedPort(t testing.TB) string {
	t.Helper()
	_, port, err := net.SplitHostPort(UnusedAddress(t))
	if err != nil {
		t.Fatal(err)
	}
	return port
}

// AwaitUnused returns when nobody listens at an address any more. Its caller has closed
// the listener, which a process that is being started meanwhile may have inherited, and
// keeps until it has become its program.
func AwaitUnused(address string) {
	for {
		conn, err := net.Dial("tcp", address)
		if err != nil {
			return
		}
		conn.Close()
	}
}
