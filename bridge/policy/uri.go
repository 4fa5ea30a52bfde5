package policy

import (
	"encoding/hex"
	"path"
	"slices"
	"strings"
)

// unescape decodes what is escaped in a URI and leaves a percent sign that begins no
// escape, as lenient servers do.
func unescape(s string) string {
	if !strings.Contains(s, "%") {
		return s
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		if i+2 < len(s) {
			if b, ok := escape(s[i : i+3]); ok {
				out = append(out, b)
				i += 2
				continue
			}
		}
		out = append(out, s[i])
	}
	return string(out)
}

// unescapeAll decodes until nothing is escaped any more, in one pass.
func unescapeAll(s string) string {
	out := make([]byte, 0, len(s))
	for i := range len(s) {
		for out = append(out, s[i]); len(out) > 2; {
			b, ok := escape(string(out[len(out)-3:]))
			if !ok {
				break
			}
			out = append(out[:len(out)-3], b)
		}
	}
	return string(out)
}

func escape(s string) (byte, bool) {
	if s[0] != '%' {
		return 0, false
	}
	b, err := hex.DecodeString(s[1:])
	if err != nil {
		return 0, false
	}
	return b[0], true
}

// laxly returns a URI in forms that a server may take for another: without query,
// fragment and last slash, with another number of slashes behind the scheme, and a
// file without its host.
func laxly(spellings []string) []string {
	var all []string
	for _, s := range spellings {
		if i := strings.IndexAny(s, "?#"); i >= 0 {
			s = s[:i]
		}
		s = strings.TrimRight(s, "/")
		all = append(all, s)
		scheme, rest, found := strings.Cut(s, ":")
		if !found {
			continue
		}
		tail := strings.TrimLeft(rest, "/")
		for _, slashes := range []string{":", ":/", "://", ":///"} {
			all = append(all, scheme+slashes+tail)
		}
		if host, below, hasPath := strings.Cut(tail, "/"); hasPath && strings.EqualFold(scheme, "file") && strings.EqualFold(host, "localhost") {
			all = append(all, scheme+":///"+below)
		}
	}
	return all
}

// spellingsOf returns a URI and the other ways to write the same: unescaped,
// without dot segments, scheme and host in lower case. A server may take any of
// them for the resource that a rule names.
func spellingsOf(uri string) []string {
	all := []string{uri}
	add := func(s string) {
		if !slices.Contains(all, s) {
			all = append(all, s)
		}
	}
	for s := uri; ; {
		plain := unescape(s)
		if plain == s {
			break
		}
		if len(all) > 8 { // escaped over and over: the end of it is enough
			add(unescapeAll(s))
			break
		}
		add(plain)
		s = plain
	}
	for _, s := range slices.Clone(all) {
		scheme, rest, found := strings.Cut(s, ":")
		if !found {
			add(path.Clean(s))
			continue
		}
		scheme = strings.ToLower(scheme) + ":"
		tail := strings.TrimLeft(rest, "/")
		slashes := rest[:len(rest)-len(tail)]
		host, below, hasPath := strings.Cut(strings.ReplaceAll(tail, `\`, "/"), "/")
		if !hasPath {
			add(scheme + slashes + strings.ToLower(host))
			continue
		}
		// With the host apart, and, for servers that know no host, as a part of the path.
		end := ""
		if strings.HasSuffix(below, "/") || below == "" {
			end = "/"
		}
		below = path.Clean("/" + below)
		add(scheme + slashes + strings.ToLower(host) + strings.TrimSuffix(below, "/") + end)
		whole := path.Clean(strings.ReplaceAll(tail, `\`, "/"))
		add(scheme + slashes + whole + end)
	}
	return all
}
