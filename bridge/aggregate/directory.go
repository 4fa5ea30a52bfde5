package aggregate

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// target is one thing of one server: a tool or prompt by its own name, or a resource by
// its URI.
type target struct {
	of   *member
	name string
}

// naming is what the tools, or the prompts, of all servers are called.
type naming struct {
	members  []*member
	versions []int64 // of their lists
	names    map[target]string
	targets  map[string]target
}

// directory knows which server a name or URI belongs to. A call goes where the list
// that the client has shown it from, though it may be called otherwise by now. It is
// safe for concurrent use.
type directory struct {
	prefix  Prefix
	members func() []*member // in their order, without those withdrawn

	mu    sync.Mutex
	built map[string]*naming           // by method
	shown map[string]map[string]target // what the client's lists say, by method
	links map[string]*member           // URIs that results of calls name
}

// maxLinks bounds what is kept of the URIs in results.
const maxLinks = 10_000

// naming returns what is listed by a method, for tools and prompts.
func (d *directory) naming(method string) *naming {
	members := d.members()
	lists := make([][]element, len(members))
	versions := make([]int64, len(members))
	servers := make([]string, len(members))
	for i, s := range members {
		lists[i], versions[i], _ = s.list(method)
		servers[i] = s.Name
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if n := d.built[method]; n != nil && slices.Equal(n.members, members) && slices.Equal(n.versions, versions) {
		return n
	}
	var entries []entry
	of := make(map[string]*member, len(members))
	for i, s := range members {
		of[s.Name] = s
		for _, e := range lists[i] {
			entries = append(entries, entry{s.Name, e.key})
		}
	}
	n := &naming{
		members: members, versions: versions,
		names: make(map[target]string, len(entries)), targets: make(map[string]target, len(entries)),
	}
	for e, name := range assign(d.prefix, servers, entries) {
		t := target{of[e.server], e.name}
		if n.names[t] = name; name != "" {
			n.targets[name] = t
		}
	}
	if d.built == nil {
		d.built = make(map[string]*naming)
	}
	d.built[method] = n
	return n
}

// show takes note of what a page of a list has shown the client; first says that it is
// the first page.
func (d *directory) show(method string, page map[string]target, first bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.shown == nil {
		d.shown = make(map[string]map[string]target)
	}
	if first || d.shown[method] == nil {
		d.shown[method] = page
		return
	}
	for name, t := range page {
		if _, known := d.shown[method][name]; !known {
			d.shown[method][name] = t
		}
	}
}

// wasShown returns what the client's list says of a name.
func (d *directory) wasShown(method, name string) (target, bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	t, ok := d.shown[method][name]
	return t, ok && !t.of.gone()
}

// find returns what the client means by the name of a tool or prompt. Beside what it is
// called now, it may be called by the server's name and its own, where that means one
// thing: b_c of the server a and c of a_b are both a_b_c.
func (d *directory) find(method, name string) (target, bool) {
	if t, ok := d.wasShown(method, name); ok {
		return t, true
	}
	n := d.naming(method)
	if t, ok := n.targets[name]; ok {
		return t, true
	}
	if meant := n.spelled(name); len(meant) == 1 {
		return meant[0], true
	}
	return target{}, false
}

// spelled returns what is called so by its server's name and its own.
func (n *naming) spelled(name string) []target {
	var all []target
	for t := range n.names {
		if spell(t.of.Name, t.name, degreeServer) == name {
			all = append(all, t)
		}
	}
	return all
}

// unlisted returns what no list has, but is called by a server's name in front: a rule of
// a policy may hide it, and says so and keeps a record where it is asked for.
func (d *directory) unlisted(method, name string) (target, bool) {
	if len(d.naming(method).spelled(name)) > 0 {
		return target{}, false // listed, and by more than one server
	}
	var best target
	longest := 0
	for _, s := range d.members() {
		if own, ok := strings.CutPrefix(name, plain(s.Name)+"_"); ok && own != "" && len(name)-len(own) > longest {
			best, longest = target{s, own}, len(name)-len(own)
		}
	}
	return best, longest > 0
}

// resource returns the server that a URI belongs to: the one whose list or result
// showed it, else the one whose template it fits best, else the only one with resources.
func (d *directory) resource(uri string) *member {
	if t, ok := d.wasShown(mcp.ListResources, uri); ok {
		return t.of
	}
	if t, ok := d.wasShown(mcp.ListTemplates, uri); ok {
		return t.of
	}
	members := d.members()
	for _, s := range members {
		elements, _, _ := s.list(mcp.ListResources)
		if slices.ContainsFunc(elements, func(e element) bool { return e.key == uri }) {
			return s
		}
	}
	d.mu.Lock()
	linked := d.links[uri]
	d.mu.Unlock()
	if linked != nil && !linked.gone() {
		return linked
	}
	return d.fitting(members, uri)
}

// fitting returns the server with the template whose fixed part is the longest that a
// URI begins with, else the only server that has resources.
func (d *directory) fitting(members []*member, uri string) *member {
	var best, only *member
	longest, having := 0, 0
	for _, s := range members {
		if s.declares("resources") {
			only = s
			having++
		}
		elements, _, _ := s.list(mcp.ListTemplates)
		for _, e := range elements {
			fixed, _, _ := strings.Cut(e.key, "{")
			if len(fixed) > longest && strings.HasPrefix(uri, fixed) {
				best, longest = s, len(fixed)
			}
		}
	}
	if best == nil && having == 1 {
		return only
	}
	return best
}

// template returns the server of a resource template, nil for none.
func (d *directory) template(pattern string) *member {
	if t, ok := d.wasShown(mcp.ListTemplates, pattern); ok {
		return t.of
	}
	for _, s := range d.members() {
		elements, _, _ := s.list(mcp.ListTemplates)
		if slices.ContainsFunc(elements, func(e element) bool { return e.key == pattern }) {
			return s
		}
	}
	return d.resource(pattern)
}

// link takes note of the resources that the result of a call names.
func (d *directory) link(from *member, result []byte) {
	for _, block := range jsonrpc.Elements(jsonrpc.Value(result, "content")) {
		uri := cmp.Or(jsonrpc.Text(block, "uri"), jsonrpc.Text(block, "resource", "uri"))
		if uri == "" {
			continue
		}
		d.mu.Lock()
		if d.links == nil || len(d.links) >= maxLinks {
			d.links = make(map[string]*member)
		}
		if d.links[uri] == nil { // no server takes a link of another over
			d.links[uri] = from
		}
		d.mu.Unlock()
	}
}

// listOf is the method that lists what a method uses by its name.
func listOf(method string) string {
	if method == mcp.CallTool {
		return mcp.ListTools
	}
	return mcp.ListPrompts
}
