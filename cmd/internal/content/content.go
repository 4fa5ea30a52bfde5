// Package content shows what a tool answered: text as text, structured content as
// JSON, and what is neither as a file.
package content

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/cmd/internal/terminal"
)

// Printer prints the result of a call.
type Printer struct {
	Out io.Writer
	// Clean keeps from a terminal what would act on it. Into a file or a pipe text
	// goes as it came.
	Clean bool
	// Dir is where files go, and Tool what their names begin with.
	Dir, Tool string

	files int
}

// Result is a CallToolResult as far as it is shown (MCP, Tools, "Tool Result").
type Result struct {
	Content    []json.RawMessage `json:"content"`
	Structured json.RawMessage   `json:"structuredContent"`
	IsError    bool              `json:"isError"`
}

// Read reads the result of a call.
func Read(raw json.RawMessage) (Result, error) {
	var r Result
	if err := json.Unmarshal(raw, &r); err != nil {
		return r, fmt.Errorf("reading the result: %w", err)
	}
	if string(r.Structured) == "null" {
		r.Structured = nil
	}
	return r, nil
}

// block is one piece of content. Which members count its type says.
type block struct {
	Type        string   `json:"type"`
	Text        string   `json:"text"`
	Data        []byte   `json:"data"`
	MIMEType    string   `json:"mimeType"`
	URI         string   `json:"uri"`
	Name        string   `json:"name"`
	Title       string   `json:"title"`
	Description string   `json:"description"`
	Resource    resource `json:"resource"`
}

type resource struct {
	URI      string  `json:"uri"`
	MIMEType string  `json:"mimeType"`
	Text     *string `json:"text"`
	Blob     []byte  `json:"blob"`
}

// Print prints a result, and writes what is no text to files. Structured content
// that a text block repeats, as servers do for older clients, is printed once.
func (p *Printer) Print(r Result) error {
	for _, raw := range r.Content {
		if r.Structured != nil && repeats(raw, r.Structured) {
			continue
		}
		if err := p.block(raw); err != nil {
			return err
		}
	}
	if r.Structured != nil {
		return p.json(r.Structured)
	}
	return nil
}

// repeats reports whether a block is text that holds the same JSON value.
func repeats(raw, structured json.RawMessage) bool {
	var b block
	if json.Unmarshal(raw, &b) != nil || b.Type != "text" {
		return false
	}
	said, same := jsontext.Value(b.Text), jsontext.Value(slices.Clone(structured))
	return said.Canonicalize() == nil && same.Canonicalize() == nil && bytes.Equal(said, same)
}

// block prints one piece of content. One that cannot be read, or of a type that is
// not known here, is printed as the JSON it is.
func (p *Printer) block(raw json.RawMessage) error {
	var b block
	if json.Unmarshal(raw, &b) != nil {
		return p.json(raw)
	}
	switch b.Type {
	case "text":
		return p.text(b.Text)
	case "image", "audio":
		return p.file(b.Data, b.MIMEType, "")
	case "resource_link":
		return p.link(b)
	case "resource":
		if b.Resource.Text != nil {
			return p.text(*b.Resource.Text)
		}
		return p.file(b.Resource.Blob, b.Resource.MIMEType, b.Resource.URI)
	}
	return p.json(raw)
}

// text prints text, with a line end behind it where it has none.
func (p *Printer) text(text string) error {
	if p.Clean {
		text = terminal.Clean(text)
	}
	if !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	_, err := io.WriteString(p.Out, text)
	return err
}

func (p *Printer) json(raw json.RawMessage) error {
	_, err := fmt.Fprintf(p.Out, "%s\n", terminal.JSON(raw))
	return err
}

// link prints a link to a resource, which is not followed.
func (p *Printer) link(b block) error {
	line := strings.Join([]string{b.URI, b.MIMEType, cmp.Or(b.Title, b.Name), b.Description}, " ")
	_, err := fmt.Fprintln(p.Out, "resource: "+terminal.Line(line))
	return err
}

// file writes bytes to a new file and says where it is.
func (p *Printer) file(data []byte, kind, uri string) error {
	p.files++
	path, err := create(p.Dir, fmt.Sprintf("%s-%d", p.Tool, p.files), kind, data)
	if err != nil {
		return fmt.Errorf("saving what the tool returned: %w", err)
	}
	line := fmt.Sprintf("saved: %s (%s, %d bytes)", path, terminal.Line(kind), len(data))
	if uri != "" {
		line += " of " + terminal.Line(uri)
	}
	_, err = fmt.Fprintln(p.Out, line)
	return err
}
