package gateway

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"ucbridge/bridge/mcp"
)

// Usage is what a user has made of one tool, on this replica since it started.
type Usage struct {
	Path, Tool            string
	Calls, Errors, Denied int
	// P50 is the median time of the latest calls.
	P50 time.Duration
	// Hours are the calls of each of the last 24 hours, the latest last.
	Hours [usageHours]int
}

const (
	usageHours = 24
	// maxTook is how many times of a tool are kept, maxUserTools how many tools of a user,
	// maxUsageUsers of how many users.
	maxTook, maxUserTools, maxUsageUsers = 64, 50, 1000
)

// usage keeps what users make of tools. It is safe for concurrent use.
type usage struct {
	mu    sync.Mutex
	users map[string]map[toolName]*toolUsage
}

// toolUsage is one user's use of one tool.
type toolUsage struct {
	calls, errors, denied int
	took                  []time.Duration // a ring
	next                  int
	hours                 [usageHours]int // a ring, by the hour since the epoch
	hour                  int64           // the latest in it
}

func newUsage() *usage { return &usage{users: make(map[string]map[toolName]*toolUsage)} }

// add notes a finished call of a tool.
func (u *usage) add(x *exchange) {
	if x.caller.Name == "" || x.message.Method != mcp.CallTool || x.message.Batch != nil {
		return
	}
	tool := toolName{x.r.URL.Path, x.subject()}
	u.mu.Lock()
	defer u.mu.Unlock()
	tools, known := u.users[x.caller.Name]
	if !known {
		for name := range u.users {
			if len(u.users) < maxUsageUsers {
				break
			}
			delete(u.users, name)
		}
		tools = make(map[toolName]*toolUsage)
		u.users[x.caller.Name] = tools
	}
	if tools[tool] == nil && (len(tools) >= maxUserTools || tool.tool == "") {
		tool.tool = "other"
	}
	one := tools[tool]
	if one == nil {
		one = &toolUsage{hour: time.Now().Unix() / 3600}
		tools[tool] = one
	}
	one.add(x.verdict(), x.took)
}

func (t *toolUsage) add(verdict string, took time.Duration) {
	t.turn(time.Now())
	t.calls++
	t.hours[t.hour%usageHours]++
	switch verdict {
	case "answered":
	case "denied", "waiting":
		t.denied++
	default:
		t.errors++
	}
	if len(t.took) < maxTook {
		t.took = append(t.took, took)
		return
	}
	t.took[t.next] = took
	t.next = (t.next + 1) % maxTook
}

// turn brings the ring of hours to the present.
func (t *toolUsage) turn(now time.Time) {
	hour := now.Unix() / 3600
	for range min(hour-t.hour, usageHours) {
		t.hour++
		t.hours[t.hour%usageHours] = 0
	}
	t.hour = hour
}

// Usage returns what the caller has made of tools on this replica, what was called most
// first. With --auth app nobody's calls are told apart, and there is none.
func (g *Gateway) Usage(c Caller) []Usage {
	if !g.opts.Auth.TakesTokens() && g.opts.Auth.Secret == "" {
		return nil
	}
	g.usage.mu.Lock()
	defer g.usage.mu.Unlock()
	var all []Usage
	for name, t := range g.usage.users[c.Name] {
		t.turn(time.Now())
		one := Usage{Path: name.path, Tool: name.tool, Calls: t.calls, Errors: t.errors, Denied: t.denied}
		for i := range one.Hours {
			one.Hours[i] = t.hours[(t.hour+1+int64(i))%usageHours]
		}
		sorted := slices.Sorted(slices.Values(t.took))
		one.P50 = sorted[len(sorted)/2]
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b Usage) int {
		return cmp.Or(cmp.Compare(b.Calls, a.Calls), cmp.Compare(a.Path, b.Path), cmp.Compare(a.Tool, b.Tool))
	})
	return all
}
