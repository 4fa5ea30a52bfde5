//go:build linux

package peers

import (
	"fmt"
	"io/fs"
	"maps"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"text/tabwriter"

	"ucbridge/bridge/emulator"
	"ucbridge/bridge/quirks"
)

// habits are what a client was seen to do with the probe, by column.
type habits map[string]string

// Columns of the table. What the bridge mends for a client that needs it is the same
// for every client behind it; all else is as on a direct connection.
var columns = []struct {
	name, mended string
	varies       bool // from run to run
}{
	{name: "name"}, {name: "first"}, {name: "capabilities"},
	{name: "tools apart", mended: "4 of 4"},
	{name: "long name"},
	{name: "pages", mended: "2 of 2"},
	{name: "reads again"},
	{name: "structured alone", mended: "seen, 1 call"},
	{name: "text that is an array", mended: "seen, 1 call"},
	{name: "text that is a number", mended: "seen, 1 call"},
	{name: "link beside structured content", mended: "seen"},
	{name: "link alone", mended: "seen"},
	{name: "error"}, {name: "URL elicitation"}, {name: "200 kB"}, {name: "late cancellations", mended: "0"}, {name: "environment"}, {name: "end", varies: true},
}

// TestHabits has each client use a server that shows what the client makes of it,
// directly and through ucbridge, and prints a table. Those that cannot have a turn with
// a model here only start the server.
func TestHabits(t *testing.T) {
	if os.Getenv("PEERS") != "all" {
		t.Skip("the whole table: make clients")
	}
	var rows []string
	t.Cleanup(func() { printHabits(t, rows) })
	for _, c := range clients {
		t.Run(c.name, func(t *testing.T) {
			direct, through := observe(t, c, false), observe(t, c, true)
			direct.check(t)
			for _, column := range columns {
				name, want := column.name, direct[column.name]
				if _, seen := direct[name]; !seen {
					continue
				}
				if column.mended != "" {
					want = column.mended
				}
				if through[name] != want && !column.varies {
					t.Errorf("%s: %q through ucbridge, want %q; directly %q", name, through[name], want, direct[name])
				}
				rows = append(rows, fmt.Sprintf("%s\t%s\t%s\t%s\n", c.name, name, direct[name], through[name]))
			}
		})
	}
}

// check holds what is known of a client to what it did on a direct connection.
func (h habits) check(t *testing.T) {
	t.Helper()
	if h["pages"] == "" { // it had no turn
		return
	}
	name, version, _ := strings.Cut(h["name"], " ")
	known := quirks.Of(name, version)
	for _, c := range []struct {
		quirk       string
		known, seen bool
	}{
		{"FirstPageOnly", known.FirstPageOnly, h["pages"] == "1 of 2"},
		{"TextOnly", known.TextOnly, strings.HasPrefix(h["structured alone"], "nothing")},
		{"ReadsText", known.ReadsText, strings.HasPrefix(h["text that is an array"], "nothing")},
		{"StructuredAlone", known.StructuredAlone, h["link beside structured content"] == "nothing" && h["link alone"] == "seen"},
		{"WordsAndPictures", known.WordsAndPictures, h["link alone"] == "nothing"},
		{"LateCancels", known.LateCancels, h["late cancellations"] != "0"},
		{"Spelling", known.Spelling != quirks.Spelling{}, h["tools apart"] != fmt.Sprintf("%d of %[1]d", len(alike))},
		{"KeepsLists", known.KeepsLists, h["reads again"] == "no"},
		{"DeclinesLinks", known.DeclinesLinks, h["URL elicitation"] == ""},
	} {
		if c.known != c.seen {
			t.Errorf("bridge/quirks says %s: %t of %s, and it was seen: %t", c.quirk, c.known, h["name"], c.seen)
		}
	}
}

func printHabits(t *testing.T, rows []string) {
	var table strings.Builder
	w := tabwriter.NewWriter(&table, 0, 0, 2, ' ', 0)
	fmt.Fprint(w, "client\t\tdirectly\tthrough ucbridge\n"+strings.Join(rows, ""))
	w.Flush()
	t.Log("\n" + table.String())
}

// observe has a client have its turn.
func observe(t *testing.T, c client, through bool) habits {
	t.Helper()
	program := c.program(t)
	var plan []wish
	for _, tool := range slices.Concat([]string{"change"}, firstPage, secondPage, []string{added}) { // time to read the list again
		plan = append(plan, wish{tool, "{}"})
	}
	d := newDesk(t, c, program, plan...)
	d.env = append(d.env, "UNRELATED=1", "MY_SECRET_TOKEN=1")
	child, server := probeChild, new(probe)
	if through {
		child = ucbridge
		upstream := httptest.NewServer(server)
		t.Cleanup(upstream.Close)
		d.workspace.AddConnection(emulator.Connection{Name: "github", Upstream: upstream.URL, Bearer: credential, MCP: true})
	}
	seen, script := newTap(t, child)
	if c.settings != nil {
		c.settings(t, d.home, d.model.URL)
	}
	d.must(t, []string{ucbridge}, "install", c.name, "--connection", "github", "--profile", "DEFAULT")
	d.startInstead(t, script)
	args := c.list
	if c.chat != nil {
		args = c.chat(d.model.URL)
	}
	d.must(t, program, args...)
	d.checkNoOrphans(t)
	if c.chat == nil || c.hides {
		return listed(seen.read(t))
	}
	h := habitsOf(d.model, seen.read(t))
	if through {
		h["late cancellations"] = fmt.Sprint(server.cancels.Load()) // those that arrived
	}
	return h
}

