//go:build tools

// Command testserver is the test server of the Databricks CLI: the workspace that its
// makers test it against, as far as they had a use for it. It prints its address, then
// a line for each request: method, path, and the body if it is JSON. It ends when stdin
// does.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"os"
	"sync"

	"github.com/databricks/cli/libs/testserver"
)

func main() {
	t := new(host)
	defer t.end()
	server := testserver.New(t)
	var printing sync.Mutex
	server.RequestCallback = func(r *testserver.Request) {
		printing.Lock()
		defer printing.Unlock()
		var body bytes.Buffer
		_ = json.Compact(&body, r.Body) // other bodies are not shown
		fmt.Println(r.Method, r.URL.RequestURI(), body.String())
	}
	testserver.AddDefaultHandlers(server)
	fmt.Println(server.URL)
	_, _ = io.Copy(io.Discard, os.Stdin)
}

// host stands in for the test that the server takes itself for a part of.
type host struct {
	mu    sync.Mutex
	after []func()
}

func (h *host) Cleanup(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.after = append(h.after, f)
}

// end undoes what Cleanup was told of, the last first.
func (h *host) end() {
	for i := len(h.after) - 1; i >= 0; i-- {
		h.after[i]()
	}
}

func (h *host) Context() context.Context { return context.Background() }

func (h *host) TempDir() string {
	dir, err := os.MkdirTemp("", "databricks-testserver-*")
	if err != nil {
		log.Fatal(err)
	}
	h.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (h *host) Setenv(key, value string) {
	if err := os.Setenv(key, value); err != nil {
		log.Fatal(err)
	}
}

// What goes wrong is the request's, which the CLI reports.
func (h *host) Log(args ...any)                   { log.Print(args...) }
func (h *host) Logf(format string, args ...any)   { log.Printf(format, args...) }
func (h *host) Error(args ...any)                 { log.Print(args...) }
func (h *host) Errorf(format string, args ...any) { log.Printf(format, args...) }
func (h *host) Fatal(args ...any)                 { log.Panic(args...) }
func (h *host) Fatalf(format string, args ...any) { log.Panicf(format, args...) }
func (h *host) Skip(args ...any)                  { log.Panic(args...) }
func (h *host) Skipf(format string, args ...any)  { log.Panicf(format, args...) }
func (h *host) FailNow()                          { log.Panic("failed") }
func (h *host) Helper()                           {}
