package main

import (
	"bytes"
	"context"
	"fmt"
	"strings"
)

// manPage is the manual of all commands on one page, made from the help that the
// binary prints, so that it knows every command without a list of them.
func (r release) manPage(ctx context.Context, binary string) ([]byte, error) {
	commands, err := readCommands(ctx, binary)
	if err != nil {
		return nil, err
	}
	var m manual
	fmt.Fprintf(&m, ".TH UCBRIDGE 1 %s \"ucbridge %s\" \"User Commands\"\n", r.time.Format("2006-01-02"), r.version)
	fmt.Fprintf(&m, ".SH NAME\nucbridge \\- %s\n", roff(strings.TrimSuffix(lowerFirst(summary), ".")))
	root := commands[0]
	m.heading("SH", "SYNOPSIS")
	m.verbatim(root.section("Usage"))
	m.heading("SH", "DESCRIPTION")
	m.prose(root.long)
	for _, flags := range root.flags() {
		m.listing(flags.lines)
	}
	m.heading("SH", "EXAMPLES")
	m.verbatim(root.section("Examples"))
	m.heading("SH", "COMMANDS")
	for _, c := range commands[1:] {
		m.heading("SS", c.path)
		m.verbatim(c.section("Usage"))
		m.prose(c.long)
		for _, flags := range c.flags() {
			m.listing(flags.lines)
		}
		m.verbatim(c.section("Examples"))
	}
	return m.Bytes(), nil
}

// manual is a page in the man macros of roff, see man(7).
type manual struct {
	bytes.Buffer
	fresh bool // a paragraph begins here
}

func (m *manual) heading(macro, title string) {
	fmt.Fprintf(m, ".%s \"%s\"\n", macro, roff(title))
	m.fresh = true
}

// paragraph begins one.
func (m *manual) paragraph() {
	if !m.fresh {
		m.WriteString(".PP\n")
	}
	m.fresh = true
}

func (m *manual) line(text string) {
	m.WriteString(text + "\n")
	m.fresh = false
}

// prose writes paragraphs to be filled. Indented lines stay as they are.
func (m *manual) prose(lines []string) {
	m.paragraph()
	for i := 0; i < len(lines); i++ {
		switch {
		case lines[i] == "":
			m.paragraph()
		case isIndented(lines[i]):
			end := i + 1
			for end < len(lines) && isIndented(lines[end]) {
				end++
			}
			m.verbatim(lines[i:end])
			i = end - 1
		default:
			m.line(roff(lines[i]))
		}
	}
}

func isIndented(line string) bool {
	return strings.HasPrefix(line, " ") || strings.HasPrefix(line, "\t")
}

// verbatim writes lines as they are.
func (m *manual) verbatim(lines []string) {
	if len(lines) == 0 {
		return
	}
	m.paragraph()
	m.line(".EX")
	for _, line := range lines {
		m.line(roff(line))
	}
	m.line(".EE")
}

// listing writes lines that list flags as terms and what they mean. A line
// without a term carries on with the one before.
func (m *manual) listing(lines []string) {
	for _, line := range lines {
		match := listed.FindStringSubmatch(line)
		switch {
		case match == nil:
		case !strings.HasPrefix(match[1], "-"):
			m.line(roff(strings.TrimSpace(line)))
		default:
			m.line(".TP\n\\fB" + roff(match[1]) + "\\fR\n" + roff(match[2]))
		}
	}
}

// roff spells a line of text so that nothing in it is taken for a command.
func roff(line string) string {
	line = strings.NewReplacer(`\`, `\e`, `-`, `\-`, `"`, `\(dq`).Replace(line)
	if strings.HasPrefix(line, ".") || strings.HasPrefix(line, "'") {
		line = `\&` + line
	}
	return line
}

// lowerFirst begins a phrase where a sentence began.
func lowerFirst(sentence string) string { return strings.ToLower(sentence[:1]) + sentence[1:] }