// startInstead puts another program into the settings that install wrote.
func (d *desk) startInstead(t *testing.T, program string) {
	t.Helper()
	changed := 0
	err := filepath.WalkDir(d.home, func(path string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.Type().IsRegular() || strings.Contains(path, ".before-ucbridge") {
			return err
		}
		text, err := os.ReadFile(path)
		if err == nil && strings.Contains(string(text), ucbridge) {
			changed++
			err = os.WriteFile(path, []byte(strings.ReplaceAll(string(text), ucbridge, program)), 0o600)
		}
		return err
	})
	if err != nil || changed == 0 {
		t.Fatalf("no settings with %s: %v", ucbridge, err)
	}
}

// listed are the habits that show at the start of a server.
func listed(seen tapped) habits {
	h := make(habits)
	var first []string
	for _, message := range seen.messages {
		p := message.Params
		switch message.Method {
		case "server/discover":
			first = append(first, message.Method)
		case "initialize":
			first = append(first, "initialize "+p.ProtocolVersion)
			h["name"] = p.ClientInfo.Name + " " + p.ClientInfo.Version
			h["capabilities"] = strings.Join(slices.Sorted(maps.Keys(p.Capabilities)), ", ")
		}
	}
	if first == nil { // it starts no server for a list
		return h
	}
	h["first"] = strings.Join(first, ", ")
	h["environment"] = "few"
	if strings.Contains(seen.env, "\nUNRELATED=") {
		h["environment"] = "all"
		if !strings.Contains(seen.env, "\nMY_SECRET_TOKEN=") {
			h["environment"] = "all but secrets"
		}
	}
	if h["end"] = seen.end; seen.end == "" {
		h["end"] = "SIGKILL"
	}
	return h
}

// habitsOf are those that show in a turn, too.
func habitsOf(m *model, seen tapped) habits {
	h := listed(seen)
	calls, cancels := make(map[string]int), 0
	for _, message := range seen.messages {
		switch message.Method {
		case "tools/call":
			calls[message.Params.Name]++
		case "notifications/cancelled":
			cancels++
		}
	}
	h["late cancellations"] = fmt.Sprint(cancels)
	apart := 0
	for _, tool := range alike {
		if m.saw(tool, "ran ["+tool+"]") {
			apart++
		}
	}
	h["tools apart"] = fmt.Sprintf("%d of %d", apart, len(alike))
	h["long name"] = fmt.Sprintf("%d characters, runs: %t", len(m.called[longName]), m.saw(longName, "ran ["+longName+"]"))
	h["pages"] = map[bool]string{true: "2 of 2", false: "1 of 2"}[m.called["second"] != ""]
	h["reads again"] = map[bool]string{true: "yes", false: "no"}[m.called[added] != ""]
	for column, of := range map[string]struct{ tool, word string }{
		"structured alone": {"structured", structuredWord}, "text that is an array": {"array", arrayWord}, "text that is a number": {"number", numberWord},
	} {
		h[column] = fmt.Sprintf("%s, %d call", map[bool]string{true: "seen", false: "nothing"}[m.saw(of.tool, of.word)], calls[of.tool])
	}
	for column, of := range map[string]struct{ tool, word string }{
		"link beside structured content": {"beside", besideWord}, "link alone": {"address", addressWord},
	} {
		h[column] = map[bool]string{true: "seen", false: "nothing"}[m.saw(of.tool, of.word)]
	}
	h["error"] = m.sawOf("refused", map[string]string{"message": refusedWord, "data": refusedHint, "code": "-32010"})
	h["URL elicitation"] = m.sawOf("link", map[string]string{"message": linkWord, "address": "signin.example.test", "code": "-32042"})
	h["200 kB"] = fmt.Sprintf("%d kB", strings.Count(m.results["large"], largeWord)*len(largeWord)/1000)
	return h
}

// saw reports whether the model got to see words after a call.
func (m *model) saw(tool, words string) bool { return strings.Contains(m.results[tool], words) }

// sawOf returns which of some things it saw.
func (m *model) sawOf(tool string, things map[string]string) string {
	var seen []string
	for thing, words := range things {
		if m.saw(tool, words) {
			seen = append(seen, thing)
		}
	}
	slices.Sort(seen)
	return strings.Join(seen, ", ")
}
