package document

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/tailscale/hujson"
)

// JSON is JSON, with comments and trailing commas where the file has them.
var JSON Format = jsonFormat{}

type jsonFormat struct{}

func (jsonFormat) decode(src []byte) (map[string]any, error) {
	if blank(src) {
		return nil, nil
	}
	standard, err := hujson.Standardize(ended(src))
	if err != nil {
		return nil, errors.New(strings.TrimPrefix(err.Error(), "hujson: ")) // it begins with the line
	}
	decoder := json.NewDecoder(bytes.NewReader(standard))
	decoder.UseNumber()
	var tree any
	if err := decoder.Decode(&tree); err != nil {
		return nil, err
	}
	root, ok := tree.(map[string]any)
	if !ok {
		return nil, errors.New("line 1, column 1: the file does not hold an object")
	}
	return root, nil
}

func (jsonFormat) put(src []byte, s Section, name string, value Object) ([]byte, error) {
	if blank(src) {
		src = []byte("{}" + lineEnd(src))
	}
	doc, err := parseJSON(src)
	if err != nil {
		return nil, err
	}
	holder, err := doc.holder(s)
	if err != nil {
		return nil, err
	}
	if holder.Object == nil {
		return doc.insert(doc.root, Member{s.Parent, Object{{s.Key, Object{{name, value}}}}}), nil
	}
	section, err := doc.member(holder, s.Key)
	if err != nil {
		return nil, err
	}
	if section == nil {
		return doc.insert(holder, Member{s.Key, Object{{name, value}}}), nil
	}
	object, err := doc.object(holder, section.Value, s.Key)
	if err != nil {
		return nil, err
	}
	entry, err := doc.member(object, name)
	if err != nil {
		return nil, err
	}
	if entry == nil {
		return doc.insert(object, Member{name, value}), nil
	}
	indent, own := indentation(src, entry.Name.StartOffset)
	if !own {
		return splice(src, edit{entry.Value.StartOffset, entry.Value.EndOffset, flow(value)}), nil
	}
	return splice(src, edit{entry.Value.StartOffset, entry.Value.EndOffset, doc.block(value, indent)}), nil
}

func (jsonFormat) cut(src []byte, s Section, name string) ([]byte, error) {
	doc, err := parseJSON(src)
	if err != nil {
		return nil, err
	}
	holder, err := doc.holder(s)
	if err != nil {
		return nil, err
	}
	section, err := doc.member(holder, s.Key)
	if err != nil {
		return nil, err
	}
	object, err := doc.object(holder, section.Value, s.Key)
	if err != nil {
		return nil, err
	}
	if _, err := doc.member(object, name); err != nil {
		return nil, err
	}
	switch alone := len(object.Members) == 1 && object.uncommented(); {
	case alone && s.Parent != "" && len(holder.Members) == 1 && holder.uncommented():
		return doc.remove(doc.root, s.Parent), nil
	case alone:
		return doc.remove(holder, s.Key), nil
	}
	return doc.remove(object, name), nil
}

// jsonDocument is a document and how it is laid out.
type jsonDocument struct {
	src  []byte
	root jsonObject
	unit string // one step of indentation
	end  string // of a line
}

// jsonObject is an object in the document, with its braces.
type jsonObject struct {
	*hujson.Object
	start, close int    // offsets of the braces
	indent       string // of the line that the closing brace is on, or would be
	inline       bool   // all on one line
}

// uncommented reports whether there are no comments beside the only member.
func (o jsonObject) uncommented() bool {
	m := o.Members[0]
	return m.Name.BeforeExtra.IsStandard() && m.Value.AfterExtra.IsStandard() && o.AfterExtra.IsStandard()
}

// ended returns a copy of a document whose last line ends: the parser wants a line break
// after a comment, which editors and clients do not.
func ended(src []byte) []byte {
	if bytes.HasSuffix(src, []byte("\n")) {
		return bytes.Clone(src)
	}
	return append(bytes.Clone(src), '\n')
}

func parseJSON(src []byte) (jsonDocument, error) {
	value, err := hujson.Parse(ended(src))
	if err != nil {
		return jsonDocument{}, err
	}
	object, ok := value.Value.(*hujson.Object)
	if !ok {
		return jsonDocument{}, positionError(src, value.StartOffset, "want an object")
	}
	d := jsonDocument{src: src, unit: "  ", end: lineEnd(src)}
	d.root = d.layOut(object, value, "", false)
	if len(object.Members) > 0 {
		if unit, own := indentation(src, object.Members[0].Name.StartOffset); own && unit != "" {
			d.unit = unit
		}
	}
	return d, nil
}

// layOut looks at how an object is written. An empty one is written as the
// object that holds it.
func (d jsonDocument) layOut(o *hujson.Object, v hujson.Value, indent string, inline bool) jsonObject {
	if len(o.Members) > 0 {
		before := o.Members[0].Name.BeforeExtra
		inline = !bytes.Contains(before, []byte("\n")) && o.AfterExtra.IsStandard()
	}
	return jsonObject{o, v.StartOffset, v.EndOffset - 1, indent, inline}
}

