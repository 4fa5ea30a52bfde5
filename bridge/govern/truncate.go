package govern

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"

	"ucbridge/bridge/atomicfile"
	"ucbridge/bridge/jsonrpc"
	"ucbridge/bridge/mcp"
	"ucbridge/bridge/policy"
)

const (
	// maxResults is how many whole results stay on the disk.
	maxResults = 100
	// minCut is how much of the allowance a cut at a sensible place may give away:
	// one in so many.
	minCut = 4
)

// contentOf says where the content of a tool's result stands in the answers to a
// method, nil where there is none: the extension of 2026-07-28 has it inside the task.
func contentOf(method string) []string {
	switch method {
	case mcp.CallTool, "tasks/result":
		return []string{"result", "content"}
	case "tasks/get":
		return []string{"result", "result", "content"}
	}
	return nil
}

// textOf says where the text of a content of some type stands, nil where there is none.
func textOf(contentType string) []string {
	switch contentType {
	case "text":
		return []string{"text"}
	case "resource":
		return []string{"resource", "text"}
	}
	return nil
}

// shorten returns the answer to a call with its text cut to the budget, and the
// whole text in a file that it links to; the answer's own bytes where it fits.
// What is cut are texts and the texts of embedded resources, from the one on that
// goes beyond the budget.
func (f *Filter) shorten(p *part, raw []byte) []byte {
	content := contentOf(p.request.Method)
	budget := f.rules().budget
	if budget == nil || content == nil || int64(len(raw)) <= budget.Bytes {
		return raw
	}
	at, ok := jsonrpc.Find(raw, content...)
	if !ok {
		return raw
	}
	var elements [][]byte
	var whole bytes.Buffer
	left, cut := budget.Bytes, false
	for _, element := range jsonrpc.Elements(raw[at.Start:at.End]) {
		place := textOf(jsonrpc.Text(element, "type"))
		value := jsonrpc.Value(element, place...)
		if place == nil || len(value) == 0 || value[0] != '"' {
			elements = append(elements, element)
			continue
		}
		words := unquoteLossy(value)
		if whole.Len() > 0 {
			whole.WriteString("\n\n")
		}
		whole.WriteString(words)
		if int64(len(words)) <= left {
			left -= int64(len(words))
			elements = append(elements, element)
			continue
		}
		head := cutAt(words, int(left))
		cut, left = true, 0
		if head == "" && len(place) == 1 { // models refuse a text that is empty
			continue
		}
		quoted, err := json.Marshal(head)
		if err != nil { // a text
			panic(err)
		}
		elements = append(elements, jsonrpc.Set(element, quoted, place...))
	}
	if !cut {
		return raw
	}
	p.cut = true
	_, revision, _ := f.client.get()
	links := p.request.Revision != "" || revision >= mcp.Revision20250618
	elements = append(elements, f.g.truncationNote(budget, p.about.name, whole.Bytes(), links)...)
	return jsonrpc.Splice(raw, at, array(elements))
}

// unquoteLossy returns the text of a string, whatever half a surrogate pair stands for in
// it: a server that cuts a long text itself may leave one.
func unquoteLossy(quoted []byte) string {
	words, err := jsontext.AppendUnquote(nil, quoted)
	if err != nil {
		return strings.ToValidUTF8(string(words), "\uFFFD")
	}
	return string(words)
}

// cutAt cuts text to so many bytes: after a line, else after a word, else after a
// character.
func cutAt(words string, most int) string {
	for most > 0 && !utf8.RuneStart(words[most]) {
		most--
	}
	head := words[:most]
	for _, sep := range []string{"\n", " "} {
		if i := strings.LastIndex(head, sep); i >= most-most/minCut {
			return head[:i+len(sep)]
		}
	}
	return head
}

// truncationNote tells of what was cut and where it is: a note, and a link where links
// are known (2025-06-18, Tools, "Resource Links").
func (g *Governor) truncationNote(budget *policy.Size, tool string, whole []byte, links bool) [][]byte {
	type content struct {
		Type     string `json:"type"`
		Text     string `json:"text,omitempty"`
		URI      string `json:"uri,omitempty"`
		Name     string `json:"name,omitempty"`
		MIMEType string `json:"mimeType,omitempty"`
		Size     int    `json:"size,omitempty"`
	}
	note := content{Type: "text", Text: fmt.Sprintf("[ucbridge: the text was cut, as it has %d bytes and max_result (%s) is %d]", len(whole), budget.At, budget.Bytes)}
	if g.resultDir == "" {
		return [][]byte{marshal(note)}
	}
	file, err := g.keep(tool, whole)
	if err != nil {
		g.log.Warn("a result that was cut cannot be kept", "err", err)
		return [][]byte{marshal(note)}
	}
	note.Text = strings.TrimSuffix(note.Text, "]") + "; the whole is in " + file + "]"
	link := content{Type: "resource_link", URI: fileURI(file), Name: filepath.Base(file), MIMEType: "text/plain", Size: len(whole)}
	if !links {
		return [][]byte{marshal(note)}
	}
	return [][]byte{marshal(note), marshal(link)}
}

func marshal(v any) []byte {
	raw, err := json.Marshal(v)
	if err != nil { // texts and numbers
		panic(err)
	}
	return raw
}

// keep writes a whole result and returns the name of its file. Old ones go.
func (g *Governor) keep(tool string, whole []byte) (string, error) {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '_' || r == '-' {
			return r
		}
		return '_'
	}, tool)
	name := fmt.Sprintf("%s-%s-%s.txt", time.Now().UTC().Format("20060102T150405.000"), plain[:min(len(plain), 40)], rand.Text()[:8])
	file, err := filepath.Abs(filepath.Join(g.resultDir, name))
	if err != nil {
		return "", err
	}
	if err := atomicfile.Write(file, whole); err != nil {
		return "", err
	}
	entries, err := os.ReadDir(g.resultDir)
	if err != nil {
		return file, nil // the file is there
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	for len(entries) > maxResults {
		_ = os.Remove(filepath.Join(g.resultDir, entries[0].Name())) // another process may have
		entries = entries[1:]
	}
	return file, nil
}

// fileURI is the address of a file (RFC 8089).
func fileURI(name string) string {
	slashed := filepath.ToSlash(name)
	if !strings.HasPrefix(slashed, "/") { // C:/...
		slashed = "/" + slashed
	}
	return (&url.URL{Scheme: "file", Path: slashed}).String()
}
