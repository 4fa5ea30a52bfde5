package policy

import (
	"strings"

	"ucbridge/bridge/confusable"
)

// readURI returns a URI as the readers of this world may take it: scheme, host and path,
// with the path as it is when everything that leads up and down is done, and without
// user, port, query and fragment. WHATWG's readers (browsers, Node) drop tabs and line
// breaks, take any number of slashes for two and, in some schemes, a backslash for one, and %2e for a dot;
// those of RFC 3986 (Go, Python) do not; file servers decode the path and clean it then,
// and some of them know no host. ambiguous says why there is no telling what is meant, ""
// where there is.
func readURI(uri string) (forms []string, ambiguous string) {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return -1
		}
		return r
	}, uri)
	if plain != uri {
		ambiguous = "it holds control characters, which some readers drop"
	}
	for _, level := range decodings(strings.TrimSpace(plain)) {
		for _, spelled := range []string{level, strings.ReplaceAll(level, `\`, "/")} {
			read, climbs := readLevel(spelled)
			forms = append(forms, read...)
			if climbs {
				ambiguous = "it leads above its root"
			}
		}
	}
	return forms, ambiguous
}

// maxDecodings bounds how often a text is decoded.
const maxDecodings = 8

// decodings are a text and what it is decoded once, twice and so on.
func decodings(s string) []string {
	all := []string{s}
	for len(all) < maxDecodings {
		next := unescape(s)
		if next == s {
			return all
		}
		all = append(all, next)
		s = next
	}
	return append(all, unescapeAll(s)) // the end of it is enough
}

// readLevel reads a URI whose delimiters are not encoded.
func readLevel(uri string) (forms []string, climbs bool) {
	scheme, rest, found := strings.Cut(uri, ":")
	if !found {
		scheme, rest = "", uri
	} else {
		scheme = strings.ToLower(scheme) + ":"
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i]
	}
	add := func(host, path string) {
		for _, p := range decodings(path) {
			for _, empty := range []bool{false, true} {
				clean, above := cleanPath(p, empty)
				forms, climbs = append(forms, scheme+"//"+host+clean), climbs || above
				if again, above := cleanPath(unescapeAll(clean), empty); again != clean {
					forms, climbs = append(forms, scheme+"//"+host+again), climbs || above
				}
			}
		}
	}
	tail := strings.TrimLeft(rest, "/")
	authority, below, _ := strings.Cut(tail, "/")
	host := readHost(authority)
	add(host, below)
	if _, known := strings.CutPrefix(rest, "//"); !known || len(rest)-len(tail) != len("//") || scheme == "file:" && host == "localhost" {
		add("", tail)
		add("", below)
	}
	return forms, climbs
}

// readHost is the host of an authority.
func readHost(authority string) string {
	host := unescapeAll(authority)
	host = host[strings.LastIndexByte(host, '@')+1:]
	if !strings.HasSuffix(host, "]") { // of IPv6
		if i := strings.LastIndexByte(host, ':'); i >= 0 && strings.Trim(host[i+1:], "0123456789") == "" {
			host = host[:i]
		}
	}
	return strings.TrimRight(strings.ReplaceAll(confusable.Skeleton(host), "\u3002", "."), ".") // UTS #46
}

// cleanPath resolves the dots of a path from its root on, and reports whether it leads
// above that. With empty, two slashes have a segment between them that ".." takes away,
// and a path that ends in dots ends in a slash: so the WHATWG's readers have it.
func cleanPath(path string, empty bool) (clean string, climbs bool) {
	var kept []string
	segments := strings.Split(path, "/")
	for i, segment := range segments {
		switch unescapeAll(segment) {
		case "..":
			if len(kept) == 0 {
				climbs = true
				continue
			}
			kept = kept[:len(kept)-1]
			if empty && i == len(segments)-1 {
				kept = append(kept, "")
			}
		case ".":
			if empty && i == len(segments)-1 {
				kept = append(kept, "")
			}
		case "":
			if empty || i == len(segments)-1 && len(kept) > 0 { // the end of a folder
				kept = append(kept, "")
			}
		default:
			kept = append(kept, segment)
		}
	}
	return "/" + strings.Join(kept, "/"), climbs
}
