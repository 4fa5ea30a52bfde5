package webui

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"

	"ucbridge/bridge/gateway"
	"ucbridge/bridge/refusal"
)

// Entry is a server as the first page shows it.
type Entry struct {
	Server
	// Page is the path of the server's own page.
	Page string
	// State is "usable", "sign-in", "forbidden", "slow" or "trouble".
	State   string
	Problem *Problem // where it is not usable
	// Software is what the server calls itself.
	Software string
}

// Stated is the state in words.
func (e Entry) Stated() string {
	return map[string]string{
		"usable": "usable", "sign-in": "sign in first", "forbidden": "no permission", "slow": "no answer yet", "trouble": "error",
	}[e.State]
}

// Recent is one of the visitor's latest calls.
type Recent struct {
	At, When  string // for machines and for people
	Server    string
	What      string
	Outcome   string
	Succeeded bool
	Took      string
}

// home is the first page.
func (q *request) home() {
	page := view{Title: "MCP servers", Waiting: q.waiting(), Servers: q.states(), Setups: q.setups(q.page.opts.Servers), Recent: q.recent(), Usage: q.usage()}
	page.Shared = !q.page.opts.Auth.TakesTokens() && q.page.login == nil
	q.render(http.StatusOK, homePage, page)
}

// states asks all servers at once whether the visitor may use them. One that takes
// its time does not keep the page.
func (q *request) states() []Entry {
	ctx, cancel := context.WithTimeout(q.r.Context(), stateTimeout)
	defer cancel()
	entries := make([]Entry, len(q.page.opts.Servers))
	var all sync.WaitGroup
	for i, s := range q.page.opts.Servers {
		all.Go(func() {
			c, err := q.connect(ctx, s)
			entries[i] = q.entryOf(s, c, err)
			c.end(ctx)
		})
	}
	all.Wait()
	return entries
}

// entryOf says how a handshake went.
func (q *request) entryOf(s Server, c *mcpClient, err error) Entry {
	e := Entry{Server: s, Page: root(q.r) + "tools" + s.Path, State: "usable"}
	if err == nil {
		e.Software = cmp.Or(c.server.Title, c.server.Name)
		if c.server.Version != "" {
			e.Software += " " + c.server.Version
		}
		return e
	}
	e.Problem = q.page.problemOf(err, q.caller.Name)
	switch refusal.Reason(e.Problem.Reason) {
	case refusal.ConnectionLoginRequired, refusal.ConnectionLoginExpired:
		e.State = "sign-in"
	case refusal.ConnectionForbidden, refusal.ServiceForbidden:
		e.State = "forbidden"
	default:
		e.State = "trouble"
		if isLate(err) {
			e.State = "slow"
		}
	}
	return e
}

// recent lists the visitor's own latest calls.
func (q *request) recent() []Recent {
	var all []Recent
	for _, c := range q.page.opts.Gateway.Recent(q.caller) {
		r := Recent{
			At: c.At.UTC().Format(time.RFC3339), When: c.At.UTC().Format("15:04:05"),
			Server: c.Path, What: cmp.Or(c.Name, c.Method), Took: short(c.Took),
			Outcome: cmp.Or(string(c.Reason), "answered"), Succeeded: c.Status < 400 && c.Reason == "",
		}
		if s, known := q.page.servers[c.Path]; known {
			r.Server = s.Name
		}
		if c.Reason == "" && !r.Succeeded {
			r.Outcome = http.StatusText(c.Status)
		}
		all = append(all, r)
	}
	return all
}

// usage is the visitor's own, with the names of servers.
func (q *request) usage() []gateway.Usage {
	all := q.page.opts.Gateway.Usage(q.caller)
	for i, u := range all {
		if s, known := q.page.servers[u.Path]; known {
			all[i].Path = s.Name
		}
	}
	return all
}

// short is a duration to three figures or so.
func short(d time.Duration) string {
	switch {
	case d >= 10*time.Second:
		return d.Round(time.Second).String()
	case d >= time.Second:
		return d.Round(10 * time.Millisecond).String()
	}
	return max(d.Round(time.Millisecond), time.Millisecond).String()
}
