//go:build unix

package loopbacktest

import (
	"net"
	"testing"

	"ucbridge/bridge/programtest"
)

// TestUnusedWhileProcessesStart finds nobody at an address that Unused has returned,
// while others start processes: a process that is being made has all descriptors of
// this one until it becomes its program, and would keep a listener for that long.
func TestUnusedWhileProcessesStart(t *testing.T) {
	programtest.StartMany(t)
	for range 2_000 {
		address := UnusedAddress(t)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("somebody listens at %s", address)
		}
	}
}

// TestAwaitUnused closes a listener: nobody is at its address then, which can be used
// again.
func TestAwaitUnused(t *testing.T) {
	programtest.StartMany(t)
	address := UnusedAddress(t)
	for range 2_000 {
		listener, err := net.Listen("tcp", address)
		if err != nil {
			t.Fatal(err)
		}
		if err := listener.Close(); err != nil {
			t.Fatal(err)
		}
		AwaitUnused(address)
		if conn, err := net.Dial("tcp", address); err == nil {
			conn.Close()
			t.Fatalf("somebody still listens at %s", address)
		}
	}
}
