package policy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"

	"ucbridge/bridge/sharedfile"
)

// FileError is a fault in a policy file.
type FileError struct {
	At    Place
	Fault string
}

func (e *FileError) Error() string {
	if e.At.Line == 0 {
		return fmt.Sprintf("%s: %s", e.At.File, e.Fault)
	}
	return fmt.Sprintf("%s:%d:%d: %s", e.At.File, e.At.Line, e.At.Column, e.Fault)
}

// UnknownKeyError is a [FileError] about a key that there is not in its place.
type UnknownKeyError struct {
	*FileError
	Key   string
	Known []string // the keys that there are
}

func (e *UnknownKeyError) Unwrap() error { return e.FileError }

// maxPolicy bounds the size of a policy file, in bytes.
const maxPolicy = 1 << 20

// ReadFile reads a policy file. The error is a *FileError, or one of package os
// where the file cannot be opened; fs.ErrNotExist says that there is nothing of that
// name, not even a link.
func ReadFile(name string) (*File, error) {
	file, err := sharedfile.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		if _, broken := os.Lstat(name); broken == nil {
			return nil, &FileError{Place{File: name}, "a link to a file that is not there"}
		}
		if belowFile(name) {
			return nil, &FileError{Place{File: name}, "a folder on its way is a file"}
		}
	}
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > maxPolicy {
		return nil, &FileError{Place{File: name}, fmt.Sprintf("not a file of at most %d bytes", maxPolicy)}
	}
	raw, err := io.ReadAll(io.LimitReader(file, maxPolicy+1))
	if err != nil {
		return nil, err
	}
	if len(raw) > maxPolicy {
		return nil, &FileError{Place{File: name}, fmt.Sprintf("not a file of at most %d bytes", maxPolicy)}
	}
	return Parse(name, raw)
}

// belowFile reports whether something that is no folder stands in the way to a file. Unix
// tells it apart from a folder that is missing (ENOTDIR), Windows does not.
func belowFile(name string) bool {
	for dir := filepath.Dir(name); dir != filepath.Dir(dir); dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil {
			return !info.IsDir()
		}
	}
	return false
}

// Parse reads the text of a policy file. It is strict: a key that it does not
// know, a key that stands twice, a value of another type, an anchor or a second
// document is an error, since a rule that is not understood must not be passed
// over. So is a byte that is not UTF-8: the YAML reader takes it for a character, and no
// name in JSON ever has that one. The error is a *FileError.
func Parse(name string, raw []byte) (file *File, err error) {
	defer func() { // a fault of the YAML reader must not end the process, nor open the door
		if fault := recover(); fault != nil {
			file, err = nil, &FileError{Place{File: name}, fmt.Sprintf("the YAML reader fails: %v", fault)}
		}
	}()
	if raw, err = utf8Text(name, raw); err != nil {
		return nil, err
	}
	d := document{file: &File{Name: name}}
	parsed, err := parser.ParseBytes(raw, 0)
	if err != nil {
		return nil, d.syntax(err)
	}
	var body ast.Node
	for _, doc := range parsed.Docs {
		if doc.Body == nil {
			continue
		}
		if body != nil {
			return nil, d.fault(doc.Body, "a second document: a policy is one")
		}
		body = doc.Body
	}
	if body == nil {
		return nil, &FileError{Place{File: name, Line: 1, Column: 1}, "the file is empty"}
	}
	if err := d.top(body); err != nil {
		return nil, err
	}
	return d.file, nil
}

