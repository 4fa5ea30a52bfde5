package main

import (
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// distance is a round trip between two continents.
const distance = 80 * time.Millisecond

// relay is a TCP relay that delays whatever it carries as a line of that length
// does: half a round trip each way, and a whole one before a new connection carries
// anything. It counts connections.
type relay struct {
	listener net.Listener
	target   string
	opened   atomic.Int64
	carrying sync.WaitGroup
}

// startRelay relays connections to target, a host and a port, until close.
func startRelay(target string) (*relay, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("listening for the relay: %w", err)
	}
	r := &relay{listener: listener, target: target}
	r.carrying.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return // closed
			}
			r.opened.Add(1)
			r.carrying.Go(func() { r.carry(conn.(*net.TCPConn)) })
		}
	})
	return r, nil
}

// address is the host and port to connect to.
func (r *relay) address() string { return r.listener.Addr().String() }

// close ends the relay when its connections have ended, as they do when the client
// has.
func (r *relay) close() error {
	err := r.listener.Close()
	r.carrying.Wait()
	return err
}

func (r *relay) carry(client *net.TCPConn) {
	defer client.Close()
	far, err := net.Dial("tcp", r.target)
	if err != nil {
		return // the client sees its connection close
	}
	defer far.Close()
	// A client may write at once, which it could not before the handshake's end.
	established := time.Now().Add(distance)
	var both sync.WaitGroup
	both.Go(func() { delayed(far.(*net.TCPConn), client, established) })
	both.Go(func() { delayed(client, far.(*net.TCPConn), time.Time{}) })
	both.Wait()
}

// piece is what was read at once, and when it is to be written.
type piece struct {
	bytes []byte
	due   time.Time
}

// delayed copies from one side to the other, half a distance later; nothing counts
// as read before established.
func delayed(to, from *net.TCPConn, established time.Time) {
	pieces := make(chan piece, 1<<10)
	go func() {
		defer close(pieces)
		for {
			buf := make([]byte, 64<<10)
			n, err := from.Read(buf)
			read := time.Now()
			if read.Before(established) {
				read = established
			}
			pieces <- piece{buf[:n], read.Add(distance / 2)}
			if err != nil {
				return
			}
		}
	}()
	for p := range pieces {
		time.Sleep(time.Until(p.due))
		if _, err := to.Write(p.bytes); err != nil {
			_ = from.Close() // ends the reader
			for range pieces {
			}
			return
		}
	}
	if err := to.CloseWrite(); err != nil && !errors.Is(err, io.EOF) {
		_ = to.Close() // gone already
	}
}
