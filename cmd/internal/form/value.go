package form

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// read returns the value that text stands for, nil where an optional field is left
// out. The error says what is wanted instead.
func (f *field) read(text string) (any, error) {
	switch {
	case text == "" && f.defaulted():
		return f.Default, nil
	case text == "" && !f.required:
		return nil, nil
	case text == "":
		return nil, errors.New("an answer is needed")
	}
	switch f.Type {
	case "boolean":
		return readBoolean(text)
	case "integer", "number":
		return f.readNumber(text)
	case "array":
		return f.readSeveral(text)
	}
	if len(f.choices) > 0 {
		return f.pick(text)
	}
	return text, f.checkText(text)
}

func readBoolean(text string) (any, error) {
	switch strings.ToLower(text) {
	case "y", "yes", "true":
		return true, nil
	case "n", "no", "false":
		return false, nil
	}
	return nil, errors.New("type yes or no")
}

// readNumber keeps the number as it was typed: it may be larger than a float64
// can tell.
func (f *field) readNumber(text string) (any, error) {
	near, err := strconv.ParseFloat(text, 64)
	switch {
	case err != nil, !jsontext.Value(text).IsValid(),
		f.Type == "integer" && strings.ContainsAny(text, ".eE"),
		f.Minimum != nil && near < *f.Minimum,
		f.Maximum != nil && near > *f.Maximum:
		return nil, fmt.Errorf("type a number (%s%s)", f.Type, f.bounds())
	}
	return json.Number(text), nil
}

// pick returns the choice that text names by number, value or title.
func (f *field) pick(text string) (any, error) {
	if n, err := strconv.Atoi(text); err == nil && n >= 1 && n <= len(f.choices) {
		return f.choices[n-1].value, nil
	}
	for _, c := range f.choices {
		if text == c.value || strings.EqualFold(text, c.title) {
			return c.value, nil
		}
	}
	return nil, fmt.Errorf("type a number from 1 to %d", len(f.choices))
}

// readSeveral reads choices with commas between them.
func (f *field) readSeveral(text string) (any, error) {
	var values []any
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		var value any = part
		if len(f.choices) > 0 {
			var err error
			if value, err = f.pick(part); err != nil {
				return nil, err
			}
		}
		if !slices.Contains(values, value) {
			values = append(values, value)
		}
	}
	if len(values) < f.MinItems {
		return nil, fmt.Errorf("choose at least %d", f.MinItems)
	}
	if f.MaxItems != nil && len(values) > *f.MaxItems {
		return nil, fmt.Errorf("choose at most %d", *f.MaxItems)
	}
	return values, nil
}

// checkText checks what a schema of elicitation can say about a string.
func (f *field) checkText(text string) error {
	length := utf8.RuneCountInString(text)
	if length < f.MinLength {
		return fmt.Errorf("type at least %d characters", f.MinLength)
	}
	if f.MaxLength != nil && length > *f.MaxLength {
		return fmt.Errorf("type at most %d characters", *f.MaxLength)
	}
	if pattern, err := regexp.Compile(f.Pattern); err == nil && !pattern.MatchString(text) { // one of another dialect is left to the server
		return fmt.Errorf("it must match %s", f.Pattern)
	}
	return checkFormat(f.Format, text)
}

func checkFormat(format, text string) error {
	var err error
	want := ""
	switch format {
	case "email":
		want = "an address such as ada@example.com"
		if address, fault := mail.ParseAddress(text); fault != nil || address.Address != text {
			err = errors.New(want)
		}
	case "uri":
		want = "a link such as https://example.com"
		if link, fault := url.Parse(text); fault != nil || !link.IsAbs() {
			err = errors.New(want)
		}
	case "date":
		want = "a date such as 2026-01-31"
		_, err = time.Parse(time.DateOnly, text)
	case "date-time":
		want = "a time such as 2026-01-31T12:00:00Z"
		_, err = time.Parse(time.RFC3339, text)
	}
	if err != nil {
		return fmt.Errorf("type %s", want)
	}
	return nil
}
