package webui

import (
	"cmp"
	"context"
	"net/http"
	"sync"
	"time"
	"ucbridge/bridge/refusal"
)

// Entry is a server as the first page shows it.
type Entry struct {
	Server
	// Page is the path of the server's own page.
	Page string
	// State is "usable", "sign-in", "forbidden", "slow" or "trouble".
	State   string
	Trouble *Trouble // where it is not usable
	// Software is what the server calls itself.
	Software string
}

// Stated is the state in words.
func (e Entry) Stated() string {
	return map[string]string{
		"usable": "usable", "sign-in": "sign in first", "forbidden": "no permission", "slow": "no answer yet", "trouble": "trouble",
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
func (v *visit) home() {
	page := view{Title: "MCP servers", Servers: v.states(), Setups: v.setups(v.Servers), Recent: v.recent()}
	page.Shared = !v.Gateway.Door.OnBehalf && v.entry == nil
	v.render(http.StatusOK, "home", page)
}

// states asks all servers at once whether the visitor may use them. One that takes
// its time does not keep the page.
func (v *visit) states() []Entry {
	ctx, cancel := context.WithTimeout(v.r.Context(), stateWait)
	defer cancel()
	entries := make([]Entry, len(v.Servers))
	var all sync.WaitGroup
	for i, s := range v.Servers {
		all.Go(func() {
			t, err := v.begin(ctx, s)
			entries[i] = v.entryOf(s, t, err)
			t.end(ctx)
		})
	}
	all.Wait()
	return entries
}

// entryOf says how a handshake went.
func (v *visit) entryOf(s Server, t *talk, err error) Entry {
	e := Entry{Server: s, Page: "/tools" + s.Path, State: "usable"}
	if err == nil {
		e.Software = cmp.Or(t.server.Title, t.server.Name)
		if t.server.Version != "" {
			e.Software += " " + t.server.Version
		}
		return e
	}
	e.Trouble = v.troubleOf(err, v.caller.Name)
	switch refusal.Reason(e.Trouble.Reason) {
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
func (v *visit) recent() []Recent {
	var all []Recent
	for _, c := range v.Gateway.Recent(v.caller) {
		r := Recent{
			At: c.At.UTC().Format(time.RFC3339), When: c.At.UTC().Format("15:04:05"),
			Server: c.Path, What: cmp.Or(c.Name, c.Method), Took: short(c.Took),
			Outcome: cmp.Or(string(c.Reason), "answered"), Succeeded: c.Status < 400 && c.Reason == "",
		}
		if s, known := v.servers[c.Path]; known {
			r.Server = s.Name
		}
		if c.Reason == "" && !r.Succeeded {
			r.Outcome = http.StatusText(c.Status)
		}
		all = append(all, r)
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
