package policy

import (
	"encoding/json"
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
)

// Preset is a member of _meta that calls of tools get, whatever the client says.
type Preset struct {
	Name string
	JSON []byte
	At   Place
}

// meta reads presets.
func (d document) meta(into *[]Preset) func(Place, ast.Node) error {
	return func(_ Place, value ast.Node) error {
		return d.entries(value, "meta", func(name string, at Place, value ast.Node) error {
			if !mcp.IsPresettable(name) {
				return &FileError{at, fmt.Sprintf("%q cannot be set: it is the protocol's", name)}
			}
			var v any
			if err := yaml.NodeToValue(value, &v); err != nil {
				return d.want(value, "a value")
			}
			raw, err := json.Marshal(v)
			if err != nil {
				return d.want(value, "a value that JSON has")
			}
			*into = append(*into, Preset{name, raw, at})
			return nil
		})
	}
}

// Meta returns the members of _meta that calls get. given are those of flags and
// settings: they go before a file of the user's, and the administrator's before them.
func (p *Policy) Meta(given []jsonrpc.Member) []jsonrpc.Member {
	var users, managed []jsonrpc.Member
	for _, f := range p.Files {
		for _, r := range f.Rules {
			for _, preset := range r.Meta {
				member := jsonrpc.Member{Name: preset.Name, Value: preset.JSON}
				if f.Managed {
					managed = append(managed, member)
				} else {
					users = append(users, member)
				}
			}
		}
	}
	return slices.Concat(users, given, managed) // each is set in its turn
}
