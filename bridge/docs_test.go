package bridge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"
)

// TestDocComments: each package says what it holds, and a comment on a declaration
// speaks of that name, which a rename easily leaves behind.
func TestDocComments(t *testing.T) {
	t.Parallel()
	documented := make(map[string]bool)
	eachSource(t, func(pkg, file string) {
		set := token.NewFileSet()
		parsed, err := parser.ParseFile(set, file, nil, parser.ParseComments|parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		documented[pkg] = documented[pkg] || parsed.Doc != nil
		for _, decl := range parsed.Decls {
			name, doc := documentedName(decl)
			if doc == nil || name == "" {
				continue
			}
			first, _, _ := strings.Cut(doc.Text(), " ")
			if first != name && looksLikeName(first, ast.IsExported(name)) {
				t.Errorf("%s: the comment on %s begins with %q", set.Position(doc.Pos()), name, first)
			}
		}
	})
	for pkg, ok := range documented {
		if !ok {
			t.Errorf("package %s has no comment that says what it holds", pkg)
		}
	}
}

// documentedName returns the name of a function, method or single type, and the
// comment on it.
func documentedName(decl ast.Decl) (string, *ast.CommentGroup) {
	switch decl := decl.(type) {
	case *ast.FuncDecl:
		return decl.Name.Name, decl.Doc
	case *ast.GenDecl:
		if spec, ok := decl.Specs[0].(*ast.TypeSpec); ok && len(decl.Specs) == 1 {
			return spec.Name.Name, decl.Doc
		}
	}
	return "", nil
}

// looksLikeName reports whether the first word of a comment is an identifier. The
// comment on an exported name begins with it, or with an article.
func looksLikeName(word string, exported bool) bool {
	if word == "A" || word == "An" || word == "The" || word == "" {
		return false
	}
	lower := word[0] >= 'a' && word[0] <= 'z'
	return exported || lower || strings.ToLower(word[1:]) != word[1:]
}
