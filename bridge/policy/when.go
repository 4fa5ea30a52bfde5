package policy

import (
	"fmt"
	"math"
	"math/big"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/strictjson"
)

// Argument is what a section wants of one argument of a call, or of a prompt, to be
// about the call. What a server may take for such a value counts as one: a section can
// only forbid, and does so in doubt.
type Argument struct {
	// Name is the argument's; one that begins with "/" is a JSON Pointer (RFC 6901) into
	// the arguments, through objects.
	Name string
	At   Place
	// Is and Not are values of which it must be one, or none.
	Is, Not []Value
	// Bounds are those of a number.
	Bounds []Bound
	// Present says whether it must be given; nil where that is all the same. JSON's null
	// may be either.
	Present *bool
}

// Value is one value of an argument: a glob for texts, a number, or a boolean.
type Value struct {
	Text   *Pattern
	Number *big.Rat
	Bool   *bool
	spelt  string // as the policy has it
}

// Bound is a number and how an argument compares to it.
type Bound struct {
	Operator string // gt, gte, lt or lte
	Number   *big.Rat
	spelt    string
}

func (a Argument) String() string {
	var all []string
	for _, part := range []struct {
		name   string
		values []Value
	}{{"is", a.Is}, {"is not", a.Not}} {
		if len(part.values) > 0 {
			words := make([]string, len(part.values))
			for i, v := range part.values {
				words[i] = v.spelt
			}
			all = append(all, part.name+" "+strings.Join(words, " or "))
		}
	}
	for _, b := range a.Bounds {
		all = append(all, b.Operator+" "+b.spelt)
	}
	if a.Present != nil && *a.Present {
		all = append(all, "is given")
	}
	if a.Present != nil && !*a.Present {
		all = append(all, "is not given")
	}
	return a.Name + " " + strings.Join(all, " and ")
}

// ForCall returns the policy with nothing but what is about a call, or about a prompt,
// with these arguments, nil for none. The error says that two readers may see
// different arguments.
func (p *Policy) ForCall(arguments []byte) (*Policy, error) {
	var fault error
	kept := p.keep(func(r *Rules) bool {
		for _, a := range r.When {
			value, err := argument(arguments, a.path())
			if err != nil {
				fault = fmt.Errorf("arguments: %w", err)
			}
			if err == nil && !a.mayHold(value) {
				return false
			}
		}
		return true
	})
	return kept, fault
}

// ForLists returns the policy with nothing but what holds whatever the arguments are.
func (p *Policy) ForLists() *Policy {
	return p.keep(func(r *Rules) bool { return len(r.When) == 0 })
}

