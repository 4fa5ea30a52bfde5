package pins

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/strictjson"
)

// Definition is what a server says of a thing: members by name, their values in
// canonical form (RFC 8785, but whole numbers as they are spelled, since some readers
// know more digits than others), so that nothing but a change of meaning is a change.
type Definition map[string]json.RawMessage

// Key names an entry of a list among pins, as in "tool create_issue".
func Key(method, name string) string {
	switch method {
	case mcp.ListPrompts:
		return "prompt " + name
	case mcp.ListResources:
		return "resource " + name
	case mcp.ListTemplates:
		return "template " + name
	}
	return "tool " + name
}

// capabilityOf is the capability that declares the list of a key, "" for the instructions.
func capabilityOf(key string) string {
	switch kind, _, _ := strings.Cut(key, " "); kind {
	case "tool":
		return "tools"
	case "prompt":
		return "prompts"
	case "resource", "template":
		return "resources"
	}
	return ""
}

// passing reports whether a member of an entry may change without being a change: what
// a resource holds at the moment is not what it is.
func passing(method, member string) bool {
	return method == mcp.ListResources && (member == "size" || member == "annotations")
}

// define reads the definition of a list's entry: all of it, since clients act on members
// that this version does not know. The error says that it can be read in two ways.
func define(method string, element []byte) (Definition, error) {
	members, err := strictjson.Members(element)
	if err != nil {
		return nil, err
	}
	d := make(Definition)
	for _, m := range members {
		if passing(method, m.Name) {
			continue
		}
		if err := d.set(m.Name, m.Value); err != nil {
			return nil, err
		}
	}
	return d, nil
}

func (d Definition) set(name string, value []byte) error {
	canonical := jsontext.Value(bytes.Clone(value))
	if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	d[name] = json.RawMessage(canonical)
	return nil
}

// older is the definition as versions before 0.2 pinned it.
func (d Definition) older(key string) Definition {
	names := []string{"name", "title", "description", "inputSchema", "outputSchema", "annotations", "execution"}
	if strings.HasPrefix(key, "prompt ") {
		names = []string{"name", "title", "description", "arguments"}
	}
	part := make(Definition)
	for _, name := range names {
		if value, ok := d[name]; ok {
			part[name] = value
		}
	}
	return part
}

// size is how many bytes are kept of it.
func (d Definition) size() int {
	n := 0
	for name, value := range d {
		n += len(name) + len(value)
	}
	return n
}

func (d Definition) names() []string {
	names := make([]string, 0, len(d))
	for name := range d {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Changes names the members in which two definitions differ.
func (d Definition) Changes(other Definition) []string {
	var names []string
	for _, name := range slices.Sorted(maps.Keys(maps.Collect(allOf(d, other)))) {
		if !bytes.Equal(d[name], other[name]) {
			names = append(names, name)
		}
	}
	return names
}

func allOf(definitions ...Definition) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		for _, d := range definitions {
			for name := range d {
				if !yield(name, true) {
					return
				}
			}
		}
	}
}

// hash is the SHA-256 of the members in their order, each with its length.
func (d Definition) hash() string {
	all := make([]byte, 0, 1<<10) // on the stack, and enough for most
	if n := d.size() + 16*len(d); n > cap(all) {
		all = make([]byte, 0, n)
	}
	for _, name := range d.names() {
		all = append(append(all, name...), ' ')
		all = append(strconv.AppendInt(all, int64(len(d[name])), 10), ' ')
		all = append(append(all, d[name]...), '\n')
	}
	sum := sha256.Sum256(all)
	return hex.EncodeToString(sum[:])
}

// object is the definition as a JSON object.
func (d Definition) object() []byte {
	raw, err := encode(map[string]json.RawMessage(d))
	if err != nil { // it was valid JSON
		panic(err)
	}
	return raw
}

// Lines are the definition for a person: indented, with everything that does not
// show written as an escape.
func (d Definition) Lines() string {
	var out bytes.Buffer
	for _, name := range d.names() {
		value := jsontext.Value(bytes.Clone(d[name]))
		if err := value.Indent(); err != nil {
			value = jsontext.Value(d[name])
		}
		fmt.Fprintf(&out, "%s: %s\n", name, confusable.Reveal(string(value)))
	}
	return out.String()
}
