package govern

import (
	"fmt"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/jsonrpc"
)

// ambiguousError says that two readers may see different things in an object.
type ambiguousError struct{ name, as string }

func (e *ambiguousError) Error() string {
	return fmt.Sprintf("member %q can be taken for %q", e.name, e.as)
}

// read returns the values of the members with these names, nil for one that is
// missing. It refuses an object in which some other reader might find another
// value than this one does: a name that stands twice, or one that a reader
// without regard to case or Unicode forms takes for one of these
// (CVE-2026-27896 is that mistake, in a Go library).
func read(object []byte, names ...string) ([][]byte, error) {
	values := make([][]byte, len(names))
	if len(object) == 0 || object[0] != '{' {
		return nil, fmt.Errorf("not an object")
	}
	for _, m := range jsonrpc.Members(object) {
		exact := false
		for i, name := range names {
			if m.Name == name {
				if values[i] != nil {
					return nil, &ambiguousError{m.Name, name}
				}
				values[i], exact = m.Value, true
			}
		}
		if exact {
			continue
		}
		seen := skeleton(m.Name)
		for _, name := range names {
			if seen == skeleton(name) {
				return nil, &ambiguousError{m.Name, name}
			}
		}
	}
	return values, nil
}

// text returns the string that a value holds, as its bytes decode. A string with
// half a surrogate pair is none: readers disagree on what it is.
func text(value []byte) (string, bool) {
	if len(value) < 2 || value[0] != '"' {
		return "", false
	}
	s, err := jsontext.AppendUnquote(nil, value)
	return string(s), err == nil
}
