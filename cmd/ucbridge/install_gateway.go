package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"runtime"
	"strings"
	"time"

	"ucbridge/bridge/shell"
	"ucbridge/cmd/internal/aiclient"
)

// gatewayTimeout bounds the look at an address that may be a gateway's.
const gatewayTimeout = 3 * time.Second

// gatewayServer is a server behind "ucbridge serve" that clients sign in to by themselves.
type gatewayServer struct {
	address string
	// registers says that the gateway tells clients their client id.
	registers bool
}

// resourceMetadata is where a challenge leads to (RFC 9728, section 5.1).
var resourceMetadata = regexp.MustCompile(`resource_metadata="([^"]+)"`)

// findGateway looks whether an address is that of such a server. No credential is sent.
func findGateway(ctx context.Context, address string) (gatewayServer, bool) {
	u, err := url.Parse(address)
	if err != nil || !u.IsAbs() {
		return gatewayServer{}, false
	}
	ctx, cancel := context.WithTimeout(ctx, gatewayTimeout)
	defer cancel()
	client := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	get := func(at string) (*http.Response, []byte) {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, at, nil)
		if err != nil {
			return nil, nil
		}
		resp, err := client.Do(req)
		if err != nil {
			return nil, nil
		}
		defer resp.Body.Close()
		raw, _ := io.ReadAll(io.LimitReader(resp.Body, 1<<20)) // what is cut is no JSON
		return resp, raw
	}
	challenge, _ := get(address)
	if challenge == nil {
		return gatewayServer{}, false
	}
	at := resourceMetadata.FindStringSubmatch(challenge.Header.Get("WWW-Authenticate"))
	if at == nil {
		return gatewayServer{}, false
	}
	// What describes a server is on its own host.
	if about, err := url.Parse(at[1]); err != nil || about.Scheme != u.Scheme || about.Host != u.Host {
		return gatewayServer{}, false
	}
	_, raw := get(at[1])
	var about struct {
		Resource string   `json:"resource"`
		Name     string   `json:"resource_name"`
		Servers  []string `json:"authorization_servers"`
	}
	if json.Unmarshal(raw, &about) != nil || about.Resource != address || !strings.HasPrefix(about.Name, "ucbridge") || len(about.Servers) == 0 {
		return gatewayServer{}, false
	}
	return gatewayServer{address, strings.HasPrefix(address, about.Servers[0]+"/")}, true
}

// refuse says how a client is connected, which needs no ucbridge on this machine.
func (g gatewayServer) refuse(clients []aiclient.Client, name string) error {
	e := usageError{error: fmt.Errorf("%s is a gateway that AI clients sign in to by themselves: they need only its address, and no ucbridge here", g.address)}
	command := func(words ...string) string { return shell.Command(runtime.GOOS, words...) }
	for _, c := range clients {
		switch c.Name {
		case "claude-code":
			words := []string{"claude", "mcp", "add", "--transport", "http"}
			if !g.registers {
				words = append(words, "--client-id", "ID")
			}
			e.hints = append(e.hints, command(append(words, name, g.address)...), command("claude", "mcp", "login", name))
		case "codex":
			e.hints = append(e.hints, command("codex", "mcp", "add", name, "--url", g.address), command("codex", "mcp", "login", name))
		case "gemini-cli":
			e.hints = append(e.hints, command("gemini", "mcp", "add", "--transport", "http", name, g.address))
		case "vscode":
			e.hints = append(e.hints, command("code", "--add-mcp", fmt.Sprintf(`{"name":%q,"type":"http","url":%q}`, name, g.address)))
		default:
			e.hints = append(e.hints, "what to paste into "+c.Title+" is on the page of the gateway")
		}
	}
	if !g.registers {
		e.hints = append(e.hints, "ID is the client id of an OAuth app: ask whoever runs the gateway")
	}
	return e
}