// utf8Text returns a policy's text without the byte order mark that editors of Windows
// put before it.
func utf8Text(name string, raw []byte) ([]byte, error) {
	if bytes.HasPrefix(raw, []byte("\xff\xfe")) || bytes.HasPrefix(raw, []byte("\xfe\xff")) {
		return nil, &FileError{Place{File: name}, "the file is in UTF-16: save it as UTF-8"}
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	for line, n := raw, 1; len(line) > 0; n++ {
		var text []byte
		text, line, _ = bytes.Cut(line, []byte("\n"))
		if !utf8.Valid(text) {
			return nil, &FileError{Place{File: name, Line: n, Column: utf8.RuneCount(validPrefix(text)) + 1}, "not a character of UTF-8: save the file as UTF-8"}
		}
	}
	return raw, nil
}

// validPrefix returns the text before the first byte that is not UTF-8.
func validPrefix(text []byte) []byte {
	at := 0
	for at < len(text) {
		r, size := utf8.DecodeRune(text[at:])
		if r == utf8.RuneError && size == 1 {
			break
		}
		at += size
	}
	return text[:at]
}

// document is a policy file while it is read.
type document struct{ file *File }

func (d document) syntax(err error) error {
	var fault *yaml.SyntaxError
	if errors.As(err, &fault) && fault.Token != nil {
		if strings.Contains(fault.Message, "tab character") || strings.Contains(fault.Message, "'\t'") {
			return &FileError{d.at(fault.Token), "a tab: indent with spaces"}
		}
		return &FileError{d.at(fault.Token), fault.Message}
	}
	return &FileError{Place{File: d.file.Name}, err.Error()}
}

func (d document) at(t *token.Token) Place {
	if t == nil || t.Position == nil {
		return Place{File: d.file.Name}
	}
	return Place{File: d.file.Name, Line: t.Position.Line, Column: t.Position.Column}
}

func (d document) fault(n ast.Node, format string, args ...any) error {
	return &FileError{d.at(n.GetToken()), fmt.Sprintf(format, args...)}
}

// want is the fault of a value of another kind than its key wants, such as "true or false".
// The mapping that the value is in names the key.
func (d document) want(n ast.Node, format string, args ...any) error {
	return &valueError{FileError{d.at(n.GetToken()), "want " + fmt.Sprintf(format, args...)}}
}

// valueError is a fault of a value whose key has not been named yet.
type valueError struct{ FileError }

// of names the key of a value with a fault.
func of(key string, err error) error {
	if fault, ok := errors.AsType[*valueError](err); ok {
		return &FileError{fault.At, key + ": " + fault.Fault}
	}
	return err
}

// keys maps the names that a mapping may have to what reads their values.
type keys map[string]func(at Place, value ast.Node) error

// mapping reads a mapping with those keys and no other; what names the mapping.
func (d document) mapping(node ast.Node, what string, known keys) error {
	return d.entries(node, what, func(name string, at Place, value ast.Node) error {
		read, ok := known[name]
		if !ok {
			all := sortedKeys(known)
			return &UnknownKeyError{&FileError{at, fmt.Sprintf("unknown key %q in %s: want one of %s", name, what, strings.Join(all, ", "))}, name, all}
		}
		return read(at, value)
	})
}

func sortedKeys(known keys) []string {
	names := make([]string, 0, len(known))
	for name := range known {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// entries reads any mapping.
func (d document) entries(node ast.Node, what string, entry func(name string, at Place, value ast.Node) error) error {
	m, ok := node.(ast.MapNode)
	if !ok || node.Type() == ast.AnchorType || node.Type() == ast.AliasType {
		return d.fault(node, "%s must be a mapping", what)
	}
	seen := make(map[string]bool)
	for pairs := m.MapRange(); pairs.Next(); {
		key, ok := pairs.Key().(ast.Node)
		if !ok {
			return d.fault(node, "a key in %s is not a name", what)
		}
		name, ok := key.(*ast.StringNode)
		if !ok {
			return d.fault(key, "a key in %s is not a name", what)
		}
		if seen[name.Value] {
			return d.fault(key, "key %q stands twice in %s", name.Value, what)
		}
		seen[name.Value] = true
		if err := entry(name.Value, d.at(key.GetToken()), pairs.Value()); err != nil {
			return of(name.Value, err)
		}
	}
	return nil
}

// patterns reads a list of globs.
func (d document) patterns(into *[]Pattern) func(Place, ast.Node) error {
	return func(_ Place, value ast.Node) error {
		list, ok := value.(*ast.SequenceNode)
		if !ok {
			return d.want(value, "a list of globs, such as [get_*, \"*_secret\"]")
		}
		for _, element := range list.Values {
			glob, err := d.word(element)
			if err != nil {
				return err
			}
			*into = append(*into, NewPattern(glob, d.at(element.GetToken())))
		}
		return nil
	}
}

// word reads a text that is not empty.
func (d document) word(value ast.Node) (string, error) {
	s, ok := value.(*ast.StringNode)
	if !ok || s.Value == "" {
		return "", d.want(value, "a text, in quotes where it is no plain word")
	}
	return s.Value, nil
}

// flag reads a boolean and notes its place where it is true.
func (d document) flag(into **Place) func(Place, ast.Node) error {
	return func(at Place, value ast.Node) error {
		b, ok := value.(*ast.BoolNode)
		if !ok {
			return d.want(value, "true or false")
		}
		if b.Value {
			*into = &at
		}
		return nil
	}
}

// choice reads one of some words and returns which.
func (d document) choice(value ast.Node, words []string) (int, error) {
	i := slices.Index(words, value.GetToken().Value)
	if _, isText := value.(*ast.StringNode); !isText || i < 0 {
		return 0, d.want(value, "one of %s", strings.Join(words, ", "))
	}
	return i, nil
}

// count reads a whole number above 0.
func (d document) count(value ast.Node) (int, error) {
	n, ok := value.(*ast.IntegerNode)
	if ok {
		if v, err := strconv.Atoi(n.GetToken().Value); err == nil && v > 0 {
			return v, nil
		}
	}
	return 0, d.want(value, "a whole number above 0")
}

// units of a size; a unit that ends like another stands before it.
var units = []struct {
	name  string
	bytes int64
}{
	{" bytes", 1}, {"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10}, {"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1}, {"", 1},
}

// size reads a number of bytes, bare or with a unit.
func (d document) size(into **Size) func(Place, ast.Node) error {
	return func(at Place, value ast.Node) error {
		n, err := parseSize(value.GetToken().Value)
		if err != nil {
			return d.fault(value, "%q is not a size above 0, such as 64KiB or 8000 bytes", value.GetToken().Value)
		}
		*into = &Size{n, at}
		return nil
	}
}

func parseSize(text string) (int64, error) {
	for _, u := range units {
		if number, ok := strings.CutSuffix(text, u.name); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(number), 10, 64)
			if err != nil || n <= 0 || n > math.MaxInt64/u.bytes {
				break
			}
			return n * u.bytes, nil
		}
	}
	return 0, errors.New("not a size")
}
