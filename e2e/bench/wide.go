package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// distant is a way to an MCP server over a long line.
type distant struct {
	name       string
	connection string // sampleConnection has a GET stream, connection refuses one
	route      string
	login      login
	modern     bool // the client speaks revision 2026-07-28
	plain      bool // without TLS
}

// login is how a program signs in.
type login string

const (
	loginPAT login = "PAT"
	loginM2M login = "M2M"
	loginCLI login = "CLI"
)

// The ways that are measured. What is not said is as in the first.
var distants = []distant{
	{name: "proxy", connection: sampleConnection, route: "proxy", login: loginPAT},
	{name: "proxy-no-stream", connection: connection, route: "proxy", login: loginPAT},
	{name: "proxy-plain", connection: sampleConnection, route: "proxy", login: loginPAT, plain: true},
	{name: "proxy-modern", connection: sampleConnection, route: "proxy", login: loginPAT, modern: true},
	{name: "proxy-cli", connection: sampleConnection, route: "proxy", login: loginCLI},
	{name: "proxy-m2m", connection: sampleConnection, route: "proxy", login: loginM2M},
	{name: "auto", connection: sampleConnection, route: "auto", login: loginPAT},
	{name: "mcp-external", connection: sampleConnection, route: "mcp-external", login: loginPAT},
	{name: "external-function", connection: sampleConnection, route: "external-function", login: loginPAT},
	{name: "external-function-modern", connection: sampleConnection, route: "external-function", login: loginPAT, modern: true},
	{name: "external-function-m2m", connection: sampleConnection, route: "external-function", login: loginM2M},
}

// steps are what a client does after it has started a program.
var steps = []string{"initialize", "tools/list", "call"}

// ready is what a client without a bridge says when it has been loaded.
const ready = "ready"

// journey is when each of steps was done, in ms since the program was started, and
// how many connections it took.
type journey struct {
	steps       [3]float64
	connections float64
}

// traveller is a program that makes the journey.
type traveller struct {
	name  string
	later bool // has been there before, and may remember it
	start func(ctx context.Context, d distant, workspace, home string) (*child, error)
	// talks says that it is a bridge; a client without one says itself when each
	// step is done.
	talks bool
}

// travellers are the programs that can make a journey.
func (w wide) travellers(d distant) []traveller {
	var all []traveller
	if d.login == loginPAT && !d.modern {
		all = append(all, traveller{name: nameFloor, talks: true, start: w.floor})
	}
	for _, program := range []struct{ name, path string }{{nameBridge, w.programs.ucbridge}, {nameBase, w.programs.base}} {
		if program.path == "" {
			continue
		}
		start := w.bridge(program.path)
		all = append(all, traveller{name: program.name + ", first start", talks: true, start: start},
			traveller{name: program.name + ", later starts", talks: true, later: true, start: start})
	}
	if d.connection == sampleConnection && d.login == loginPAT && !d.modern {
		all = append(all, traveller{name: "go-sdk, direct", start: w.goSDK})
	}
	if _, err := os.Stat(filepath.Join("node_modules", "@modelcontextprotocol", "sdk")); err == nil && d.connection == sampleConnection && d.login == loginPAT {
		all = append(all, traveller{name: nameTypeScript, start: w.typeScript})
	}
	return all
}

// nameTypeScript is the client to whose round trips those of the bridge are compared.
const nameTypeScript = "TypeScript SDK, direct"

// bridge is how a build of ucbridge is started.
func (w wide) bridge(program string) func(ctx context.Context, d distant, workspace, home string) (*child, error) {
	return func(ctx context.Context, d distant, workspace, home string) (*child, error) {
		return startChild(ctx, w.environment(d, workspace, home), program, "stdio", "--connection", d.connection, "--route", d.route)
	}
}

// wide measures journeys.
type wide struct {
	programs programs
	site     site
}

