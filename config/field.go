package config

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// field reads a user's text into one Value of Config.
type field interface {
	set(text string, from Source) error // the error says what is accepted
	clear()                             // back to the zero value, set by nobody
	source() Source
	String() string
	Type() string // what --help calls the value
}

// typed is the field of any type that can be parsed from and printed as text.
type typed[T any] struct {
	value *Value[T]
	kind  string
	parse func(string) (T, error)
	print func(T) string
}

func (f typed[T]) set(text string, from Source) error {
	v, err := f.parse(text)
	if err != nil {
		return err
	}
	*f.value = Value[T]{v, from}
	return nil
}

func (f typed[T]) clear()         { *f.value = Value[T]{Source: Default} }
func (f typed[T]) source() Source { return f.value.Source }
func (f typed[T]) Type() string   { return f.kind }
func (f typed[T]) String() string { return f.print(f.value.Value) }

func itself(s string) string { return s }

// text accepts what filled does.
func text(v *Value[string], kind string) field {
	return typed[string]{v, kind, func(s string) (string, error) { return s, filled(s) }, itself}
}

// filled accepts anything but what a script or a client's settings did not fill in:
// nothing, and a variable such as ${NAME}, which clients leave as it is where it is not set.
func filled(s string) error {
	if strings.TrimSpace(s) == "" {
		return errors.New("it is empty")
	}
	if strings.HasPrefix(s, "${") && strings.HasSuffix(s, "}") {
		return errors.New("it is a variable that was not filled in; is it set where the AI client is started?")
	}
	return nil
}

// choice accepts the words listed.
func choice(v *Value[string], kind string, words []string) field {
	return typed[string]{v, kind, func(s string) (string, error) {
		if !slices.Contains(words, s) {
			return "", fmt.Errorf("want one of %s", strings.Join(words, ", "))
		}
		return s, nil
	}, itself}
}

// boolean accepts what strconv.ParseBool does.
func boolean(v *Value[bool]) field {
	return typed[bool]{v, "bool", func(s string) (bool, error) {
		b, err := strconv.ParseBool(s)
		if err != nil {
			return false, errors.New("want true or false")
		}
		return b, nil
	}, strconv.FormatBool}
}

// count accepts whole numbers, 0 for no limit.
func count(v *Value[int]) field {
	return typed[int]{v, "number", func(s string) (int, error) {
		n, err := strconv.Atoi(s)
		if err != nil || n < 0 {
			return 0, errors.New("want a whole number, or 0 for no limit")
		}
		return n, nil
	}, strconv.Itoa}
}

// bound is what a duration must keep to.
type bound int

const (
	positive bound = iota // above 0
	orNone                // above 0, or 0 for no limit
)

// duration accepts Go's notation, not negative.
func duration(v *Value[time.Duration], b bound) field {
	want := errors.New("want a time above 0 such as 8s or 1m30s")
	if b == orNone {
		want = errors.New("want a time such as 90s or 5m, or 0 for no limit")
	}
	return typed[time.Duration]{v, "time", func(s string) (time.Duration, error) {
		d, err := ParseTime(s)
		if err != nil || d < 0 || d == 0 && b == positive {
			return 0, want
		}
		return d, nil
	}, PrintTime}
}

// ParseTime reads a time as people write it: in Go's notation, in plain seconds, or in
// days, as in 7d.
func ParseTime(s string) (time.Duration, error) {
	if number, ok := strings.CutSuffix(s, "d"); ok {
		days, err := strconv.ParseUint(number, 10, 16)
		return time.Duration(days) * 24 * time.Hour, err
	}
	if seconds, err := strconv.ParseUint(s, 10, 31); err == nil {
		return time.Duration(seconds) * time.Second, nil
	}
	return time.ParseDuration(s)
}

// PrintTime is time.Duration.String without the empty units: 5m, not 5m0s.
func PrintTime(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// units of a size; a unit that ends like another stands before it.
var units = []struct {
	name  string
	bytes int64
}{
	{"GiB", 1 << 30}, {"MiB", 1 << 20}, {"KiB", 1 << 10},
	{"GB", 1e9}, {"MB", 1e6}, {"KB", 1e3}, {"B", 1},
}

// A message may be limited to minSize at the least: in less, no list of tools would fit.
// maxSize is more than any memory holds; what is reckoned with it overflows nowhere.
const (
	minSize = 64 << 10
	maxSize = 1 << 40
)

// size accepts bytes, bare or with a unit in either case.
func size(v *Value[int64]) field {
	want := errors.New("want a size from 64KiB to 1TiB, such as 64MiB, 1GB or 1048576")
	return typed[int64]{v, "size", func(s string) (int64, error) {
		number, unit := splitUnit(s)
		n, err := strconv.ParseInt(number, 10, 64)
		if err != nil || n <= 0 || n > maxSize/unit || n*unit < minSize {
			return 0, want
		}
		return n * unit, nil
	}, printSize}
}

// splitUnit parts "64 MiB" into "64" and 1<<20; no unit means bytes.
func splitUnit(s string) (number string, unit int64) {
	s = strings.ToLower(strings.TrimSpace(s))
	for _, u := range units {
		if number, ok := strings.CutSuffix(s, strings.ToLower(u.name)); ok {
			return strings.TrimSpace(number), u.bytes
		}
	}
	return s, 1
}

// printSize prints a size in the unit that makes the number smallest.
func printSize(n int64) string {
	number, name := n, ""
	for _, u := range units {
		if n%u.bytes == 0 && n/u.bytes < number {
			number, name = n/u.bytes, u.name
		}
	}
	return strconv.FormatInt(number, 10) + name
}

// repeated is the field of a setting of several values: of a flag that is repeated, or of
// a list in one text. What another source has set is replaced.
type repeated struct {
	value     *Value[[]string]
	kind      string
	separator string
	check     func(string) error // of one value, "" where a list has none
}

func (f repeated) set(text string, from Source) error {
	var all []string
	if f.value.Source == from {
		all = slices.Clone(f.value.Value)
	}
	for one := range strings.SplitSeq(text, f.separator) {
		one = strings.TrimSpace(one)
		if err := f.check(one); err != nil {
			return err
		}
		all = append(all, one)
	}
	*f.value = Value[[]string]{all, from}
	return nil
}

func (f repeated) clear()         { *f.value = Value[[]string]{Source: Default} }
func (f repeated) source() Source { return f.value.Source }
func (f repeated) Type() string   { return f.kind }
func (f repeated) String() string { return strings.Join(f.value.Value, f.separator) }

// list accepts names between commas.
func list(v *Value[[]string], kind string) field {
	return repeated{v, kind, ",", func(name string) error {
		if name == "" {
			return errors.New("a name in it is empty")
		}
		return filled(name)
	}}
}

// globs accepts names of tools between commas.
func globs(v *Value[[]string]) field {
	return repeated{v, "globs", ",", func(glob string) error {
		switch {
		case glob == "":
			return errors.New("want names of tools, parted by commas, with * for any characters")
		case !utf8.ValidString(glob): // no name in JSON has such a byte: the rule would cover nothing
			return errors.New("it is not UTF-8")
		}
		return filled(glob) // no tool has the name of a variable: the rule would cover nothing
	}}
}
