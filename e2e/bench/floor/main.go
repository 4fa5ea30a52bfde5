// Command floor is the least that a bridge can do: it reads a line, posts it and
// writes the answer, all lines at once, and looks into none. What it costs is
// what pipes, HTTP and the Go runtime cost, so that another bridge is measured in
// multiples of it. Of an event stream it passes on what stands between the first
// "data: " and the blank line at its end.
//
//	floor CONNECTION ROUTE
//
// DATABRICKS_HOST and DATABRICKS_TOKEN name the workspace and the caller.
package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"

	"ucbridge/e2e/bench/carrier"
)

func main() {
	if err := relay(os.Args[1:], os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "floor:", err)
		os.Exit(1)
	}
}

func relay(args []string, in io.Reader, out io.Writer) error {
	if len(args) != 2 {
		return errors.New("usage: floor CONNECTION ROUTE")
	}
	c, err := carrier.New(os.Getenv("DATABRICKS_HOST"), os.Getenv("DATABRICKS_TOKEN"), args[0], args[1])
	if err != nil {
		return err
	}
	lines := bufio.NewReaderSize(in, 64<<10)
	var writing sync.Mutex
	var under sync.WaitGroup
	defer under.Wait()
	for {
		line, err := lines.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading a line: %w", err)
		}
		under.Go(func() {
			answer, err := exchange(c, line[:len(line)-1])
			if err != nil {
				fmt.Fprintln(os.Stderr, "floor:", err)
				return
			}
			if len(answer) > 0 {
				writing.Lock()
				defer writing.Unlock()
				_, _ = out.Write(append(answer, '\n')) // a reader that has gone needs no answer
			}
		})
	}
}

// exchange posts a message and returns the whole answer, with room for a line
// end.
func exchange(c *carrier.Carrier, message []byte) ([]byte, error) {
	resp, err := c.Post(context.Background(), message)
	if err != nil {
		return nil, fmt.Errorf("posting: %w", err)
	}
	defer resp.Body.Close()
	var answer bytes.Buffer
	answer.Grow(int(max(resp.ContentLength, 0)) + bytes.MinRead)
	if _, err := answer.ReadFrom(resp.Body); err != nil {
		return nil, fmt.Errorf("reading the answer: %w", err)
	}
	if bytes.HasPrefix(answer.Bytes(), []byte("event: ")) { // external-function loses the media type
		_, data, _ := bytes.Cut(answer.Bytes(), []byte("data: "))
		return bytes.TrimRight(data, "\n"), nil
	}
	return answer.Bytes(), nil
}
