// Package document changes one entry in a settings file that belongs to another
// program, and leaves every other byte of it alone: comments, order, spelling,
// line ends. It knows JSON with comments, TOML and YAML. All functions are pure
// and safe for concurrent use.
//
// A library reads each file; what is written is spliced in at the positions that
// the library found. Every result is read again before it is returned, and is
// refused unless it differs from the original in that entry alone.
package document

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
)

// Section is where a program keeps its entries: a member of the root that holds
// them by name.
type Section struct {
	Format Format
	Key    string
	// Parent is a member of the root that the section is in, in place of the root
	// itself; "" for the root. Only JSON knows it.
	Parent string
	// List says that the entries are a list, each with its name as a member
	// "name". Only YAML knows it.
	List bool
}

// Format is a language that settings are written in: JSON, TOML or YAML.
type Format interface {
	// decode reads a document without a byte order mark. An error begins with
	// the line and the column.
	decode(src []byte) (map[string]any, error)
	// put writes an entry, in place of one of that name if there is one.
	put(src []byte, s Section, name string, value Object) ([]byte, error)
	// cut removes an entry, and the section too where it was the last one and
	// nobody left a comment there. The entry exists.
	cut(src []byte, s Section, name string) ([]byte, error)
}

// Object is an entry to write, in that order.
type Object []Member

// Member is one name and its value: a string, bool, number, nil, []string, an
// Object, or what a Format decoded.
type Member struct {
	Name  string
	Value any
}

// Entry is an entry that was read. In a list its name is not in its value too.
type Entry struct {
	Name  string
	Value map[string]any
}

var byteOrderMark = []byte("\xef\xbb\xbf")

// Entries returns the entries in src, sorted by name. An empty document has
// none. An error says where the document is wrong, by line and column.
func (s Section) Entries(src []byte) ([]Entry, error) {
	tree, err := s.decode(bytes.TrimPrefix(src, byteOrderMark))
	if err != nil {
		return nil, err
	}
	byName, err := s.entries(tree)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, name := range slices.Sorted(maps.Keys(byName)) {
		value, _ := byName[name].(map[string]any)
		if s.List {
			value = maps.Clone(value)
			delete(value, "name")
		}
		entries = append(entries, Entry{name, value})
	}
	return entries, nil
}

// Decode reads a whole document, for those who ask of it more than entries.
func Decode(f Format, src []byte) (map[string]any, error) {
	return Section{Format: f}.decode(bytes.TrimPrefix(src, byteOrderMark))
}

// Put returns src with an entry of that name and value, in place of one that has
// the name already. src may be empty. Where the entry says the same, however it
// is laid out, src is returned; what Cut could not take out again is refused.
func (s Section) Put(src []byte, name string, value Object) ([]byte, error) {
	if s.says(src, name, value) {
		return src, nil
	}
	return s.change(src, name, value, func(text []byte) ([]byte, error) {
		changed, err := s.Format.put(text, s, name, value)
		if err != nil {
			return nil, err
		}
		if _, err := s.Format.cut(changed, s, name); err != nil {
			return nil, errUnfit
		}
		return changed, nil
	})
}

// says reports whether src has that entry with that value.
func (s Section) says(src []byte, name string, value Object) bool {
	tree, err := s.decode(bytes.TrimPrefix(src, byteOrderMark))
	if err != nil {
		return false
	}
	entries, err := s.entries(tree)
	return err == nil && entries[name] != nil && value.equals(entries[name], s.List, name)
}

// Cut returns src without the entry of that name. It undoes Put to the byte,
// except that an empty section is gone and that an empty document holds an
// empty object. Without such an entry it returns src.
func (s Section) Cut(src []byte, name string) ([]byte, error) {
	entries, err := s.Entries(src)
	if err != nil || !slices.ContainsFunc(entries, func(e Entry) bool { return e.Name == name }) {
		return src, err
	}
	return s.change(src, name, nil, func(text []byte) ([]byte, error) {
		return s.Format.cut(text, s, name)
	})
}

// change carries out edit on what follows the byte order mark, and checks that
// it did what it should and no more. A nil value means that the entry is gone.
func (s Section) change(src []byte, name string, value Object, edit func([]byte) ([]byte, error)) ([]byte, error) {
	text, marked := bytes.CutPrefix(src, byteOrderMark)
	before, err := s.decode(text)
	if err != nil {
		return nil, err
	}
	if _, err := s.entries(before); err != nil {
		return nil, err
	}
	changed, err := edit(text)
	if err != nil {
		return nil, err
	}
	if err := s.check(before, changed, name, value); err != nil {
		return nil, err
	}
	if marked {
		changed = slices.Concat(byteOrderMark, changed)
	}
	return changed, nil
}

