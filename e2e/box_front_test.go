package e2e

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"ucbridge/bridge/emulator"
)

// stdioCaller is a client of ucbridge stdio with many requests under way.
type stdioCaller struct {
	t     *testing.T
	in    io.Writer
	next  atomic.Int64
	write sync.Mutex

	mu      sync.Mutex
	waiting map[int]chan string // by id
	strays  []string            // answers to no open request
}

// startStdio starts ucbridge stdio before the connection "everything", with ada's
// token, and shakes hands.
func startStdio(t *testing.T, host string, env map[string]string, args ...string) *stdioCaller {
	t.Helper()
	all := map[string]string{
		"DATABRICKS_HOST": host, "DATABRICKS_TOKEN": "dapi-demo-ada", "DATABRICKS_CONFIG_FILE": os.DevNull, "UCBRIDGE_CACHE_DIR": t.TempDir(),
	}
	maps.Copy(all, env)
	cmd := exec.Command(ucbridge, append([]string{"stdio", "--connection", "everything", "--route", "proxy"}, args...)...)
	cmd.Env = environ(t, all)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	said := &output{more: make(chan struct{})}
	cmd.Stderr = said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	c := &stdioCaller{t: t, in: stdin, waiting: make(map[int]chan string)}
	read := make(chan struct{})
	go func() { defer close(read); c.read(stdout) }()
	t.Cleanup(func() {
		stdin.Close()
		<-read
		_ = cmd.Wait() // the exit code is another test's
		if t.Failed() {
			t.Logf("ucbridge stdio said:\n%s", said)
		}
	})
	c.ask(boxHello)
	c.send(`{"jsonrpc":"2.0","method":"notifications/initialized"}`)
	return c
}

func (c *stdioCaller) read(r io.Reader) {
	for lines := bufio.NewReader(r); ; {
		line, err := lines.ReadString('\n')
		if err != nil {
			return
		}
		var m struct {
			ID     *int
			Method string
		}
		if json.Unmarshal([]byte(line), &m) != nil || m.ID == nil || m.Method != "" {
			continue
		}
		c.mu.Lock()
		answer := c.waiting[*m.ID]
		delete(c.waiting, *m.ID)
		if answer == nil {
			c.strays = append(c.strays, line)
		}
		c.mu.Unlock()
		if answer != nil {
			answer <- line
		}
	}
}

func (c *stdioCaller) send(line string) {
	c.write.Lock()
	defer c.write.Unlock()
	if _, err := io.WriteString(c.in, line+"\n"); err != nil {
		c.t.Error(err)
	}
}

// begin sends a request, a format for its id, and returns where its answer will be.
func (c *stdioCaller) begin(format string) <-chan string {
	id := int(c.next.Add(1))
	answer := make(chan string, 1)
	c.mu.Lock()
	c.waiting[id] = answer
	c.mu.Unlock()
	c.send(fmt.Sprintf(format, id))
	return answer
}

// ask returns the answer to a request.
func (c *stdioCaller) ask(format string) string {
	select {
	case line := <-c.begin(format):
		return line
	case <-time.After(patience):
		c.t.Errorf("no answer to %s", format)
		return ""
	}
}

// call calls the tool of boxServer.
func (c *stdioCaller) call(key, how string) string { return c.ask(callFormat(key, how)) }

func callFormat(key, how string) string {
	return strings.Replace(boxCall(0, key, how), `"id":0`, `"id":%d`, 1)
}

// eachBox runs a test for every box, side by side.
func eachBox(t *testing.T, test func(t *testing.T, b box)) {
	t.Parallel()
	for _, b := range boxes {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			boxProgram(t, b.name)
			test(t, b)
		})
	}
}

// TestBoxBeforeWorkspace has each box stand between ucbridge stdio and the workspace: a
// list, calls, and 64 callers during three reloads.
func TestBoxBeforeWorkspace(t *testing.T) {
	eachBox(t, func(t *testing.T, b box) {
		server, w := startBoxServer(t)
		site := b.start(t, address(w), cmpLimit(b))
		c := startStdio(t, "http://"+site.listen, nil)
		if got := c.ask(boxList); !strings.Contains(got, `"name":"do"`) {
			t.Errorf("tools/list: %s", got)
		}
		crowd := &boxCrowd{t: t, server: server, call: func(id int, key, how string) (string, error) { return c.call(key, how), nil }}
		crowd.run(b, site)
		c.mu.Lock()
		defer c.mu.Unlock()
		if len(c.strays) > 0 {
			t.Errorf("%d answers to nothing, such as %s", len(c.strays), c.strays[0])
		}
	})
}

// address is where a workspace listens.
func address(w *emulator.Workspace) string { return strings.TrimPrefix(w.URL(), "http://") }

// cmpLimit is the box's own limit, or a minute for one that has none.
func cmpLimit(b box) time.Duration {
	if b.limit == 0 {
		return time.Minute
	}
	return b.limit
}

// boxCrowd is many callers of one box during its reloads.
type boxCrowd struct {
	t      *testing.T
	server *boxServer
	// call returns the answer to one call; an error says that none came.
	call func(id int, key, how string) (string, error)

	answered, undelivered, lost atomic.Int64
}

// The crowd: callers, how many calls each makes, and how many answers there are
// between two reloads.
const (
	crowdCallers = 64
	crowdCalls   = 12
	crowdStep    = crowdCallers * crowdCalls / 4
)

// run makes the calls. No call may run twice, none that was answered not at all, and
// none may have run without an answer, where the box loses none. On a connection of
// HTTP/1.1 that the box is about to close a call may meet the end, and not be delivered.
func (c *boxCrowd) run(b box, site boxSite) {
	c.t.Helper()
	var all sync.WaitGroup
	for caller := range crowdCallers {
		all.Go(func() {
			for n := range crowdCalls {
				c.once(caller*crowdCalls+n, caller, n)
				if done := c.answered.Add(1); b.reload != nil && done%crowdStep == 0 && done < crowdCallers*crowdCalls {
					b.reload(c.t, site)
				}
			}
		})
	}
	all.Wait()
	undelivered, lost := c.undelivered.Load(), c.lost.Load()
	c.t.Logf("of %d calls %d were not delivered, and %d ran without an answer", crowdCallers*crowdCalls, undelivered, lost)
	if lost > 0 && !b.cuts {
		c.t.Errorf("%d calls were lost", lost)
	}
	if failed := undelivered + lost; failed > 3*crowdCallers {
		c.t.Errorf("%d calls failed in three reloads", failed)
	}
}

// errCallLost says that the box answered in no way at all.
var errCallLost = errors.New("no answer")

func (c *boxCrowd) once(id, caller, n int) {
	key, how := fmt.Sprintf("key-%d-%d", caller, n), []string{"json", "events"}[n%2]
	answer, err := c.call(1000+id, key, how)
	times := c.server.times(key)
	switch {
	case times > 1:
		c.t.Errorf("%s ran %d times", key, times)
	case err == nil && strings.Contains(answer, "did "+key):
		if times != 1 {
			c.t.Errorf("%s was answered and ran %d times", key, times)
		}
	case err == nil && !strings.Contains(answer, "may have run"):
		c.t.Errorf("%s: %s", key, answer)
	case times == 0:
		c.undelivered.Add(1)
	default:
		c.lost.Add(1)
	}
}
