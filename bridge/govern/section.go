package govern

import "github.com/goccy/go-yaml/ast"

// everything is the glob of the section at the top of a file.
const everything = "*"

// top reads the whole file: a section about every connection, and those about
// some under the key connections.
func (d document) top(node ast.Node) error {
	all := &Rules{At: Place{File: d.file.Name, Line: 1}, Connection: Pattern{Glob: everything}}
	known := d.section(all)
	known["connections"] = func(_ Place, value ast.Node) error {
		return d.entries(value, "connections", func(name string, at Place, value ast.Node) error {
			rules := &Rules{At: at, Connection: Pattern{name, at}}
			d.file.Rules = append(d.file.Rules, rules)
			return d.mapping(value, "connection "+name, d.section(rules))
		})
	}
	d.file.Rules = append(d.file.Rules, all)
	return d.mapping(node, "a policy", known)
}

// section returns what may stand in a section.
func (d document) section(r *Rules) keys {
	return keys{
		"read_only": d.flag(&r.ReadOnly),
		"tools": func(_ Place, value ast.Node) error {
			known := d.names(&r.Tools)
			known["reads"], known["writes"] = d.patterns(&r.Reads), d.patterns(&r.Writes)
			return d.mapping(value, "tools", known)
		},
		"prompts": func(_ Place, value ast.Node) error {
			return d.mapping(value, "prompts", d.names(&r.Prompts))
		},
		"resources": func(_ Place, value ast.Node) error {
			return d.mapping(value, "resources", d.names(&r.Resources))
		},
		"methods": d.patterns(&r.Methods),
	}
}

func (d document) names(n *Names) keys {
	return keys{
		"allow": func(at Place, value ast.Node) error {
			n.Allowing = &at
			return d.patterns(&n.Allow)(at, value)
		},
		"deny": d.patterns(&n.Deny),
	}
}
