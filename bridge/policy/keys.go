package policy

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"github.com/goccy/go-yaml/ast"
)

// everything is the glob of the section at the top of a file.
const everything = "*"

// top reads the whole file: a section about every connection, and those about
// some under the key connections.
func (d document) top(node ast.Node) error {
	all := &Rules{At: Place{File: d.file.Name, Line: 1}, Connection: NewPattern(everything, Place{})}
	var others []*Rules
	more := keys{
		"connections": func(_ Place, value ast.Node) error {
			return d.entries(value, "connections", func(name string, at Place, value ast.Node) error {
				sections, err := d.section(&Rules{At: at, Connection: NewPattern(name, at)}, "connection "+name, value, nil)
				others = append(others, sections...)
				return err
			})
		},
		"audit": func(at Place, value ast.Node) error {
			d.file.Audit = &AuditRules{At: at}
			return d.mapping(value, "audit", d.audit(d.file.Audit))
		},
	}
	sections, err := d.section(all, "a policy", node, more)
	d.file.Rules = slices.Concat(sections, others)
	for _, r := range d.file.Rules {
		if err == nil {
			err = r.checkWhen()
		}
	}
	return err
}

// section reads a section with those within it, under rules, which are about no more
// than it is. More are keys beside those that every section may have.
func (d document) section(r *Rules, what string, node ast.Node, more keys) ([]*Rules, error) {
	var inner []*Rules
	known := d.keysOf(r)
	known["rules"] = func(_ Place, value ast.Node) error {
		list, ok := value.(*ast.SequenceNode)
		if !ok {
			return d.want(value, "a list of sections")
		}
		for _, element := range list.Values {
			at := d.at(element.GetToken())
			sections, err := d.section(&Rules{At: at, Connection: r.Connection}, "rules", element, nil)
			if err != nil {
				return err
			}
			inner = append(inner, sections...)
		}
		return nil
	}
	maps.Copy(known, more)
	if err := d.mapping(node, what, known); err != nil {
		return nil, err
	}
	for _, in := range inner {
		in.For, in.When = slices.Concat(r.For, in.For), slices.Concat(r.When, in.When)
	}
	return append([]*Rules{r}, inner...), nil
}

// keysOf returns what may stand in every section.
func (d document) keysOf(r *Rules) keys {
	known := keys{
		"when": func(_ Place, value ast.Node) error {
			return d.entries(value, "when", func(name string, at Place, value ast.Node) error {
				a := Argument{Name: name, At: at}
				err := d.argument(&a, value)
				r.When = append(r.When, a)
				return err
			})
		},
		"read_only": d.flag(&r.ReadOnly),
		"tools": func(_ Place, value ast.Node) error {
			known := d.names(&r.Tools)
			known["reads"], known["writes"], known["confirm"] = d.patterns(&r.Reads), d.patterns(&r.Writes), d.patterns(&r.Confirm)
			return d.mapping(value, "tools", known)
		},
		"prompts": func(_ Place, value ast.Node) error {
			return d.mapping(value, "prompts", d.names(&r.Prompts))
		},
		"resources": func(_ Place, value ast.Node) error {
			return d.mapping(value, "resources", d.names(&r.Resources))
		},
		"methods": d.patterns(&r.Methods),
		"meta":    d.meta(&r.Meta),
		"pins": func(at Place, value ast.Node) error {
			mode, err := d.choice(value, pinModes)
			r.Pins = Pinning{PinMode(mode), at}
			return err
		},
		"secrets": func(_ Place, value ast.Node) error {
			return d.mapping(value, "secrets", keys{
				"arguments": d.secret(&r.Secrets.Arguments, &r.Secrets.ArgumentsAt, argumentModes),
				"results":   d.secret(&r.Secrets.Results, &r.Secrets.ResultsAt, resultModes),
			})
		},
		"max_result": d.budget(&r.MaxResult),
		"confirm":    d.flag(&r.ConfirmDestructive),
		"limits": func(_ Place, value ast.Node) error {
			return d.mapping(value, "limits", d.limits(r))
		},
	}
	maps.Copy(known, d.people(r))
	return known
}

// people are the keys that say for whom rules are.
func (d document) people(r *Rules) keys {
	known := make(keys)
	for name, into := range map[string]func(*People) *[]Pattern{
		"users":      func(p *People) *[]Pattern { return &p.Users },
		"groups":     func(p *People) *[]Pattern { return &p.Groups },
		"not_users":  func(p *People) *[]Pattern { return &p.NotUsers },
		"not_groups": func(p *People) *[]Pattern { return &p.NotGroups },
	} {
		known[name] = func(at Place, value ast.Node) error {
			if len(r.For) == 0 {
				r.For = []People{{At: at}}
			}
			list := into(&r.For[0])
			if err := d.patterns(list)(at, value); err != nil {
				return err
			}
			if len(*list) == 0 {
				return d.want(value, "at least one")
			}
			return nil
		}
	}
	return known
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

func (d document) limits(r *Rules) keys {
	limit := func(glob string, at Place, value ast.Node) error {
		n, err := d.count(value)
		r.Calls = append(r.Calls, Limit{NewPattern(glob, at), n, at})
		return err
	}
	return keys{
		"calls_per_minute": func(at Place, value ast.Node) error { return limit(everything, at, value) },
		"tools": func(_ Place, value ast.Node) error {
			return d.entries(value, "limits.tools", limit)
		},
		"max_call": d.size(&r.MaxCall),
	}
}

func (d document) secret(into *SecretMode, place *Place, words []string) func(Place, ast.Node) error {
	return func(at Place, value ast.Node) error {
		mode, err := d.choice(value, words)
		*into, *place = SecretMode(mode), at
		return err
	}
}

// budget reads a size, or a number of tokens: "8000 tokens".
func (d document) budget(into **Size) func(Place, ast.Node) error {
	return func(at Place, value ast.Node) error {
		number, ok := strings.CutSuffix(value.GetToken().Value, " tokens")
		if !ok {
			return d.size(into)(at, value)
		}
		n, err := parseSize(number)
		if err != nil {
			return d.fault(value, "%q is not a size, such as 64KiB or 8000 tokens", value.GetToken().Value)
		}
		*into = &Size{n * bytesPerToken, at}
		return nil
	}
}

func (d document) audit(a *AuditRules) keys {
	return keys{
		"file": func(_ Place, value ast.Node) (err error) {
			a.File, err = d.word(value)
			if err == nil && !filepath.IsAbs(a.File) {
				return d.want(value, "an absolute path")
			}
			return err
		},
		"required": d.flag(&a.Required),
		"values":   d.flag(&a.Values),
		"max_size": d.size(&a.MaxSize),
		"keep": func(at Place, value ast.Node) (err error) {
			a.Keep, err = d.count(value)
			a.KeepAt = at
			return err
		},
	}
}
