package config

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/textproto"
	"slices"
	"strings"

	"github.com/spf13/pflag"
)

// Preset is a member of _meta, or a header, that is set for a client.
type Preset struct {
	Name string
	// Value is JSON for a member of _meta, the text of a header.
	Value string
}

// lines is the field of a setting that is repeated, one value a flag, or given as lines
// of a variable. Empty ones say nothing.
type lines struct{ repeated }

func (f lines) set(text string, from Source) error {
	var all []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	if len(all) == 0 {
		return errors.New("it is empty")
	}
	return f.repeated.set(strings.Join(all, f.separator), from)
}

// each is nil where a value holds a space, for which a variable is the place.
func (f lines) each() []string {
	if strings.Contains(f.String(), " ") {
		return nil
	}
	return f.value.Value
}

// meta is the field of --meta, headers that of --header.
func meta(v *Value[[]string]) field {
	return lines{repeated{v, "key=value", "\n", func(s string) error { _, err := readMeta(s); return err }}}
}

func headers(v *Value[[]string]) field {
	return lines{repeated{v, headerType, "\n", func(s string) error { _, err := readHeader(s); return err }}}
}

// headerType is what --help calls the value of --header.
const headerType = "line"

// FlagFault returns an error of parsing flags as it may be shown: without the value of a
// header, which may be a secret.
func FlagFault(err error) error {
	invalid, ok := errors.AsType[*pflag.InvalidValueError](err)
	if !ok || invalid.GetFlag().Value.Type() != headerType {
		return err
	}
	return fmt.Errorf("invalid argument for %q flag: %w", "--"+invalid.GetFlag().Name, errors.Unwrap(invalid))
}

// ShownWords returns the words of a command as they may be shown: without the values of
// headers, which may be secrets.
func ShownWords(words []string) []string {
	const flag = "--header"
	var shown []string
	for i := 0; i < len(words); i++ {
		value, joined := strings.CutPrefix(words[i], flag+"=")
		switch {
		case words[i] == flag && i+1 < len(words):
			i++
			value = words[i]
		case !joined:
			shown = append(shown, words[i])
			continue
		}
		for line := range strings.Lines(value) {
			shown = append(shown, flag, shownHeader(line))
		}
	}
	return shown
}

// HideHeaders leaves of the value of each header the word VALUE, where c is shown whole.
func (c *Config) HideHeaders() {
	for i, line := range c.Headers.Value {
		c.Headers.Value[i] = shownHeader(line)
	}
}

// shownHeader is a header, as NAME: VALUE, without its value.
func shownHeader(line string) string {
	name, _, _ := strings.Cut(strings.TrimSpace(line), ":")
	return name + ": VALUE"
}

// readMeta reads KEY=VALUE, a text, or KEY:=JSON.
func readMeta(s string) (Preset, error) {
	name, value, ok := strings.Cut(s, "=")
	if !ok || strings.TrimSuffix(name, ":") == "" {
		return Preset{}, errors.New("want KEY=VALUE, or KEY:=JSON")
	}
	if name, isJSON := strings.CutSuffix(name, ":"); isJSON {
		if !json.Valid([]byte(value)) {
			return Preset{}, fmt.Errorf("%q is not JSON", value)
		}
		return Preset{name, value}, checkMeta(name)
	}
	quoted, err := json.Marshal(value)
	if err != nil { // a text
		panic(err)
	}
	return Preset{name, string(quoted)}, checkMeta(name)
}

// checkMeta refuses members of _meta that are the protocol's: some by name, and those whose
// prefix has "modelcontextprotocol" or "mcp" for its second label (2025-11-25 and later,
// Basic, "_meta") or for any label but the last (2025-06-18). com.example.mcp/ is free.
func checkMeta(name string) error {
	prefix, _, isPrefixed := strings.Cut(name, "/")
	labels := strings.Split(strings.ToLower(prefix), ".")
	isReserved := false
	for i, label := range labels {
		isMCP := label == "modelcontextprotocol" || label == "mcp"
		isReserved = isReserved || isPrefixed && isMCP && (i == 1 || i < len(labels)-1)
	}
	if isReserved || slices.Contains([]string{"progressToken", "traceparent", "tracestate", "baggage"}, name) {
		return fmt.Errorf("%s is the protocol's", name)
	}
	return nil
}

