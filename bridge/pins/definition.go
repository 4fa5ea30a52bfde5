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

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/confusable"
	"ucbridge/bridge/strictjson"
)

// Definition is what a server says of a tool or prompt, as far as a model acts on
// it: members by name, their values in canonical form (RFC 8785, but whole numbers
// as they are spelled, since some readers know more digits than others), so that nothing
// but a change of meaning is a change.
type Definition map[string]json.RawMessage

// defining are the members that count, by list method.
var defining = map[string][]string{
	"tools/list":   {"name", "title", "description", "inputSchema", "outputSchema", "annotations", "execution"},
	"prompts/list": {"name", "title", "description", "arguments"},
}

// pinKey names an entry of a list among pins: "tool create_issue".
func Key(method, name string) string {
	if method == "prompts/list" {
		return "prompt " + name
	}
	return "tool " + name
}

// define reads the definition of a list's entry. The error says that it can be read
// in two ways.
func define(method string, element []byte) (Definition, error) {
	names := defining[method]
	values, err := strictjson.Read(element, names...)
	if err != nil {
		return nil, err
	}
	d := make(Definition)
	for i, name := range names {
		if values[i] == nil {
			continue
		}
		canonical := jsontext.Value(bytes.Clone(values[i]))
		if err := canonical.Canonicalize(jsontext.CanonicalizeRawInts(false)); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		d[name] = json.RawMessage(canonical)
	}
	return d, nil
}

func (d Definition) names() []string { return slices.Sorted(maps.Keys(d)) }

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
	h := sha256.New()
	for _, name := range d.names() {
		fmt.Fprintf(h, "%s %d %s\n", name, len(d[name]), d[name])
	}
	return hex.EncodeToString(h.Sum(nil))
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