// member finds a member by name. There is none twice, since programs differ in
// which of the two they believe.
func (d jsonDocument) member(o jsonObject, name string) (*hujson.ObjectMember, error) {
	var found *hujson.ObjectMember
	for i := range o.Members {
		m := &o.Members[i]
		if m.Name.Value.(hujson.Literal).String() != name {
			continue
		}
		if found != nil {
			return nil, positionError(d.src, m.Name.StartOffset, "%q stands there twice", name)
		}
		found = m
	}
	return found, nil
}

// holder is the object that the section is in: the root, or the parent that the
// section names. Without that its Object is nil.
func (d jsonDocument) holder(s Section) (jsonObject, error) {
	if s.Parent == "" {
		return d.root, nil
	}
	parent, err := d.member(d.root, s.Parent)
	if err != nil || parent == nil {
		return jsonObject{}, err
	}
	return d.object(d.root, parent.Value, s.Parent)
}

// object is the value of a member of holder.
func (d jsonDocument) object(holder jsonObject, v hujson.Value, name string) (jsonObject, error) {
	o, ok := v.Value.(*hujson.Object)
	if !ok {
		return jsonObject{}, positionError(d.src, v.StartOffset, "%q is not an object", name)
	}
	indent, own := indentation(d.src, holder.Members[0].Name.StartOffset)
	if !own {
		indent = holder.indent + d.unit
	}
	return d.layOut(o, v, indent, holder.inline), nil
}

// insert adds a member at the end of an object.
func (d jsonDocument) insert(o jsonObject, m Member) []byte {
	at := beforeSpace(d.src, o.close)
	if len(o.Members) == 0 {
		if o.inline {
			return splice(d.src, edit{at, at, quote(m.Name) + ": " + flow(m.Value)})
		}
		text := d.end + o.indent + d.unit + d.blockMember(m, o.indent+d.unit)
		if rest := d.src[at:o.close]; bytes.Contains(rest, []byte("\n")) {
			return splice(d.src, edit{at, at, text})
		}
		return splice(d.src, edit{at, o.close, text + d.end + o.indent})
	}
	last := o.Members[len(o.Members)-1].Value
	text := " " + quote(m.Name) + ": " + flow(m.Value)
	if !o.inline {
		indent, own := indentation(d.src, o.Members[0].Name.StartOffset)
		if !own {
			indent = o.indent + d.unit
		}
		text = d.end + indent + d.blockMember(m, indent)
	}
	if last.AfterExtra != nil { // a trailing comma
		return splice(d.src, edit{at, at, text + ","})
	}
	return splice(d.src, edit{last.EndOffset, last.EndOffset, ","}, edit{at, at, text})
}

// remove takes a member out of an object, with one comma.
func (d jsonDocument) remove(o jsonObject, name string) []byte {
	i := 0
	for o.Members[i].Name.Value.(hujson.Literal).String() != name {
		i++
	}
	m := o.Members[i]
	start, end := beforeSpace(d.src, m.Name.StartOffset), m.Value.EndOffset
	final := i == len(o.Members)-1
	comma := !final || m.Value.AfterExtra != nil // one follows
	if comma {
		end += len(m.Value.AfterExtra) + 1
	}
	if endsInLineComment(m.Name.BeforeExtra) && !blank(d.src[end:nextLine(d.src, end)]) {
		// What follows on the line must not end up in the comment.
		start += bytes.LastIndexByte(d.src[start:m.Name.StartOffset], '\n') + 1
	}
	if i == 0 && final && blank(d.src[o.start+1:start]) && blank(d.src[end:o.close]) {
		return splice(d.src, edit{o.start + 1, o.close, ""})
	}
	if comma || i == 0 {
		return splice(d.src, edit{start, end, ""})
	}
	before := o.Members[i-1].Value
	separator := before.EndOffset + len(before.AfterExtra)
	return splice(d.src, edit{separator, separator + 1, ""}, edit{start, end, ""})
}

// endsInLineComment reports whether the last comment is one that only the end of
// its line ends.
func endsInLineComment(extra []byte) bool {
	line := false
	for extra = bytes.TrimSpace(extra); len(extra) > 0; extra = bytes.TrimSpace(extra) {
		end := "*/"
		if line = bytes.HasPrefix(extra, []byte("//")); line {
			end = "\n"
		}
		_, extra, _ = bytes.Cut(extra[2:], []byte(end))
	}
	return line
}

// blockMember writes a member over several lines; its first one is indented already.
func (d jsonDocument) blockMember(m Member, indent string) string {
	return quote(m.Name) + ": " + d.block(m.Value, indent)
}

// block writes an object with a line for each member, and lists on one line.
func (d jsonDocument) block(value any, indent string) string {
	o, ok := value.(Object)
	if !ok || len(o) == 0 {
		return flow(value)
	}
	lines := make([]string, len(o))
	for i, m := range o {
		lines[i] = indent + d.unit + d.blockMember(m, indent+d.unit)
	}
	return fmt.Sprintf("{%s%s%s%s}", d.end, strings.Join(lines, ","+d.end), d.end, indent)
}