// readHeader reads NAME: VALUE.
func readHeader(s string) (Preset, error) {
	name, value, ok := strings.Cut(s, ":")
	name, value = strings.TrimSpace(name), strings.TrimSpace(value)
	isToken := name != "" && strings.Trim(name, "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") == ""
	if !ok || !isToken {
		return Preset{}, errors.New("want 'NAME: VALUE'")
	}
	if strings.ContainsFunc(value, func(r rune) bool { return r < ' ' && r != '\t' || r == 0x7f }) {
		return Preset{}, errors.New("the value holds control characters")
	}
	return Preset{name, value}, checkHeader(name)
}

// ownHeaders are those that are ucbridge's, Databricks' or one connection's to set.
var ownHeaders = []string{
	"Authorization", "Cookie", "Host", "Proxy-Authorization", "Connection", "Transfer-Encoding", "Content-Length", "Content-Type",
	"Accept", "Accept-Encoding", "Content-Encoding", "Last-Event-Id", "Upgrade", "Te", "Trailer", "Keep-Alive", "Expect", "User-Agent", "Traceparent", "Tracestate", "Baggage", "Forwarded",
}

// checkHeader refuses them: a token is no setting, and what MCP sends is not the user's
// to say.
func checkHeader(name string) error {
	canonical := textproto.CanonicalMIMEHeaderKey(name)
	for _, prefix := range []string{"Mcp-", "X-Databricks-", "X-Forwarded-", "Proxy-", "Sec-"} {
		if strings.HasPrefix(canonical, prefix) {
			return fmt.Errorf("%s is not yours to set", name)
		}
	}
	if slices.Contains(ownHeaders, canonical) {
		return fmt.Errorf("%s is not yours to set", name)
	}
	return nil
}

// headerNames are the names of headers that are given as lines.
func headerNames(lines string) string {
	var names []string
	for _, header := range readAll(strings.Split(lines, "\n"), readHeader) {
		names = append(names, header.Name)
	}
	return strings.Join(names, ", ")
}

// Presets are the members of _meta that calls get.
func (r *Rules) Presets() []Preset { return readAll(r.Meta.Value, readMeta) }

// HeaderPresets are the headers that every request gets.
func (c *Config) HeaderPresets() []Preset { return readAll(c.Headers.Value, readHeader) }

// PresetsFor and HeadersFor are those of one endpoint: its own go first.
func (g *Gateway) PresetsFor(e Endpoint) []Preset {
	return readAll(appendLines(g.Meta.Value, e.Meta), readMeta)
}

func (g *Gateway) HeadersFor(e Endpoint) []Preset {
	return readAll(appendLines(g.Headers.Value, e.Headers), readHeader)
}

func readAll(lines []string, read func(string) (Preset, error)) []Preset {
	var all []Preset
	for _, line := range lines {
		preset, err := read(line)
		if err != nil { // they were checked when they were set
			panic(err)
		}
		all = append(all, preset)
	}
	return all
}

// metaLines are the members of _meta of a file as --meta would say them, headerLines
// its headers as --header would.
func metaLines(of map[string]any) (string, error) {
	return joinLines(of, func(name string, v any) (string, error) {
		raw, err := json.Marshal(v)
		if err != nil {
			return "", err
		}
		line := name + ":=" + string(raw)
		_, err = readMeta(line)
		return line, err
	})
}

func headerLines(of map[string]string) (string, error) {
	return joinLines(of, func(name, value string) (string, error) {
		line := name + ": " + value
		_, err := readHeader(line)
		return line, err
	})
}

func joinLines[V any](of map[string]V, line func(string, V) (string, error)) (string, error) {
	var all []string
	for name, v := range of {
		one, err := line(name, v)
		if err != nil {
			return "", err
		}
		all = append(all, one)
	}
	slices.Sort(all)
	return strings.Join(all, "\n"), nil
}
