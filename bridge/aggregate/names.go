package aggregate

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Prefix says when a name carries that of its server.
type Prefix string

const (
	// PrefixAuto is for names that two servers have.
	PrefixAuto Prefix = "auto"
	// PrefixAlways is for every name.
	PrefixAlways Prefix = "always"
	// PrefixNever leaves names alone: of two the first server has it, the other's
	// is not shown.
	PrefixNever Prefix = "never"
)

// maxName is the length of a name that every model's API takes with what clients put
// before it: 64 at most, less a margin (Anthropic and OpenAI take 64).
const maxName = 60

// hashLength is how many hexadecimal digits tell shortened names apart.
const hashLength = 6

// Own tools of an aggregate, whose names no server gets.
const (
	statusTool = "ucbridge_status"
	findTool   = "find_tools"
	readTool   = "call_read_tool"
	writeTool  = "call_write_tool"
)

// reserved are the names of own tools.
var reserved = []string{statusTool, findTool, readTool, writeTool}

// plain returns name with nothing in it but [A-Za-z0-9_-]: what a server is called in
// the names of its tools.
func plain(name string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', r == '_', r == '-':
			return r
		}
		return '_'
	}, name)
}

// fitted returns name as every client can take it. One that had to be changed ends with
// a hash of server and name, so that no two become one.
func fitted(server, name, shown string) string {
	if short := plain(shown); short == shown && len(shown) <= maxName && shown != "" {
		return shown
	}
	return hashed(server, name, shown)
}

// hashed is fitted for a name that has to end with a hash.
func hashed(server, name, shown string) string {
	sum := sha256.Sum256([]byte(server + "\x00" + name))
	short := plain(shown)
	short = short[:min(len(short), maxName-hashLength-1)]
	return short + "_" + hex.EncodeToString(sum[:])[:hashLength]
}

// Degrees of a name; each is a function of server and name alone.
const (
	degreeOwn    = iota // search
	degreeServer        // github_search
	degreeHash          // github_search_1f2e3d
)

// spell returns the name of a tool or prompt in one degree.
func spell(server, name string, degree int) string {
	switch degree {
	case degreeOwn:
		return fitted(server, name, name)
	case degreeServer:
		return fitted(server, name, plain(server)+"_"+name)
	}
	return hashed(server, name, plain(server)+"_"+name)
}

// entry is a name of one server.
type entry struct{ server, name string }

// named is an entry on its way to its name.
type named struct {
	entry
	degree int
	shown  string
}

// raise names an entry by that degree, or by the next one where the name is reserved.
func (n *named) raise(degree int) {
	n.degree = min(degree, degreeHash)
	n.shown = spell(n.server, n.name, n.degree)
	if n.degree < degreeHash && slices.Contains(reserved, n.shown) {
		n.raise(n.degree + 1)
	}
}

// assign says what each entry is called, "" where it is not shown. servers are the
// names of all servers, in their order, which is that of the entries too. A name that
// belongs to the aggregate, or begins as the names of another server do, carries its
// server's: no server can take the place of another.
func assign(prefix Prefix, servers []string, entries []entry) map[entry]string {
	begins := beginnings(servers)
	names := make(map[entry]string, len(entries))
	all := make([]named, 0, len(entries))
	for _, e := range entries {
		if _, twice := names[e]; twice {
			continue
		}
		names[e] = ""
		n := named{entry: e}
		n.raise(degreeOwn)
		if n.degree == degreeOwn && (prefix == PrefixAlways || prefix == PrefixAuto && begins.borrowed(e)) {
			n.raise(degreeServer)
		}
		all = append(all, n)
	}
	if prefix == PrefixNever {
		taken := make(map[string]bool, len(all))
		for _, n := range all {
			if !taken[n.shown] {
				taken[n.shown], names[n.entry] = true, n.shown
			}
		}
		return names
	}
	for range degreeHash { // each round parts those of one name
		part(all)
	}
	for _, n := range all {
		names[n.entry] = n.shown
	}
	return names
}

// part raises the degree of all that have one name.
func part(all []named) {
	holder := make(map[string]int, len(all))
	var same []int
	for i := range all {
		first, taken := holder[all[i].shown]
		if !taken {
			holder[all[i].shown] = i
			continue
		}
		if first >= 0 {
			same = append(same, first)
			holder[all[i].shown] = -1
		}
		same = append(same, i)
	}
	for _, i := range same {
		all[i].raise(all[i].degree + 1)
	}
}

// prefixes are how the names of each server begin, with the server.
type prefixes map[string]string

func beginnings(servers []string) prefixes {
	all := make(prefixes, len(servers))
	for _, server := range servers {
		all[plain(server)+"_"] = server
	}
	return all
}

// borrowed reports whether a name begins as those of another server do.
func (p prefixes) borrowed(e entry) bool {
	for i := range len(e.name) {
		if e.name[i] != '_' {
			continue
		}
		if other, ok := p[e.name[:i+1]]; ok && other != e.server {
			return true
		}
	}
	return false
}
