package document

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// TOML is TOML 1.0. An entry is written as a table of its own at the end.
var TOML Format = tomlFormat{}

type tomlFormat struct{}

var tomlNotation = notation{colon: " = ", open: "{ ", close: " }", name: plainName}

func (tomlFormat) decode(src []byte) (map[string]any, error) {
	var root map[string]any
	err := toml.Unmarshal(src, &root)
	if fault, ok := errors.AsType[*toml.DecodeError](err); ok {
		line, column := fault.Position()
		return nil, fmt.Errorf("line %d, column %d: %s", line, column, strings.TrimPrefix(fault.Error(), "toml: "))
	}
	return root, err
}

func (tomlFormat) put(src []byte, s Section, name string, value Object) ([]byte, error) {
	table := tomlTable(s.Key, name, value)
	parts, err := tomlParts(src, s.Key, name)
	if err != nil {
		return nil, err
	}
	if len(parts) > 0 && parts[0].header {
		edits := partEdits(parts)
		edits[0].text = withLineEnd(table, lineEnd(src))
		if edits[0].end == len(src) && src[len(src)-1] != '\n' {
			edits[0].text = strings.TrimSuffix(edits[0].text, lineEnd(src))
		}
		return splice(src, edits...), nil
	}
	src = splice(src, partEdits(parts)...)
	return appendBlock(src, table), nil
}

func (tomlFormat) cut(src []byte, s Section, name string) ([]byte, error) {
	parts, err := tomlParts(src, s.Key, name)
	if err != nil {
		return nil, err
	}
	edits := partEdits(parts)
	last := len(edits) - 1
	edits[last].start, edits[last].end = blockWithSeparator(src, edits[last].start, edits[last].end)
	return splice(src, edits...), nil
}

// tomlTable writes an entry as a table.
func tomlTable(key, name string, value Object) string {
	var b strings.Builder
	fmt.Fprintf(&b, "[%s.%s]\n", plainName(key), plainName(name))
	for _, m := range value {
		fmt.Fprintf(&b, "%s = %s\n", plainName(m.Name), tomlNotation.flow(m.Value))
	}
	return b.String()
}

// tomlPart is an expression that an entry is made of: the header of its table or
// of one below it, or a key and a value.
type tomlPart struct {
	start, end int  // whole lines
	header     bool // of a table
	next       bool // comes right after the part before it
}

// tomlParts finds what the entry is made of, in order.
func tomlParts(src []byte, key, name string) ([]tomlPart, error) {
	var parts []tomlPart
	var table []string // that the key-value pairs are in
	next := false
	var p unstable.Parser
	p.Reset(src)
	for p.NextExpression() {
		node := p.Expression()
		path, offset := tomlKey(node)
		header := node.Kind != unstable.KeyValue
		end := offset
		if header {
			table = path
		} else {
			path = append(table[:len(table):len(table)], path...)
			end = int(node.Raw.Offset + node.Raw.Length)
			if len(path) == 1 && path[0] == key {
				return nil, positionError(src, offset, "%q is written on one line: write it as tables", key)
			}
		}
		ours := len(path) >= 2 && path[0] == key && path[1] == name
		if ours {
			parts = append(parts, tomlPart{lineStart(src, offset), nextLine(src, end), header, next})
		}
		next = ours
	}
	return parts, p.Error()
}

// tomlKey is the key of an expression, and where it begins.
func tomlKey(node *unstable.Node) (path []string, offset int) {
	for keys := node.Key(); keys.Next(); {
		if path == nil {
			offset = int(keys.Node().Raw.Offset)
		}
		path = append(path, string(keys.Node().Data))
	}
	return path, offset
}

// partEdits removes parts. Where nothing but comments and blank lines lies
// between two of them, that goes too.
func partEdits(parts []tomlPart) []edit {
	var edits []edit
	for _, part := range parts {
		if part.next {
			edits[len(edits)-1].end = part.end
			continue
		}
		edits = append(edits, edit{start: part.start, end: part.end})
	}
	return edits
}

// appendBlock adds lines at the end, after a blank line. A document whose last
// line has no end keeps it so: that tells blockWithSeparator what was there.
func appendBlock(src []byte, block string) []byte {
	end := lineEnd(src)
	block = withLineEnd(block, end)
	switch {
	case blank(src):
		return []byte(block)
	case src[len(src)-1] == '\n':
		return append(src[:len(src):len(src)], end+block...)
	}
	return append(src[:len(src):len(src)], end+end+strings.TrimSuffix(block, end)...)
}

// blockWithSeparator widens the range of a block by what appendBlock put before it.
func blockWithSeparator(src []byte, start, end int) (int, int) {
	newline := []byte(lineEnd(src))
	before := src[:start]
	if end == len(src) && !bytes.HasSuffix(src, newline) {
		before = bytes.TrimSuffix(before, newline)
		before = bytes.TrimSuffix(before, newline)
		return len(before), end
	}
	if rest, ok := bytes.CutSuffix(before, newline); ok && (len(rest) == 0 || rest[len(rest)-1] == '\n') {
		before = rest
	}
	return len(before), end
}
