package webui

import (
	"errors"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"ucbridge/bridge/databricks"
	"ucbridge/bridge/emulator"
	"ucbridge/bridge/gateway"
	"ucbridge/bridge/oauth"
	"ucbridge/bridge/scim"
	"ucbridge/bridge/seal"
	"ucbridge/bridge/telemetry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	ada = "dapi-demo-ada"
	bob = "dapi-demo-bob"
)

// stage is a workspace, and a gateway with its pages in front of it.
type stage struct {
	t         *testing.T
	workspace *emulator.Workspace
	gateway   *gateway.Gateway
	pages     *Page
	http      *httptest.Server
}

// set starts a gateway on behalf of its users that serves the connections of the
// seed and, at /mcp/own, the MCP server given, with the options that change makes.
func set(t *testing.T, own http.Handler, change func(*gateway.Options)) *stage {
	t.Helper()
	return setAs(t, true, own, change)
}

// setLocal starts a gateway for ada alone, who has to show a secret.
func setLocal(t *testing.T, secret string) *stage {
	t.Helper()
	t.Setenv("DATABRICKS_TOKEN", ada)
	t.Setenv("DATABRICKS_CONFIG_FILE", os.DevNull)
	return setAs(t, false, nil, func(o *gateway.Options) {
		o.Auth = gateway.Authenticator{Secret: secret, Loopback: true, People: o.Auth.People}
	})
}

func setAs(t *testing.T, onBehalf bool, own http.Handler, change func(*gateway.Options)) *stage {
	t.Helper()
	w, err := emulator.Start(emulator.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !onBehalf {
		t.Setenv("DATABRICKS_HOST", w.URL())
	}
	s := &stage{t: t, workspace: w}
	names := []string{"github", "github_u2m_connection"}
	var upstream *httptest.Server
	if own != nil {
		upstream = httptest.NewServer(own)
		w.AddConnection(emulator.Connection{Name: "own", Upstream: upstream.URL, MCP: true})
		names = append(names, "own")
	}
	log := slog.New(slog.DiscardHandler)
	me, err := databricks.Open(databricks.Options{Target: databricks.Target{URL: scim.MePath}, OnBehalf: onBehalf, Host: w.URL(), Log: log})
	if err != nil {
		t.Fatal(err)
	}
	tracing := telemetry.Open("0.0.0", log)
	o := gateway.Options{
		MaxMessage: 1 << 20, Tracer: tracing, Log: log,
		Auth: gateway.Authenticator{OnBehalf: true, Believed: true, People: gateway.NewPeople(me)},
	}
	var servers []Server
	for _, name := range names {
		transport, err := me.Beside(databricks.Target{Connection: name})
		if err != nil {
			t.Fatal(err)
		}
		o.Endpoints = append(o.Endpoints, gateway.Endpoint{Path: "/mcp/" + name, Transport: transport})
		servers = append(servers, Server{Path: "/mcp/" + name, Name: name, Kind: "connection", Args: []string{"--connection", name}})
	}
	if change != nil {
		change(&o)
	}
	s.gateway = gateway.New(o)
	pages := Options{Gateway: s.gateway, Approvals: o.Approvals, Auth: &o.Auth, MaxMessage: o.MaxMessage, Log: o.Log, Servers: servers, Workspace: func() string { return me.Describe().Host }}
	if r := o.Auth.Resource; r != nil {
		pages.SignIn = &oauth.SignIn{Server: r.Server, ClientID: r.ClientID, Client: me.Anonymous()}
		if pages.Seal, err = seal.New("a key that replicas share"); err != nil {
			t.Fatal(err)
		}
	}
	s.pages = New(pages)
	s.gateway.Page = s.pages
	s.http = httptest.NewServer(s.gateway.Handler())
	t.Cleanup(func() {
		s.http.Close()
		if err := errors.Join(tracing.Close(t.Context()), w.Close()); err != nil {
			t.Error(err)
		}
		if upstream != nil {
			upstream.Close()
		}
		me.Close()
	})
	return s
}

// answer is what a browser gets.
type answer struct {
	status int
	header http.Header
	body   string
}

// text is the page without its tags, as people read it.
func (a answer) text() string {
	return strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(a.body, " "))), " ")
}

// send sends a request; form is nil for a GET. more are headers, "Name: value".
func (s *stage) send(path, token string, form url.Values, more ...string) answer {
	s.t.Helper()
	method, body := http.MethodGet, ""
	if form != nil {
		method, body = http.MethodPost, form.Encode()
	}
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.http.URL+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	if token != "" {
		req.Header.Set("X-Forwarded-Access-Token", token)
	}
	for _, h := range more {
		name, value, _ := strings.Cut(h, ": ")
		req.Header.Set(name, value)
		if name == "Host" {
			req.Host = value
		}
	}
	resp, err := http.DefaultTransport.RoundTrip(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
	return answer{resp.StatusCode, resp.Header, string(raw)}
}

// holds fails the test unless the page reads, or does not read, as wanted.
func (a answer) holds(t *testing.T, status int, wanted ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d", a.status, status)
	}
	for _, w := range wanted {
		part, unwanted := strings.CutPrefix(w, "!")
		if strings.Contains(a.text(), part) == unwanted {
			t.Errorf("page holds %q: %v\n%s", part, unwanted, a.text())
		}
	}
}
