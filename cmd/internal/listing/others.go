package listing

import (
	"cmp"
	"encoding/json"
	"fmt"
	"strings"

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
	var words []string
	for _, one := range prompt.Arguments {
		word := terminal.Line(one.Name)
		if !one.Required {
			word = "[" + word + "]"
		}
		words = append(words, word)
	}
	if len(words) > 0 {
		fmt.Fprint(p.Out, terminal.Wrap(strings.Join(words, " "), "  ", p.Width))
	}
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
	p.heading(resource.URI+resource.URITemplate, cmp.Or(resource.Title, resource.Name), words)
	p.brief(resource.Description)
}