// errUnfit is the refusal of a change that would touch something else. It takes
// a document of a shape that no program writes.
var errUnfit = errors.New("cannot change the file without touching other settings: edit it by hand")

func (s Section) check(before map[string]any, changed []byte, name string, value Object) error {
	after, err := s.decode(changed)
	if err != nil {
		return errUnfit
	}
	entries, err := s.entries(after)
	if err != nil {
		return errUnfit
	}
	got, exists := entries[name]
	if exists != (value != nil) || exists && !value.equals(got, s.List, name) {
		return errUnfit
	}
	if spell(s.without(before, name)) != spell(s.without(after, name)) {
		return errUnfit
	}
	return nil
}

// decode is the format's, with words for what an editor of Windows may have made.
func (s Section) decode(src []byte) (map[string]any, error) {
	if bytes.HasPrefix(src, []byte("\xff\xfe")) || bytes.HasPrefix(src, []byte("\xfe\xff")) {
		return nil, errors.New("line 1, column 1: the file is in UTF-16: save it as UTF-8")
	}
	return s.Format.decode(src)
}

// entries returns the section of a decoded document by name.
func (s Section) entries(tree map[string]any) (map[string]any, error) {
	if parent, exists := tree[s.Parent]; s.Parent != "" && exists {
		var ok bool
		if tree, ok = parent.(map[string]any); !ok {
			return nil, fmt.Errorf("%q is not an object", s.Parent)
		}
	} else if s.Parent != "" {
		return nil, nil
	}
	section, exists := tree[s.Key]
	if !exists || section == nil && s.Format == YAML {
		return nil, nil
	}
	if !s.List {
		if byName, ok := section.(map[string]any); ok {
			return byName, nil
		}
		return nil, fmt.Errorf("%q is not an object", s.Key)
	}
	list, ok := section.([]any)
	if !ok {
		return nil, fmt.Errorf("%q is not a list", s.Key)
	}
	byName := make(map[string]any)
	for _, item := range list {
		if entry, ok := item.(map[string]any); ok {
			if name, ok := entry["name"].(string); ok {
				byName[name] = entry
			}
		}
	}
	return byName, nil
}

// without returns a decoded document less one entry, and less the section where
// nothing else is in it.
func (s Section) without(tree map[string]any, name string) map[string]any {
	rest := make(map[string]any)
	maps.Copy(rest, tree)
	if parent, ok := tree[s.Parent].(map[string]any); ok && s.Parent != "" {
		within := s
		within.Parent = ""
		inner := within.without(parent, name)
		rest[s.Parent] = inner
		if len(inner) == 0 {
			delete(rest, s.Parent)
		}
		return rest
	}
	switch section := tree[s.Key].(type) {
	case map[string]any:
		section = maps.Clone(section)
		delete(section, name)
		rest[s.Key] = section
		if len(section) == 0 {
			delete(rest, s.Key)
		}
	case []any:
		section = slices.DeleteFunc(slices.Clone(section), func(item any) bool {
			entry, ok := item.(map[string]any)
			return ok && entry["name"] == name
		})
		rest[s.Key] = section
		if len(section) == 0 {
			delete(rest, s.Key)
		}
	case nil:
		delete(rest, s.Key)
	}
	return rest
}

// equals reports whether a decoded entry says the same.
func (o Object) equals(decoded any, list bool, name string) bool {
	want := sorted(o)
	if list {
		want["name"] = name
	}
	return flow(want) == flow(decoded)
}

// sorted is an entry as it is decoded.
func sorted(o Object) map[string]any {
	tree := make(map[string]any)
	for _, m := range o {
		tree[m.Name] = m.Value
		if nested, ok := m.Value.(Object); ok {
			tree[m.Name] = sorted(nested)
		}
	}
	return tree
}

// spell writes a decoded document so that equal ones are spelled alike.
func spell(tree any) string { return fmt.Sprintf("%#v", tree) }

// positionError is an error at an offset of src.
func positionError(src []byte, offset int, format string, args ...any) error {
	line := 1 + bytes.Count(src[:offset], []byte("\n"))
	column := offset - bytes.LastIndexByte(src[:offset], '\n')
	return fmt.Errorf("line %d, column %d: %s", line, column, fmt.Sprintf(format, args...))
}
