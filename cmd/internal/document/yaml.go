package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// YAML is YAML 1.2, one document to a file. Entries are written over several
// lines, before those that are there.
var YAML Format = yamlFormat{}

type yamlFormat struct{}

func (yamlFormat) decode(src []byte) (map[string]any, error) {
	var tree any
	err := yaml.Unmarshal(withoutCR(src), &tree)
	if fault, ok := errors.AsType[yaml.Error](err); ok {
		at := fault.GetToken().Position
		return nil, fmt.Errorf("line %d, column %d: %s", at.Line, at.Column, fault.GetMessage())
	}
	if err != nil {
		return nil, err
	}
	root, ok := tree.(map[string]any)
	if !ok && tree != nil {
		return nil, errors.New("line 1, column 1: the file does not hold a mapping")
	}
	return root, nil
}

func (yamlFormat) put(src []byte, s Section, name string, value Object) ([]byte, error) {
	doc, err := parseYAML(src, s)
	if err != nil {
		return nil, err
	}
	if doc.section == nil {
		text := strings.Repeat(" ", doc.indent) + plainName(s.Key) + ":\n" + s.yamlEntry(name, value, doc.indent+2)
		return appendLines(src, text), nil
	}
	text := withLineEnd(s.yamlEntry(name, value, doc.entryIndent()), lineEnd(src))
	if line, ok := doc.entry(name); ok {
		start, end := doc.extent(line)
		if end == len(src) && src[len(src)-1] != '\n' {
			text = strings.TrimSuffix(text, lineEnd(src))
		}
		return splice(src, edit{start, end, text}), nil
	}
	return doc.insert(text)
}

func (yamlFormat) cut(src []byte, s Section, name string) ([]byte, error) {
	doc, err := parseYAML(src, s)
	if err != nil {
		return nil, err
	}
	line, ok := doc.entry(name)
	if !ok {
		return nil, errUnfit
	}
	start, end := doc.extent(line)
	if doc.onlyEntry(start, end) {
		start = doc.lines[doc.section.line-1]
	}
	if end == len(src) && !bytes.HasSuffix(src, []byte("\n")) {
		start = len(bytes.TrimSuffix(src[:start], []byte(lineEnd(src))))
	}
	return splice(src, edit{start, end, ""}), nil
}

// yamlEntry writes an entry, indented by that many spaces.
func (s Section) yamlEntry(name string, value Object, indent int) string {
	var b strings.Builder
	margin := strings.Repeat(" ", indent)
	if s.List {
		fmt.Fprintf(&b, "%s- name: %s\n", margin, plainName(name))
	} else {
		fmt.Fprintf(&b, "%s%s:\n", margin, plainName(name))
	}
	for _, m := range value {
		fmt.Fprintf(&b, "%s  %s:", margin, plainName(m.Name))
		nested, ok := m.Value.(Object)
		if !ok || len(nested) == 0 {
			fmt.Fprintf(&b, " %s\n", yamlScalar(m.Value))
			continue
		}
		b.WriteString("\n")
		for _, n := range nested {
			fmt.Fprintf(&b, "%s    %s: %s\n", margin, plainName(n.Name), yamlScalar(n.Value))
		}
	}
	return b.String()
}

// yamlScalar writes a value on one line, a single word without quotes.
func yamlScalar(value any) string {
	if word, ok := value.(string); ok {
		return plainName(word)
	}
	return flow(value)
}

// yamlDocument is a document and where the section is in it.
type yamlDocument struct {
	src     []byte
	lines   []int        // offset of each line
	indent  int          // of the root's members
	section *yamlSection // nil where there is none
}

// yamlSection is the section's key and what it holds. Lines count from 1.
type yamlSection struct {
	line    int
	column  int            // of the entries, from 1; 0 where there are none
	count   int            // of the entries, nameless ones too
	entries map[string]int // the line that each begins on
	empty   string         // "{}" or "[]" behind the key
}

