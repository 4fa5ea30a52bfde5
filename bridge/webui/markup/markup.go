// Package markup builds HTML of elements, attributes and text. Whatever is not
// the name of an element or an attribute is escaped where it is written, so that
// no text can become markup, and no address can hold a script.
//
// It stands where html/template would: templates call methods by their names, for
// which the linker keeps every exported method of the whole program.
package markup

import (
	"net/url"
	"slices"
	"strings"
)

// Part is a part of an element: an attribute, text, or an element inside it. The
// zero value is nothing.
type Part struct {
	kind  kind
	name  string // of an element or attribute
	text  string // or an attribute's value
	parts []Part
}

type kind int

const (
	group kind = iota // its parts stand where it stands
	element
	attribute
	text
)

// E is an element. Its attributes may stand anywhere among its parts. The name is
// part of the program.
func E(name string, parts ...Part) Part { return Part{kind: element, name: name, parts: parts} }

// T is text.
func T(s string) Part { return Part{kind: text, text: s} }

// A is an attribute, whose name is part of the program. An address (href, src,
// action) that is neither relative nor of http, https or a picture's data becomes "#".
func A(name, value string) Part {
	if slices.Contains([]string{"href", "src", "action"}, name) && !harmless(name, value) {
		value = "#"
	}
	return Part{kind: attribute, name: name, text: value}
}

// Class is the attribute class.
func Class(names string) Part { return A("class", names) }

// All is its parts, one after the other.
func All(parts ...Part) Part { return Part{parts: parts} }

// If is its parts if the condition holds, and nothing otherwise.
func If(condition bool, parts ...Part) Part {
	if !condition {
		return Part{}
	}
	return All(parts...)
}

// With is what make makes of a text, and nothing of an empty one.
func With(s string, make func(Part) Part) Part {
	if s == "" {
		return Part{}
	}
	return make(T(s))
}

// Each is what make makes of each value.
func Each[V any](values []V, make func(V) Part) Part {
	var parts []Part
	for _, v := range values {
		parts = append(parts, make(v))
	}
	return All(parts...)
}

func harmless(name, address string) bool {
	if name == "src" && strings.HasPrefix(address, "data:image/") {
		return true
	}
	u, err := url.Parse(address)
	return err == nil && (slices.Contains(schemes, u.Scheme) || name == "href" && slices.Contains(programs, u.Scheme))
}

// schemes are those of addresses that a page may lead to, programs those of AI clients
// that open at a link.
var (
	schemes  = []string{"", "http", "https"}
	programs = []string{"cursor", "vscode", "lmstudio"}
)

// Page is a document with the given element html.
func Page(html Part) []byte {
	return append(html.appendTo([]byte("<!doctype html>\n")), '\n')
}

// empty are the elements without an end tag.
var empty = []string{"meta", "link", "input", "img"}

// blocks are the elements that begin a line, for whoever reads a page's source.
var blocks = []string{"head", "meta", "link", "body", "header", "main", "section", "h1", "h2", "p", "ul", "li", "div", "details", "table", "tr", "form", "label"}

func (p Part) appendTo(b []byte) []byte {
	switch p.kind {
	case group:
		for _, part := range p.parts {
			b = part.appendTo(b)
		}
	case text:
		b = append(b, escaper.Replace(p.text)...)
	case element:
		if slices.Contains(blocks, p.name) {
			b = append(b, '\n')
		}
		b = append(append(b, '<'), p.name...)
		b = append(appendAttributes(b, p.parts), '>')
		if slices.Contains(empty, p.name) {
			return b
		}
		from := len(b)
		for _, part := range p.parts {
			b = part.appendTo(b)
		}
		if (p.name == "textarea" || p.name == "pre") && len(b) > from && b[from] == '\n' {
			b = slices.Insert(b, from, '\n') // of two, a browser takes the first away
		}
		b = append(append(append(b, "</"...), p.name...), '>')
	}
	return b
}

func appendAttributes(b []byte, parts []Part) []byte {
	for _, p := range parts {
		switch p.kind {
		case group:
			b = appendAttributes(b, p.parts)
		case attribute:
			b = append(append(append(append(b, ' '), p.name...), `="`...), escaper.Replace(p.text)...)
			b = append(b, '"')
		}
	}
	return b
}

// escaper replaces what may have a meaning in HTML text or in a quoted attribute,
// and what no page may hold.
var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&#34;", "'", "&#39;", "\x00", "\uFFFD")
