package document

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// flow writes a value as JSON on one line, which is YAML too. Members of maps
// are sorted, so that equal values are written alike.
func flow(value any) string { return jsonNotation.flow(value) }

// notation is how a language writes values on one line.
type notation struct {
	colon   string // between a name and its value
	open    string // an object
	close   string
	name    func(string) string
	nothing string // null; "" where there is none
}

var jsonNotation = notation{colon: ": ", open: "{", close: "}", name: quote, nothing: "null"}

func (n notation) flow(value any) string {
	switch v := value.(type) {
	case nil:
		return n.nothing
	case string:
		return quote(v)
	case []string:
		return flowList(n, v)
	case []any:
		return flowList(n, v)
	case map[string]any:
		return n.flow(ordered(v))
	case Object:
		if len(v) == 0 {
			return "{}"
		}
		members := make([]string, len(v))
		for i, m := range v {
			members[i] = n.name(m.Name) + n.colon + n.flow(m.Value)
		}
		return n.open + strings.Join(members, ", ") + n.close
	default: // numbers and booleans are written alike everywhere
		return fmt.Sprint(v)
	}
}

func flowList[T any](n notation, list []T) string {
	items := make([]string, len(list))
	for i, item := range list {
		items[i] = n.flow(item)
	}
	return "[" + strings.Join(items, ", ") + "]"
}

// ordered is a decoded object with its members sorted.
func ordered(m map[string]any) Object {
	var o Object
	for _, name := range slices.Sorted(maps.Keys(m)) {
		o = append(o, Member{name, m[name]})
	}
	return o
}

// quote writes a string as JSON does. That is a double-quoted scalar of YAML
// and a basic string of TOML too, but for DEL, which TOML wants escaped.
func quote(s string) string {
	var b strings.Builder
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(s); err != nil { // a string can be encoded
		panic(err)
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "\n"), "\x7f", `\u007f`)
}

// bareName reports whether TOML and YAML take the name without quotes.
func bareName(name string) bool {
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_"
	return name != "" && strings.Trim(name, letters+"0123456789-") == "" && strings.Contains(letters, name[:1]) &&
		!slices.Contains([]string{"true", "false", "null", "yes", "no", "on", "off", "y", "n"}, strings.ToLower(name))
}

// plainName writes a name without quotes where it needs none.
func plainName(name string) string {
	if bareName(name) {
		return name
	}
	return quote(name)
}