func parseYAML(src []byte, s Section) (*yamlDocument, error) {
	if bytes.Count(src, []byte("\r")) != bytes.Count(src, []byte("\r\n")) {
		return nil, errUnfit // the parser and most editors count lines differently
	}
	file, err := parser.ParseBytes(withoutCR(src), 0)
	if err != nil {
		return nil, err
	}
	d := &yamlDocument{src: src, lines: []int{0}}
	for i, c := range src {
		if c == '\n' {
			d.lines = append(d.lines, i+1)
		}
	}
	var members []*ast.MappingValueNode
	for _, document := range file.Docs {
		if members != nil {
			return nil, errors.New("the file holds several documents")
		}
		members = mapping(document.Body)
	}
	for _, member := range members {
		at := member.Key.GetToken().Position
		d.indent = at.Column - 1
		if !d.firstOnLine(member.Key.GetToken()) {
			return nil, errUnfit
		}
		if key, ok := member.Key.(*ast.StringNode); !ok || key.Value != s.Key {
			continue
		}
		d.section = &yamlSection{line: at.Line, entries: make(map[string]int)}
		if err := d.readSection(member.Value, s); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// firstOnLine reports whether the token is where the parser says, which is not
// so in documents that are written strangely, with nothing but spaces before it.
func (d *yamlDocument) firstOnLine(t *token.Token) bool {
	line := t.Position.Line - 1
	if line < 0 || line >= len(d.lines) {
		return false
	}
	text := d.src[d.lines[line]:nextLine(d.src, d.lines[line])]
	rest := bytes.TrimLeft(text, " ")
	return len(text)-len(rest) == t.Position.Column-1 &&
		(bytes.HasPrefix(rest, []byte(t.Value)) || bytes.HasPrefix(rest, []byte(`"`)) || bytes.HasPrefix(rest, []byte(`'`)))
}

// withoutCR has LF for CRLF, as YAML means it. The parser takes the CR for a
// column, and at times for part of a value. Lines stay the same.
func withoutCR(src []byte) []byte { return bytes.ReplaceAll(src, []byte("\r\n"), []byte("\n")) }

// mapping is the members of a mapping written over several lines, which is a
// node of its own where there is one member.
func mapping(node ast.Node) []*ast.MappingValueNode {
	switch n := node.(type) {
	case *ast.MappingNode:
		if !n.IsFlowStyle {
			return n.Values
		}
	case *ast.MappingValueNode:
		return []*ast.MappingValueNode{n}
	}
	return nil
}

// readSection looks at what the section holds.
func (d *yamlDocument) readSection(node ast.Node, s Section) error {
	y := d.section
	switch n := node.(type) {
	case *ast.NullNode:
		return nil
	case *ast.MappingNode:
		if n.IsFlowStyle && len(n.Values) == 0 {
			y.empty = "{}"
			return nil
		}
	case *ast.SequenceNode:
		if n.IsFlowStyle && len(n.Values) == 0 {
			y.empty = "[]"
			return nil
		}
		if !n.IsFlowStyle && s.List {
			return d.readList(n)
		}
	}
	members := mapping(node)
	if members == nil || s.List {
		return fmt.Errorf("line %d, column 1: %q is written on one line: write it over several", y.line, s.Key)
	}
	for _, member := range members {
		at := member.Key.GetToken().Position
		y.column, y.count = at.Column, y.count+1
		if !d.firstOnLine(member.Key.GetToken()) {
			return errUnfit
		}
		if key, ok := member.Key.(*ast.StringNode); ok {
			y.entries[key.Value] = at.Line
		}
	}
	return nil
}

func (d *yamlDocument) readList(n *ast.SequenceNode) error {
	y := d.section
	for _, entry := range n.Entries {
		if !d.firstOnLine(entry.Start) {
			return errUnfit
		}
		at := entry.Start.Position
		y.column, y.count = at.Column, y.count+1
		for _, member := range mapping(entry.Value) {
			name, ok := member.Value.(*ast.StringNode)
			if ok && member.Key.String() == "name" {
				y.entries[name.Value] = at.Line
			}
		}
	}
	return nil
}

// entryIndent is how far entries are indented.
func (d *yamlDocument) entryIndent() int {
	if d.section.column > 0 {
		return d.section.column - 1
	}
	return d.indent + 2
}

// entry is the line that an entry begins on.
func (d *yamlDocument) entry(name string) (line int, ok bool) {
	if d.section == nil {
		return 0, false
	}
	line, ok = d.section.entries[name]
	return line, ok
}

// extent is the range of an entry that begins on a line: that line and those
// below that are indented further, without blank ones and comments at the end,
// which may be about what follows.
func (d *yamlDocument) extent(line int) (start, end int) {
	start = d.lines[line-1]
	end = nextLine(d.src, start)
	for at := end; at < len(d.src); at = nextLine(d.src, at) {
		text := d.src[at:nextLine(d.src, at)]
		if blank(text) || bytes.HasPrefix(bytes.TrimLeft(text, " "), []byte("#")) {
			continue
		}
		if len(text)-len(bytes.TrimLeft(text, " ")) <= d.entryIndent() {
			break
		}
		end = nextLine(d.src, at)
	}
	return start, end
}

// onlyEntry reports whether the section holds that entry and no comment.
func (d *yamlDocument) onlyEntry(start, end int) bool {
	key := d.lines[d.section.line-1]
	behind := nextLine(d.src, key)
	rest := bytes.TrimLeft(d.src[end:], "\r\n")
	return d.section.count == 1 && blank(d.src[behind:start]) && !bytes.HasPrefix(rest, []byte(" ")) &&
		bytes.HasSuffix(bytes.TrimSpace(d.src[key:behind]), []byte(":"))
}

// insert puts an entry before the others.
func (d *yamlDocument) insert(text string) ([]byte, error) {
	key := d.lines[d.section.line-1]
	behind := nextLine(d.src, key)
	if d.src[behind-1] != '\n' {
		text = lineEnd(d.src) + strings.TrimSuffix(text, lineEnd(d.src))
	}
	if d.section.empty == "" {
		return splice(d.src, edit{behind, behind, text}), nil
	}
	line := d.src[key:behind]
	colon := bytes.IndexByte(line, ':')
	value := bytes.Index(line, []byte(d.section.empty))
	if colon < 0 || value < colon {
		return nil, errUnfit
	}
	start := key + beforeSpace(line, value)
	return splice(d.src, edit{start, key + value + 2, ""}, edit{behind, behind, text}), nil
}

// appendLines adds lines at the end. A document whose last line has no end keeps
// it so, so that removing them leaves what was there.
func appendLines(src []byte, text string) []byte {
	end := lineEnd(src)
	text = withLineEnd(text, end)
	switch {
	case blank(src):
		return []byte(text)
	case src[len(src)-1] == '\n':
		return append(src[:len(src):len(src)], text...)
	}
	return append(src[:len(src):len(src)], end+strings.TrimSuffix(text, end)...)
}
