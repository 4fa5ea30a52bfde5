package bridge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/govern"
	"ucbridge/config"
)

// TestWire sends each archive in testdata/wire through the bridge and the
// embedded workspace, on every route, and compares the bytes at both ends.
func TestWire(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/wire/*.txtar")
	if err != nil || len(files) == 0 {
		t.Fatalf("archives: %v, %v", files, err)
	}
	for _, file := range files {
		archive, err := txtar.ParseFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := make(map[string][]string)
		for _, f := range archive.Files {
			lines[f.Name] = strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
		}
		if len(lines["client"]) == 0 || len(lines["client"]) != len(lines["server"]) {
			t.Fatalf("%s: %d lines of the client, %d of the server", file, len(lines["client"]), len(lines["server"]))
		}
		for _, route := range []string{"proxy", "external-function", "mcp-external"} {
			for _, format := range []string{"json", "sse"} {
				name := strings.TrimSuffix(filepath.Base(file), ".txtar") + "/" + route + "/" + format
				t.Run(name, func(t *testing.T) {
					t.Parallel()
					wire(t, route, format, lines["client"], lines["server"])
				})
			}
		}
	}
}

// wire runs one conversation.
func wire(t *testing.T, route, format string, client, server []string) {
	t.Helper()
	far := &farEnd{t: t, format: format, client: client, server: server}
	upstream := httptest.NewServer(far)
	t.Cleanup(upstream.Close)
	connection := strings.NewReplacer("/", "_", "-", "_").Replace(t.Name())
	workspace.AddConnection(emulator.Connection{Name: connection, Upstream: upstream.URL, MCP: true})
	near := startBridge(t, connection, route)
	for i, line := range client {
		near.send(line)
		if server[i] == "-" {
			continue
		}
		if got := near.next(); got != server[i] {
			t.Errorf("line %d: the client received\n%s\nwant\n%s", i+1, got, server[i])
		}
	}
	near.close()
	far.mu.Lock()
	defer far.mu.Unlock()
	if diff := cmp.Diff(client, far.saw); diff != "" {
		t.Errorf("the server saw other bytes: -want +got:\n%s", diff)
	}
}

// farEnd is an MCP server that answers each line it knows with the line it has
// for it.
type farEnd struct {
	t              *testing.T
	format         string
	client, server []string

	mu  sync.Mutex
	saw []string
}

func (f *farEnd) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.WriteHeader(http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		f.t.Error(err)
	}
	f.mu.Lock()
	f.saw = append(f.saw, string(body))
	f.mu.Unlock()
	for i, line := range f.client {
		switch {
		case line != string(body):
		case f.server[i] == "-":
			w.WriteHeader(http.StatusAccepted)
			return
		case f.format == "sse":
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, ": comment\n\nevent: message\nid: 1\ndata: "+f.server[i]+"\n\n") // a client that left is not this test's matter
			return
		default:
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, f.server[i])
			return
		}
	}
	f.t.Errorf("the server saw a line that was not sent: %s", body)
	w.WriteHeader(http.StatusBadRequest)
}

// workspace is the embedded workspace that all tests of the package share; the
// environment names it as the user's, who is ada.
var workspace *emulator.Workspace

func TestMain(m *testing.M) {
	os.Exit(func() int {
		var err error
		govern.Managed = ""
		if workspace, err = emulator.Start(emulator.Options{}); err != nil {
			panic(err)
		}
		for name, value := range map[string]string{
			"DATABRICKS_HOST": workspace.URL(), "DATABRICKS_TOKEN": "dapi-demo-ada", "DATABRICKS_CONFIG_FILE": os.DevNull,
			"XDG_CONFIG_HOME": filepath.Join(os.TempDir(), "ucbridge-nowhere"), // no policy of whoever runs the tests
		} {
			if err := os.Setenv(name, value); err != nil {
				panic(err)
			}
		}
		code := m.Run()
		if err := workspace.Close(); err != nil {
			panic(err)
		}
		if err := goleak.Find(goleak.IgnoreTopFunction("go.opencensus.io/stats/view.(*worker).start")); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}())
}

// nearEnd is a client at the stdio door.
type nearEnd struct {
	t     testing.TB
	in    *io.PipeWriter
	lines *bufio.Reader
	done  chan error
}

// startBridge starts a bridge to a connection.
func startBridge(t testing.TB, connection, route string) *nearEnd {
	t.Helper()
	cfg := config.New()
	cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value = connection, route, t.TempDir()
	return startWith(t, cfg)
}

func startWith(t testing.TB, cfg *config.Config) *nearEnd {
	t.Helper()
	b, err := New(cfg, "0.0.0-test", slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	inReader, inWriter := io.Pipe()
	outReader, outWriter := io.Pipe()
	near := &nearEnd{t: t, in: inWriter, lines: bufio.NewReaderSize(outReader, 1<<20), done: make(chan error, 1)}
	go func() {
		near.done <- b.Stdio(context.Background(), inReader, outWriter)
		b.Close()
		outWriter.Close()
	}()
	return near
}

func (n *nearEnd) send(line string) {
	n.t.Helper()
	if _, err := io.WriteString(n.in, line+"\n"); err != nil {
		n.t.Fatal(err)
	}
}

func (n *nearEnd) next() string {
	n.t.Helper()
	line, err := n.lines.ReadString('\n')
	if err != nil {
		n.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (n *nearEnd) close() {
	n.t.Helper()
	n.in.Close()
	if err := <-n.done; err != nil {
		n.t.Error(err)
	}
}