// path are the names that lead to the argument.
func (a Argument) path() []string {
	if !strings.HasPrefix(a.Name, "/") {
		return []string{a.Name}
	}
	names := strings.Split(a.Name[1:], "/")
	for i, name := range names {
		names[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(name)
	}
	return names
}

// argument returns the value at a path, nil where there is none.
func argument(arguments []byte, path []string) ([]byte, error) {
	value := arguments
	for _, name := range path {
		if len(value) == 0 || string(value) == "null" {
			return nil, nil
		}
		values, err := strictjson.Read(value, name)
		if err != nil {
			return nil, err
		}
		value = values[0]
	}
	return value, nil
}

// mayHold reports whether a value, nil for none, is such a one for some reader.
func (a Argument) mayHold(value []byte) bool {
	null := string(value) == "null"
	if a.Present != nil && !null && *a.Present != (value != nil) {
		return false
	}
	if null {
		value = nil
	}
	if len(a.Is) > 0 && !slices.ContainsFunc(elements(value), func(one []byte) bool { return mayBe(one, a.Is) }) {
		return false
	}
	if len(a.Not) > 0 && isSurely(value, a.Not) {
		return false
	}
	for _, b := range a.Bounds {
		if !slices.ContainsFunc(elements(value), b.mayHold) {
			return false
		}
	}
	return true
}

// elements are the values that a server may take out of one: those of an array.
func elements(value []byte) [][]byte {
	switch {
	case value == nil:
		return nil
	case value[0] != '[':
		return [][]byte{value}
	}
	var all [][]byte
	for _, element := range jsonrpc.Elements(value) {
		all = append(all, elements(element)...)
	}
	return all
}

// mayBe reports whether a reader may take a value for one of some. One of another kind
// than all of them is taken for it.
func mayBe(value []byte, some []Value) bool {
	text, isText := strictjson.Text(value)
	number, isNumber := numberOf(string(value))
	comparable := false
	for _, s := range some {
		switch {
		case s.Text != nil:
			written := string(value)
			if isText {
				written = text
			}
			comparable = comparable || isText
			if s.Text.covers(spelled(spellingsOf(strings.TrimSpace(written))...)) {
				return true
			}
		case s.Number != nil && isText:
			if n, ok := numberOf(strings.TrimSpace(text)); ok && mayEqual(n, s.Number) || !ok && beginsAsNumber(text) {
				return true
			}
		case s.Number != nil && isNumber:
			comparable = true
			if mayEqual(number, s.Number) {
				return true
			}
		case s.Bool != nil:
			isBool := string(value) == "true" || string(value) == "false"
			comparable = comparable || isBool
			if isBool && *s.Bool == (string(value) == "true") || isText && strings.EqualFold(strings.TrimSpace(text), fmt.Sprint(*s.Bool)) {
				return true
			}
		}
	}
	return !comparable
}

// isSurely reports whether a value, or each element of an array, is for every reader one
// of some.
func isSurely(value []byte, some []Value) bool {
	all := elements(value)
	return len(all) > 0 && !slices.ContainsFunc(all, func(one []byte) bool {
		return !slices.ContainsFunc(some, func(s Value) bool { return s.isSurely(one) })
	})
}

func (s Value) isSurely(value []byte) bool {
	switch {
	case s.Text != nil:
		text, isText := strictjson.Text(value)
		names := Names{Allow: []Pattern{*s.Text}, Allowing: &s.Text.At}
		return isText && !names.rule(spelled(spellingsOf(text)...)).Denied
	case s.Number != nil:
		n, ok := numberOf(string(value))
		return ok && n.Cmp(s.Number) == 0
	}
	return string(value) == fmt.Sprint(*s.Bool)
}

// mayHold reports whether a value is within the bound. One that is no number may be.
func (b Bound) mayHold(value []byte) bool {
	written := string(value)
	if text, isText := strictjson.Text(value); isText {
		written = strings.TrimSpace(text)
	}
	n, ok := numberOf(written)
	if !ok {
		return true
	}
	return slices.ContainsFunc(readingsOf(n), func(read *big.Rat) bool {
		switch c := read.Cmp(b.Number); b.Operator {
		case "gt":
			return c > 0
		case "gte":
			return c >= 0
		case "lt":
			return c < 0
		default:
			return c <= 0
		}
	})
}

// beginsAsNumber reports whether a lenient reader may take a text for some number, as "0x64"
// or "100,".
func beginsAsNumber(text string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(strings.TrimSpace(text), "+-."))
	return unicode.IsNumber(first)
}

// mayEqual reports whether some reader may take a number for another.
func mayEqual(n, other *big.Rat) bool {
	a, _ := n.Float64()
	b, _ := other.Float64()
	return a == b || slices.ContainsFunc(readingsOf(n), func(read *big.Rat) bool { return read.Cmp(other) == 0 })
}

// readingsOf are the numbers that a reader may see in one: that number, the double that is
// next to it (RFC 8259, section 6), and, where a whole one is wanted, those next to it.
func readingsOf(n *big.Rat) []*big.Rat {
	all := []*big.Rat{n}
	if f, exact := n.Float64(); !exact && !math.IsInf(f, 0) {
		all = append(all, new(big.Rat).SetFloat64(f))
	}
	if !n.IsInt() {
		below := new(big.Int).Div(n.Num(), n.Denom()) // Euclidean: rounds down
		above := new(big.Int).Add(below, big.NewInt(1))
		all = append(all, new(big.Rat).SetInt(below), new(big.Rat).SetInt(above))
	}
	return all
}

// maxNumber is how many characters a number may have that is compared. An exponent could
// stand for more digits than there is memory.
const maxNumber = 64

// numberOf reads a number as JSON writes it.
func numberOf(written string) (*big.Rat, bool) {
	if len(written) == 0 || len(written) > maxNumber || strings.Trim(written, "0123456789+-.eE") != "" {
		return nil, false
	}
	if i := strings.IndexAny(written, "eE"); i >= 0 && len(strings.TrimLeft(written[i+1:], "+-0")) > 3 {
		return nil, false
	}
	return new(big.Rat).SetString(written)
}
