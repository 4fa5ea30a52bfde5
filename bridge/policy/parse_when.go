package policy

import (
	"strconv"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/token"
)

// argument reads what a section wants of an argument: a value, a list of which it must
// be one, or a mapping of operators.
func (d document) argument(a *Argument, value ast.Node) error {
	if _, isMapping := value.(ast.MapNode); !isMapping {
		return d.values(&a.Is)(a.At, value)
	}
	known := keys{
		"is":  d.values(&a.Is),
		"not": d.values(&a.Not),
		"present": func(_ Place, value ast.Node) error {
			b, ok := value.(*ast.BoolNode)
			if !ok {
				return d.want(value, "true or false")
			}
			a.Present = &b.Value
			return nil
		},
	}
	for _, operator := range []string{"gt", "gte", "lt", "lte"} {
		known[operator] = func(_ Place, value ast.Node) error {
			n, err := d.value(value)
			if err != nil || n.Number == nil {
				return d.want(value, "a number")
			}
			a.Bounds = append(a.Bounds, Bound{operator, n.Number, n.spelt})
			return nil
		}
	}
	if err := d.mapping(value, "when "+strconv.Quote(a.Name), known); err != nil {
		return err
	}
	if len(a.Is)+len(a.Not)+len(a.Bounds) == 0 && a.Present == nil {
		return d.fault(value, "nothing is said of %q", a.Name)
	}
	return nil
}

// values reads one value, or a list of some.
func (d document) values(into *[]Value) func(Place, ast.Node) error {
	return func(_ Place, node ast.Node) error {
		nodes := []ast.Node{node}
		if list, ok := node.(*ast.SequenceNode); ok {
			nodes = list.Values
		}
		if len(nodes) == 0 {
			return d.want(node, "at least one value")
		}
		for _, node := range nodes {
			v, err := d.value(node)
			if err != nil {
				return err
			}
			*into = append(*into, v)
		}
		return nil
	}
}

func (d document) value(node ast.Node) (Value, error) {
	written := node.GetToken().Value
	switch n := node.(type) {
	case *ast.StringNode:
		if number, ok := numberOf(written); ok && node.GetToken().Type == token.StringType { // 1e3, which the YAML reader takes for a text
			return Value{Number: number, spelt: written}, nil
		}
		glob := NewPattern(n.Value, d.at(node.GetToken()))
		return Value{Text: &glob, spelt: strconv.Quote(n.Value)}, nil
	case *ast.BoolNode:
		return Value{Bool: &n.Value, spelt: strconv.FormatBool(n.Value)}, nil
	case *ast.IntegerNode, *ast.FloatNode:
		if number, ok := numberOf(written); ok {
			return Value{Number: number, spelt: written}, nil
		}
	}
	return Value{}, d.want(node, "a text, a number of at most %d characters, true or false", maxNumber)
}

// checkWhen refuses what has no meaning in a section about the arguments of calls.
func (r *Rules) checkWhen() error {
	if len(r.When) == 0 {
		return nil
	}
	var at *Place
	what := ""
	note := func(key string, place Place) { at, what = &place, key }
	switch {
	case len(r.Resources.Deny) > 0:
		note("resources", r.Resources.Deny[0].At)
	case r.Resources.Allowing != nil:
		note("resources", *r.Resources.Allowing)
	case len(r.Methods) > 0:
		note("methods", r.Methods[0].At)
	case r.Pins.Mode != PinOff:
		note("pins", r.Pins.At)
	case r.Secrets.Arguments != SecretOff:
		note("secrets", r.Secrets.ArgumentsAt)
	case r.Secrets.Results != SecretOff:
		note("secrets", r.Secrets.ResultsAt)
	case len(r.Meta) > 0:
		note("meta", r.Meta[0].At)
	case r.MaxResult != nil:
		note("max_result", r.MaxResult.At)
	default:
		return nil
	}
	return &FileError{*at, what + " cannot depend on arguments: put it into a section without when"}
}
