package aiclient

import (
	"fmt"
	"slices"
	"strings"
)

// substitution is text in an entry that a client replaces by something else.
type substitution int

const (
	dollarName   substitution = 1 << iota // $NAME
	dollarBraces                          // ${NAME}, and what else begins so
	braces                                // {env:NAME}, {file:NAME}
)

// Replaced says that a client would replace a part of an argument by something
// else before it starts the server.
type Replaced struct {
	Client, Part, Word string
}

func (e *Replaced) Error() string {
	return fmt.Sprintf("%s would replace %q in %q, as it does with variables in its settings", e.Client, e.Part, e.Word)
}

// checkWords looks for text that the client would replace. The error is a
// *Replaced.
func (c Client) checkWords(s Server) error {
	words := slices.Concat([]string{s.Command}, s.Args)
	for _, value := range s.Env {
		words = append(words, value)
	}
	slices.Sort(words)
	for _, word := range words {
		if part := c.substitutes.find(word); part != "" {
			return &Replaced{c.Title, part, word}
		}
	}
	return nil
}

// find returns the beginning of the first text in a word that is replaced.
func (s substitution) find(word string) string {
	for i := range word {
		rest := word[i:]
		switch {
		case s&dollarBraces != 0 && strings.HasPrefix(rest, "${"):
			return "${"
		case s&braces != 0 && (strings.HasPrefix(rest, "{env:") || strings.HasPrefix(rest, "{file:")):
			return rest[:strings.IndexByte(rest, ':')+1]
		case s&dollarName != 0 && rest[0] == '$' && len(rest) > 1 && startsName(rest[1]):
			return rest[:2]
		}
	}
	return ""
}

func startsName(c byte) bool {
	return c == '_' || 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z'
}
