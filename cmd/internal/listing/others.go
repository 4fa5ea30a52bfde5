package listing

import (
	"encoding/json"
	"fmt"

	"ucbridge/cmd/internal/terminal"
)

// Prompt prints a prompt in a few lines.
func (p Printer) Prompt(entry json.RawMessage) {
	var prompt struct {
		Name        string `json:"name"`
		Title       string `json:"title"`
		Description string `json:"description"`
		Arguments   []struct {
			Name     string `json:"name"`
			Required bool   `json:"required"`
		} `json:"arguments"`
	}
	read(entry, &prompt)
	p.heading(prompt.Name, prompt.Title, "")
	p.brief(prompt.Description)
	usage := ""
	for _, one := range prompt.Arguments {
		if name := terminal.Line(one.Name); one.Required {
			usage += name + " "
		} else {
			usage += "[" + name + "] "
		}
	}
	if usage != "" {
		fmt.Fprint(p.Out, terminal.Wrap(usage, "  ", p.Width))
	}
	fmt.Fprintln(p.Out)
}

// Resource prints a resource or a template of resources in a few lines.
func (p Printer) Resource(entry json.RawMessage) {
	var resource struct {
		URI         string `json:"uri"`
		URITemplate string `json:"uriTemplate"`
		Name        string `json:"name"`
		Title       string `json:"title"`
		Description string `json:"description"`
		MIMEType    string `json:"mimeType"`
	}
	read(entry, &resource)
	words := ""
	if kind := terminal.Line(resource.MIMEType); kind != "" {
		words = "  [" + kind + "]"
	}
	name := resource.Title
	if name == "" {
		name = resource.Name
	}
	p.heading(resource.URI+resource.URITemplate, name, words)
	p.brief(resource.Description)
	fmt.Fprintln(p.Out)
}
