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
	StatusTool = "ucbridge_status"
	FindTool   = "find_tools"
	ReadTool   = "call_read_tool"
	WriteTool  = "call_write_tool"
)

// reserved are the names of own tools.
var reserved = []string{StatusTool, FindTool, ReadTool, WriteTool}

// Label returns name with nothing in it but [A-Za-z0-9_-]: what a server is called in
// the names of its tools.
func Label(name string) string { return plain(name) }

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

// assign says what each entry is called, "" where it is not shown. servers are the
// names of all servers, in their order, which is that of the entries too. A name that
// belongs to the aggregate, or begins as the names of another server do, carries its
// server's: no server can take the place of another.
func assign(prefix Prefix, servers []string, entries []entry) map[entry]string {
	degrees := make(map[entry]int, len(entries))
	for _, e := range entries {
		degrees[e] = degreeOwn
		if prefix == PrefixAlways || slices.Contains(reserved, fitted(e.server, e.name, e.name)) || prefix == PrefixAuto && borrows(servers, e) {
			degrees[e] = degreeServer
		}
	}
	names := make(map[entry]string, len(entries))
	if prefix == PrefixNever {
		taken := make(map[string]bool, len(entries))
		for _, e := range entries {
			if _, done := names[e]; done {
				continue
			}
			if names[e] = spell(e.server, e.name, degrees[e]); taken[names[e]] {
				names[e] = ""
			}
			taken[names[e]] = true
		}
		return names
	}
	for range degreeHash { // each round parts those of one name
		holders := make(map[string][]entry, len(degrees))
		for e, degree := range degrees {
			names[e] = spell(e.server, e.name, degree)
			holders[names[e]] = append(holders[names[e]], e)
		}
		parted := true
		for _, same := range holders {
			if len(same) < 2 {
				continue
			}
			parted = false
			for _, e := range same {
				degrees[e] = min(degrees[e]+1, degreeHash)
			}
		}
		if parted {
			return names
		}
	}
	for e, degree := range degrees {
		names[e] = spell(e.server, e.name, degree)
	}
	return names
}

// borrows reports whether a name begins as those of another server do.
func borrows(servers []string, e entry) bool {
	for _, other := range servers {
		if other != e.server && strings.HasPrefix(e.name, plain(other)+"_") {
			return true
		}
	}
	return false
}