func (w wide) environment(d distant, workspace, home string) []string {
	env := slices.DeleteFunc(w.site.environment(workspace), func(v string) bool {
		return strings.HasPrefix(v, "HOME=") || strings.HasPrefix(v, "UCBRIDGE_CACHE_DIR=") ||
			strings.HasPrefix(v, "DATABRICKS_TOKEN=") && d.login != loginPAT
	})
	env = append(env, "HOME="+home, "UCBRIDGE_CACHE_DIR="+home)
	switch d.login {
	case loginM2M:
		env = append(env, "DATABRICKS_CLIENT_ID="+clientID, "DATABRICKS_CLIENT_SECRET="+clientSecret)
	case loginCLI:
		env = append(env, "DATABRICKS_AUTH_TYPE=databricks-cli", "DATABRICKS_CLI_PATH="+w.programs.cli)
	}
	return env
}

func (w wide) floor(ctx context.Context, d distant, workspace, home string) (*child, error) {
	route := d.route
	if route == "auto" {
		route = "proxy"
	}
	return startChild(ctx, w.environment(d, workspace, home), w.programs.floor, d.connection, route)
}

func (w wide) goSDK(ctx context.Context, d distant, workspace, home string) (*child, error) {
	return startChild(ctx, w.environment(d, workspace, home), w.programs.self, directCommand, proxyURL(workspace, d.connection))
}

func (w wide) typeScript(ctx context.Context, d distant, workspace, home string) (*child, error) {
	env := append(w.environment(d, workspace, home), "NODE_EXTRA_CA_CERTS="+w.site.certificate)
	return startChild(ctx, env, "node", filepath.Join("bench", "direct.mjs"), proxyURL(workspace, d.connection), strconv.FormatBool(d.modern))
}

func proxyURL(workspace, connection string) string {
	return workspace + "/api/2.0/unity-catalog/connections/" + connection + "/proxy"
}

// measureWide measures the journeys that are wanted, several times each.
func measureWide(ctx context.Context, r report, p programs, at site, s settings) error {
	w := wide{p, at}
	wanted := slices.DeleteFunc(slices.Clone(distants), func(d distant) bool { return !s.wants("wide/" + d.name) })
	if len(wanted) == 0 {
		return nil
	}
	fmt.Fprintf(r.w, "\n%v a round trip. Cells are ms since the start of the program, or since a client without a bridge was loaded, and whole round trips in them.\n", distance)
	for _, d := range wanted {
		fmt.Fprintf(os.Stderr, "wide/%s\n", d.name)
		journeys := make(map[string][]journey)
		travellers := w.travellers(d)
		for range s.effort.journeys {
			if err := w.round(ctx, d, travellers, journeys); err != nil {
				return fmt.Errorf("wide/%s: %w", d.name, err)
			}
		}
		r.wide(d, travellers, journeys)
	}
	return nil
}

// round has each traveller make the journey once. A first start has no memory; a
// later one has that of the first before it.
func (w wide) round(ctx context.Context, d distant, travellers []traveller, journeys map[string][]journey) (err error) {
	line, workspace, err := w.line(d)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, line.close()) }()
	home := ""
	for _, t := range travellers {
		if !t.later {
			if home, err = os.MkdirTemp(w.site.home, "wide-"); err != nil {
				return err
			}
		}
		line.opened.Store(0)
		began := time.Now()
		c, err := t.start(ctx, d, workspace, home)
		if err != nil {
			return fmt.Errorf("starting %s: %w", t.name, err)
		}
		j, err := makeJourney(c, d, t.talks, began)
		j.connections = float64(line.opened.Load())
		if err := errors.Join(err, c.close()); err != nil {
			return fmt.Errorf("%s: %w", t.name, err)
		}
		journeys[t.name] = append(journeys[t.name], j)
	}
	return nil
}

// line is a long line to the workspace, and the workspace's URL at this end of it.
func (w wide) line(d distant) (*relay, string, error) {
	workspace := w.site.secure
	if d.plain {
		workspace = w.site.workspace
	}
	at, err := url.Parse(workspace)
	if err != nil {
		return nil, "", err
	}
	line, err := startRelay(at.Host)
	if err != nil {
		return nil, "", err
	}
	return line, at.Scheme + "://" + line.address(), nil
}

