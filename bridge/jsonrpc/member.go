package jsonrpc

import (
	"bytes"

	"github.com/go-json-experiment/json/jsontext"
)

// Member is one name and value of an object.
type Member struct {
	Name  string
	Value []byte
}

// Members lists the members of an object in the order they stand, names that
// stand twice included; nil where object is not a JSON object. Object must be
// valid JSON, as part of a parsed message is.
func Members(object []byte) []Member {
	found := members(object)
	if found == nil {
		return nil
	}
	all := make([]Member, len(found))
	for i, m := range found {
		all[i] = Member{Name: m.name, Value: object[m.value.Start:m.value.End:m.value.End]}
	}
	return all
}

// Retain returns raw without those elements of the array at the given place that
// keep does not want, each with the comma that separated it. Every other byte
// stays; raw itself is returned where all elements do, or where no array is.
func Retain(raw []byte, array Span, keep func(element []byte) bool) []byte {
	s := scanner{b: raw[:array.End:array.End], i: array.Start}
	if s.peek() != '[' {
		return raw
	}
	var all []Span
	err := s.array(maxDepth, func() error {
		value, err := s.value(maxDepth)
		all = append(all, Span{s.i - len(value), s.i})
		return err
	})
	if err != nil || len(all) == 0 {
		return raw
	}
	out := append(make([]byte, 0, len(raw)), raw[:all[0].Start]...)
	kept := 0
	for i, at := range all {
		if !keep(raw[at.Start:at.End:at.End]) {
			continue
		}
		if kept++; kept > 1 {
			out = append(out, raw[all[i-1].End:at.Start]...) // the comma, and the space around it
		}
		out = append(out, raw[at.Start:at.End]...)
	}
	if kept == len(all) {
		return raw
	}
	return append(out, raw[all[len(all)-1].End:]...)
}

// Strings calls each for every string in valid JSON, names of members included,
// with where it stands, quotes included.
func Strings(raw []byte, each func(at Span)) {
	for i := 0; i < len(raw); i++ {
		if raw[i] != '"' {
			continue
		}
		s := scanner{b: raw, i: i}
		if s.text() != nil {
			return
		}
		each(Span{i, s.i})
		i = s.i - 1
	}
}

// unquote returns the text of a JSON string that the scanner has read.
func unquote(quoted []byte) string {
	inner := quoted[1 : len(quoted)-1]
	if known := common(inner); known != "" {
		return known
	}
	if bytes.IndexByte(inner, '\\') < 0 {
		return string(inner)
	}
	text, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil { // a lone surrogate: no name that anybody looks for
		return string(quoted)
	}
	return string(text)
}

// common is what most names of members and methods are, which saves a copy of each; ""
// for any other.
func common(text []byte) string {
	switch string(text) {
	case "jsonrpc":
		return "jsonrpc"
	case "id":
		return "id"
	case "method":
		return "method"
	case "params":
		return "params"
	case "result":
		return "result"
	case "error":
		return "error"
	case "tools/call":
		return "tools/call"
	case "name":
		return "name"
	case "arguments":
		return "arguments"
	case "_meta":
		return "_meta"
	case "content":
		return "content"
	case "isError":
		return "isError"
	case "structuredContent":
		return "structuredContent"
	}
	return ""
}
