// Package listing shows what a server offers: tools, prompts, resources.
package listing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"ucbridge/cmd/internal/arguments"
	"ucbridge/cmd/internal/terminal"
)

// Printer prints entries for a person. Words of the server are cleaned.
type Printer struct {
	Out   io.Writer
	Width int // of a line, 0 for any
}

// tool is a tool as far as it is shown.
type tool struct {
	Name         string          `json:"name"`
	Title        string          `json:"title"`
	Description  string          `json:"description"`
	Annotations  annotations     `json:"annotations"`
	InputSchema  json.RawMessage `json:"inputSchema"`
	OutputSchema json.RawMessage `json:"outputSchema"`
}

type annotations struct {
	Title       string `json:"title"`
	ReadOnly    *bool  `json:"readOnlyHint"`
	Destructive *bool  `json:"destructiveHint"`
	Idempotent  *bool  `json:"idempotentHint"`
	OpenWorld   *bool  `json:"openWorldHint"`
}

// words are the annotations that say something. The hints are the server's, and
// nothing vouches for them.
func (a annotations) words() string {
	is := func(hint *bool, want bool) bool { return hint != nil && *hint == want }
	var words []string
	switch {
	case is(a.ReadOnly, true):
		words = append(words, "read-only")
	case is(a.Destructive, true):
		words = append(words, "destructive")
	case is(a.Destructive, false):
		words = append(words, "writes, not destructive")
	}
	if is(a.Idempotent, true) {
		words = append(words, "idempotent")
	}
	if is(a.OpenWorld, true) {
		words = append(words, "open-world")
	}
	if len(words) == 0 {
		return ""
	}
	return "  [" + strings.Join(words, ", ") + "]"
}

// heading is a name, what it is called, and what is said about it.
func (p Printer) heading(name, title, words string) {
	line := terminal.Line(name)
	if title = terminal.Line(title); title != "" && title != line {
		line += " (" + title + ")"
	}
	fmt.Fprintln(p.Out, line+words)
}

// brief is the first line of a description, cut to fit.
func (p Printer) brief(description string) {
	first, _, _ := strings.Cut(strings.TrimSpace(description), "\n")
	if first = terminal.Line(first); first != "" {
		fmt.Fprintln(p.Out, "  "+terminal.Cut(first, p.Width-2))
	}
}

// read reads an entry; a member of an unexpected type is left out.
func read(entry json.RawMessage, into any) { _ = json.Unmarshal(entry, into) }

// Tool prints a tool in a few lines.
func (p Printer) Tool(entry json.RawMessage) {
	var t tool
	read(entry, &t)
	p.heading(t.Name, cmp.Or(t.Title, t.Annotations.Title), t.Annotations.words())
	p.brief(t.Description)
	if usage := Usage(arguments.Of(t.InputSchema)); usage != "" {
		fmt.Fprint(p.Out, terminal.Wrap(usage, "  ", p.Width))
	}
}

// Usage is how a tool's arguments are given to ucbridge call: those that may be
// left out stand in brackets.
func Usage(parameters arguments.Parameters) string {
	var required, optional []string
	for _, one := range parameters.All {
		word := terminal.Line(one.Name + "=" + placeholder(one))
		if one.Required {
			required = append(required, word)
		} else {
			optional = append(optional, "["+word+"]")
		}
	}
	return strings.Join(append(required, optional...), " ")
}

// placeholder stands for a value: one word for its kind, or the values there are, in
// quotes where a shell wants them.
func placeholder(one arguments.Parameter) string {
	values := one.Values()
	if len(values) == 0 {
		return strings.ReplaceAll(one.Kind(), " ", "-")
	}
	for i, value := range values {
		if strings.Contains(value, " ") {
			values[i] = "'" + value + "'"
		}
	}
	return strings.Join(values, "|")
}

// ToolInFull prints a tool with everything that the server says about it.
func (p Printer) ToolInFull(entry json.RawMessage) {
	var t tool
	read(entry, &t)
	p.heading(t.Name, cmp.Or(t.Title, t.Annotations.Title), t.Annotations.words())
	if t.Description != "" {
		fmt.Fprint(p.Out, terminal.Wrap(terminal.Clean(t.Description), "  ", p.Width))
	}
	if parameters := arguments.Of(t.InputSchema); len(parameters.All) > 0 {
		fmt.Fprintln(p.Out, "\nArguments:")
		for _, one := range parameters.All {
			p.parameter(one)
		}
	}
	p.schema("Input schema", t.InputSchema)
	p.schema("Output schema", t.OutputSchema)
}

func (p Printer) parameter(one arguments.Parameter) {
	line := one.Name + "=" + one.Kind()
	if one.Required {
		line += " (required)"
	} else if one.Default != nil {
		line += " (default " + string(one.Default) + ")"
	}
	fmt.Fprint(p.Out, terminal.Wrap(terminal.Line(line), "  ", p.Width))
	if one.Description != "" {
		fmt.Fprint(p.Out, terminal.Wrap(terminal.Clean(one.Description), "      ", p.Width))
	}
}

func (p Printer) schema(name string, schema json.RawMessage) {
	if schema != nil {
		fmt.Fprintf(p.Out, "\n%s:\n%s\n", name, terminal.JSON(schema))
	}
}