// makeJourney takes a program through the steps.
func makeJourney(c *child, d distant, talks bool, began time.Time) (j journey, err error) {
	if !talks { // a client is there already when a bridge is started
		if err := expectLine(c.out, ready); err != nil {
			return j, err
		}
		began = time.Now()
	}
	for i, step := range steps {
		if talks {
			err = ask(c, firstID+i, d.requests()[i])
		} else {
			err = expectLine(c.out, step)
		}
		if err != nil {
			return j, fmt.Errorf("%s: %w", step, err)
		}
		j.steps[i] = milliseconds(time.Since(began))
		if i == 0 && talks && !d.modern {
			if _, err := io.WriteString(c.in, notifyInitialized+"\n"); err != nil {
				return j, err
			}
		}
	}
	return j, nil
}

// requests returns method and params of the steps.
func (d distant) requests() [3]string {
	if !d.modern {
		return [3]string{
			`"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"bench","version":"1.0.0"}}`,
			`"tools/list","params":{}`,
			`"tools/call","params":{"name":"echo","arguments":{"text":"hello"}}`,
		}
	}
	const meta = `"_meta":{"io.modelcontextprotocol/protocolVersion":"2026-07-28",` +
		`"io.modelcontextprotocol/clientInfo":{"name":"bench","version":"1.0.0"},"io.modelcontextprotocol/clientCapabilities":{}}`
	return [3]string{
		`"server/discover","params":{` + meta + `}`,
		`"tools/list","params":{` + meta + `}`,
		`"tools/call","params":{"name":"echo","arguments":{"text":"hello"},` + meta + `}`,
	}
}

// ask makes a request and returns when a result has come; what comes in between on
// the server's account is passed over.
func ask(c *child, id int, request string) error {
	if _, err := fmt.Fprintf(c.in, `{"jsonrpc":"2.0","id":%d,"method":%s}`+"\n", id, request); err != nil {
		return err
	}
	for {
		line, err := c.out.ReadBytes('\n')
		if err != nil {
			return noEOF(err)
		}
		var message struct {
			ID     json.RawMessage
			Result json.RawMessage
		}
		if err := json.Unmarshal(line, &message); err != nil {
			return fmt.Errorf("reading %.200q: %w", line, err)
		}
		if string(message.ID) != fmt.Sprint(id) {
			continue
		}
		if message.Result == nil || strings.Contains(string(message.Result), `"isError":true`) {
			return fmt.Errorf("unexpected answer %.300q", line)
		}
		return nil
	}
}

func expectLine(out *bufio.Reader, want string) error {
	line, err := out.ReadString('\n')
	if err != nil {
		return noEOF(err)
	}
	if strings.TrimSpace(line) != want {
		return fmt.Errorf("unexpected line %q", line)
	}
	return nil
}

// wide writes the table of a way.
func (r report) wide(d distant, travellers []traveller, journeys map[string][]journey) {
	r.head(append([]string{"wide/" + d.name, "connections"}, append(slices.Clone(steps), "bounds")...))
	middle := func(name string, value func(journey) float64) float64 {
		var all []float64
		for _, j := range journeys[name] {
			all = append(all, value(j))
		}
		return median(all)
	}
	for _, t := range travellers {
		row := []string{t.name, plain(middle(t.name, func(j journey) float64 { return j.connections }))}
		for i := range steps {
			ms := middle(t.name, func(j journey) float64 { return j.steps[i] })
			row = append(row, fmt.Sprintf("%s (%d)", plain(ms), int(ms/milliseconds(distance))))
		}
		said := ""
		if list := func(j journey) float64 { return j.steps[1] }; t.name == nameBridge+", first start" && len(journeys[nameFloor]) > 0 {
			beyond := middle(t.name, list) - middle(nameFloor, list)
			said = fmt.Sprintf("tools/list %s ms beyond floor's", plain(beyond))
			if judged := r.judged("wide/"+d.name, map[string]float64{figureValue: beyond}); judged != "" {
				said += ", " + judged
			}
		}
		if list := func(j journey) float64 { return math.Floor(j.steps[1] / milliseconds(distance)) }; t.name == nameBridge+", first start" && len(journeys[nameTypeScript]) > 0 {
			beyond := middle(t.name, list) - middle(nameTypeScript, list)
			said += fmt.Sprintf(" %+.0f round trips to the TypeScript SDK's", beyond)
			if judged := r.judged("wide/"+d.name+"/trips", map[string]float64{figureValue: beyond}); judged != "" {
				said += ", " + judged
			}
		}
		r.row(append(row, said))
	}
}
