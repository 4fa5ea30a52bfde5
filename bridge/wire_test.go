package bridge

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"go.uber.org/goleak"

	"ucbridge/bridge/emulator"
	"ucbridge/config"
)

// TestWire sends the lines of each archive in testdata/wire through the bridge and
// the embedded workspace, on every route, and compares the bytes at both ends.
func TestWire(t *testing.T) {
	t.Parallel()
	for _, archive := range wireArchives(t) {
		client, server := archive.lines["client"], archive.lines["server"]
		if len(client) == 0 || len(client) != len(server) {
			t.Fatalf("%s: %d lines of the client, %d of the server", archive.revision, len(client), len(server))
		}
		for _, route := range wireRoutes {
			for _, format := range []string{"json", "sse"} {
				t.Run(archive.revision+"/"+route+"/"+format, func(t *testing.T) {
					t.Parallel()
					wire(t, route, format, client, server)
				})
			}
		}
	}
}

// wireArchive holds messages of one revision.
type wireArchive struct {
	revision string
	lines    map[string][]string // by the name of the part
}

// wireArchives returns those of testdata/wire, one for each revision there is.
func wireArchives(t *testing.T) []wireArchive {
	t.Helper()
	var all []wireArchive
	for _, revision := range revisions {
		archive, err := txtar.ParseFile(filepath.Join("testdata", "wire", revision+".txtar"))
		if err != nil {
			t.Fatal(err)
		}
		a := wireArchive{revision, make(map[string][]string)}
		for _, f := range archive.Files {
			a.lines[f.Name] = strings.Split(strings.TrimSuffix(string(f.Data), "\n"), "\n")
		}
		all = append(all, a)
	}
	return all
}

// wireRoutes are the ways to a server, by the names that the emulator gives them.
var wireRoutes = append([]string{"path"}, everyRoute...)

// wireConfig makes a server reachable by a route of the shared workspace, and returns
// the settings that take it.
func wireConfig(t *testing.T, route, upstream string) *config.Config {
	t.Helper()
	name := strings.NewReplacer("/", "_", "-", "_").Replace(t.Name())
	workspace.AddConnection(emulator.Connection{Name: name, Upstream: upstream, MCP: true})
	cfg := config.New()
	cfg.CacheDir.Value = t.TempDir()
	switch route {
	case "path":
		cfg.URL.Value = "/api/2.0/mcp/" + name
		workspace.AddPath(cfg.URL.Value, upstream)
	case "mcp-service":
		cfg.Service.Value = "main.mcp." + name
		workspace.AddService(emulator.Service{Name: cfg.Service.Value, Connection: name})
	default:
		cfg.Connection.Value, cfg.Route.Value = name, route
	}
	return cfg
}

// wire runs one conversation.
func wire(t *testing.T, route, format string, client, server []string) {
	t.Helper()
	far := &farEnd{t: t, format: format, client: client, server: server}
	upstream := httptest.NewServer(far)
	t.Cleanup(upstream.Close)
	near := startWith(t, wireConfig(t, route, upstream.URL))
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
		if err := goleak.Find(); err != nil && code == 0 {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return code
	}())
}

// nearEnd is a client at the stdio door.
type nearEnd struct {
	t     testing.TB
	in    io.WriteCloser
	out   io.ReadCloser
	lines *bufio.Reader // of out
	done  func() error
	wait  time.Duration // for the next line
}

// startBridge starts a bridge to a connection.
func startBridge(t testing.TB, connection, route string) *nearEnd {
	t.Helper()
	cfg := config.New()
	cfg.Connection.Value, cfg.Route.Value, cfg.CacheDir.Value = connection, route, t.TempDir()
	return startWith(t, cfg)
}

// startWith starts a bridge with settings.
func startWith(t testing.TB, cfg *config.Config) *nearEnd {
	t.Helper()
	in, out, done := launch(t, context.Background(), cfg, func(*Bridge) {})
	near := &nearEnd{t: t, in: in, out: out, lines: bufio.NewReaderSize(out, 1<<20), done: done, wait: patience}
	return near
}

func (n *nearEnd) send(line string) {
	n.t.Helper()
	if _, err := io.WriteString(n.in, line+"\n"); err != nil {
		n.t.Fatal(err)
	}
}

// next returns the next line, and fails the test where none comes.
func (n *nearEnd) next() string {
	n.t.Helper()
	silence := time.AfterFunc(n.wait, func() { n.out.Close() })
	defer silence.Stop()
	line, err := n.lines.ReadString('\n')
	if err != nil {
		n.t.Fatal(err)
	}
	return strings.TrimSuffix(line, "\n")
}

func (n *nearEnd) close() {
	n.t.Helper()
	n.in.Close()
	if err := n.done(); err != nil {
		n.t.Error(err)
	}
}
