package aggregate

import (
	"encoding/base64"
	"fmt"
	"strconv"
	"strings"
	"time"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/refusal"
)

// A page is as large as this, in elements and bytes: some clients read the first page
// alone, so a list of usual size is one.
const (
	maxPageElements = 1000
	maxPageBytes    = 8 << 20
)

// place is where a page begins: behind the element of that key, which was the one at
// that index in the list of the server of that rank. A server that has gone is passed
// over, a list that has changed is taken up behind the key.
type place struct {
	rank, index int
	key         string
}

// cursor returns a place as the client gets it, as JSON.
func (p place) cursor() []byte {
	text := strconv.Itoa(p.rank) + " " + strconv.Itoa(p.index) + " " + p.key
	return quote(base64.RawURLEncoding.EncodeToString([]byte(text)))
}

// readCursor reads the cursor of a request; the zero place for none.
func readCursor(params []byte) (place, bool) {
	value := jsonrpc.Value(params, "cursor")
	if value == nil || string(value) == "null" {
		return place{}, true
	}
	text, err := base64.RawURLEncoding.DecodeString(jsonrpc.Text(value))
	parts := strings.SplitN(string(text), " ", 3)
	if err != nil || len(parts) < 3 {
		return place{}, false
	}
	rank, errRank := strconv.Atoi(parts[0])
	index, errIndex := strconv.Atoi(parts[1])
	return place{rank: rank, index: index, key: parts[2]}, errRank == nil && errIndex == nil && rank >= 0 && index >= 0 && rank+index > 0
}

// start is the index of the first element of a page in a server's list.
func (p place) start(s *member, elements []element) int {
	if s.rank != p.rank || p.index == 0 {
		return 0
	}
	if p.index <= len(elements) && elements[p.index-1].key == p.key {
		return p.index
	}
	for i, e := range elements {
		if e.key == p.key {
			return i + 1
		}
	}
	return min(p.index, len(elements))
}

// lister shows the client what all servers list.
type lister struct {
	set       *memberSet
	directory *directory
	replies   *replies
	notices   *notices
	search    bool // by the tools that search alone
}

// list answers a list method with a page of what all servers list.
func (l *lister) list(r *request, m jsonrpc.Message) {
	from, ok := readCursor(m.Params)
	if !ok {
		l.replies.refuse(r, &refusal.Error{
			Code: mcp.CodeInvalidParams, Message: "Unknown cursor.",
			Data: refusal.Data{Source: refusal.Source, Reason: refusal.NotCarried, Hint: "read the list from its beginning"},
		})
		return
	}
	described, _ := mcp.ListOf(m.Method)
	if m.Method == mcp.ListTools && l.search {
		l.replies.answerOwn(r, page(described.Member, l.searchTools(), nil, r.modern))
		return
	}
	if from == (place{}) {
		for _, s := range l.set.active() {
			l.refresh(s, m.Method)
		}
		l.set.gather(m.Method)
	}
	l.notices.listed(described.Capability)
	elements, next := l.collect(m.Method, from)
	l.replies.answerOwn(r, page(described.Member, elements, next, r.modern))
}

// refresh has a list read again that the client reads, where its server does not say when it
// changes; once a second at most.
func (l *lister) refresh(s *member, method string) {
	described, _ := mcp.ListOf(method)
	if !s.declares(described.Capability) || s.declares(described.Capability, "listChanged") {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if known := s.lists[method]; known != nil && known.known && known.reading == nil && !known.promised && !s.withdrawn && time.Since(known.read) > time.Second {
		s.read(method, known, 0)
	}
}

// collect returns the elements of a page as the client gets them, and the cursor of the
// next page, nil for the last. What it returns is what the client's list says from now on.
func (l *lister) collect(method string, from place) (page [][]byte, next []byte) {
	shown := make(map[string]target)
	first := from == (place{})
	defer func() { l.directory.show(method, shown, first) }()
	add := l.shower(method, shown, first)
	size := 0
	for _, s := range l.set.active() {
		if s.rank < from.rank {
			continue
		}
		elements, _, _ := s.list(method)
		for i := from.start(s, elements); i < len(elements); i++ {
			if len(page) >= maxPageElements || size > maxPageBytes {
				return page, place{s.rank, i, keyBefore(elements, i)}.cursor()
			}
			if raw := add(s, elements[i]); raw != nil {
				page = append(page, raw)
				size += len(raw)
			}
		}
	}
	if method == mcp.ListTools { // behind those of the servers
		page = append(page, []byte(statusDefinition))
	}
	return page, nil
}

// keyBefore is the key of the element in front of i. A page that begins with a server's
// first element has none before it, and its cursor an index that is none.
func keyBefore(elements []element, i int) string {
	if i == 0 {
		return ""
	}
	return elements[i-1].key
}

// shower returns what puts an element on a page, under the name that the client knows:
// nil for what is not shown, as another server has its name or URI.
func (l *lister) shower(method string, shown map[string]target, first bool) func(*member, element) []byte {
	if method != mcp.ListTools && method != mcp.ListPrompts {
		return func(s *member, e element) []byte {
			t := target{s, e.key}
			if other, taken := shown[e.key]; taken && other != t {
				return nil
			}
			if other, taken := l.directory.wasShown(method, e.key); taken && other != t && !first {
				return nil
			}
			shown[e.key] = t
			return e.raw
		}
	}
	names := l.directory.naming(method).names
	return func(s *member, e element) []byte {
		t := target{s, e.key}
		name := names[t]
		if name == "" {
			return nil
		}
		shown[name] = t
		if name == e.key {
			return e.raw
		}
		return jsonrpc.Splice(e.raw, e.at, quote(name))
	}
}

// page returns the result of a list.
func page(member string, elements [][]byte, next []byte, modern bool) []byte {
	size := 128 + len(next)
	for _, e := range elements {
		size += len(e) + 1
	}
	result := fmt.Appendf(make([]byte, 0, size), `{"%s":[`, member)
	for i, e := range elements {
		if i > 0 {
			result = append(result, ',')
		}
		result = append(result, e...)
	}
	result = append(result, ']')
	if next != nil {
		result = append(append(result, `,"nextCursor":`...), next...)
	}
	if modern { // lists are each user's own, and change with grants
		result = append(result, `,"resultType":"complete","ttlMs":0,"cacheScope":"private"`...)
	}
	return append(result, '}')
}
