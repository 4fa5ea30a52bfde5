//go:build linux

package peers

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"strings"
	"testing"
)

// connection is a conversation with an MCP server, in messages as they are on the
// wire. Both kinds number their requests alike, so that answers can be compared
// to the byte.
type connection interface {
	// call sends a request and returns the message that answers it.
	call(ctx context.Context, method, params string) ([]byte, error)
	notify(ctx context.Context, method string) error
}

func message(id int, method, params string) []byte {
	head := `{"jsonrpc":"2.0",`
	if id > 0 {
		head += fmt.Sprintf(`"id":%d,`, id)
	}
	if params != "" {
		params = `,"params":` + params
	}
	return []byte(head + `"method":"` + method + `"` + params + "}")
}

// answers reports whether a message is the answer to a request.
func answers(raw []byte, id int) bool {
	var m struct {
		ID     json.Number `json:"id"`
		Method string      `json:"method"`
	}
	return json.Unmarshal(raw, &m) == nil && m.Method == "" && m.ID.String() == fmt.Sprint(id)
}

// direct is a connection over Streamable HTTP.
type direct struct {
	url, session string
	requests     int
}

func (d *direct) call(ctx context.Context, method, params string) ([]byte, error) {
	d.requests++
	resp, err := d.post(ctx, message(d.requests, method, params))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	if method == "initialize" {
		d.session = resp.Header.Get("Mcp-Session-Id")
	}
	if !strings.HasPrefix(resp.Header.Get("Content-Type"), "text/event-stream") {
		body, err := io.ReadAll(resp.Body)
		return bytes.TrimSpace(body), err
	}
	lines := bufio.NewReader(resp.Body)
	for {
		line, err := lines.ReadBytes('\n')
		if data, ok := bytes.CutPrefix(line, []byte("data:")); ok && answers(data, d.requests) {
			return bytes.TrimSpace(data), nil
		}
		if err != nil {
			return nil, fmt.Errorf("waiting for the answer to %s: %w", method, err)
		}
	}
}

func (d *direct) notify(ctx context.Context, method string) error {
	resp, err := d.post(ctx, message(0, method, ""))
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

func (d *direct) post(ctx context.Context, body []byte) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.url, bytes.NewReader(body))
	if err != nil {
		return nil, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Accept", "application/json, text/event-stream")
	req.Header.Set("Mcp-Protocol-Version", revision)
	req.Header.Set("Authorization", "Bearer "+credential) // as the connection's
	if d.session != "" {
		req.Header.Set("Mcp-Session-Id", d.session)
	}
	return http.DefaultClient.Do(req)
}

// piped is a connection to a process, a line a message.
type piped struct {
	in       io.Writer
	out      *bufio.Reader
	requests int
}

// startPiped starts a process for as long as the test runs. At the end its stdin
// is closed, and it must go by itself.
func startPiped(t *testing.T, cmd *exec.Cmd) *piped {
	t.Helper()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		in.Close()
		if err := cmd.Wait(); err != nil || stderr.Len() > 0 {
			t.Errorf("%s: %v\n%s", cmd, err, &stderr)
		}
	})
	return &piped{in: in, out: bufio.NewReader(out)}
}

func (p *piped) call(ctx context.Context, method, params string) ([]byte, error) {
	p.requests++
	if _, err := p.in.Write(append(message(p.requests, method, params), '\n')); err != nil {
		return nil, err
	}
	for ctx.Err() == nil {
		line, err := p.out.ReadBytes('\n')
		if err != nil {
			return nil, fmt.Errorf("waiting for the answer to %s: %w", method, err)
		}
		if answers(line, p.requests) {
			return bytes.TrimSpace(line), nil
		}
	}
	return nil, ctx.Err()
}

func (p *piped) notify(_ context.Context, method string) error {
	_, err := p.in.Write(append(message(0, method, ""), '\n'))
	return err
}
