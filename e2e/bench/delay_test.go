package main

import (
	"bufio"
	"io"
	"net"
	"testing"
	"time"
)

// The relay must neither change nor reorder bytes, and be as slow as it says: a
// figure of a journey is as good as that.
func TestRelay(t *testing.T) {
	t.Parallel()
	echo, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer echo.Close()
	go func() {
		for {
			conn, err := echo.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	r, err := startRelay(echo.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	conn, err := net.Dial("tcp", r.address())
	if err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	if _, err := io.WriteString(conn, "first\nsecond\n"); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(conn)
	for _, want := range []string{"first", "second"} {
		if !lines.Scan() || lines.Text() != want {
			t.Errorf("%q, want %q", lines.Text(), want)
		}
	}
	if took := time.Since(began); took < 2*distance {
		t.Errorf("the first answer came after %v, before its two round trips", took)
	}
	if err := conn.Close(); err != nil {
		t.Error(err)
	}
	if err := r.close(); err != nil {
		t.Error(err)
	}
	if n := r.opened.Load(); n != 1 {
		t.Errorf("%d connections", n)
	}
}
