package bridge

import (
	"go/ast"
	"go/parser"
	"go/token"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
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

// TestArchitecture holds the table of packages in docs/architecture.md to the tree and to
// the order of imports, and the paths that it and CONTRIBUTING.md name to files.
func TestArchitecture(t *testing.T) {
	t.Parallel()
	packages := make(map[string]bool)
	eachSource(t, func(pkg, _ string) { packages[pkg] = true })
	quoted := regexp.MustCompile("`([a-z0-9]+(?:/[A-Za-z0-9_.-]+)*)`")
	text, err := os.ReadFile("../docs/architecture.md")
	if err != nil {
		t.Fatal(err)
	}
	listed := make(map[string]int) // in which row
	rows := 0
	for row := range strings.Lines(string(text)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(row, "|"), "|")
		if !strings.HasPrefix(row, "| `") {
			continue
		}
		rows++
		for _, name := range quoted.FindAllStringSubmatch(cell, -1) {
			if listed[name[1]] > 0 {
				t.Errorf("%s stands twice in the table", name[1])
			}
			listed[name[1]] = rows
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(packages)) {
		if listed[pkg] == 0 {
			t.Errorf("package %s is missing in the table of docs/architecture.md", pkg)
		}
		for _, imported := range mayImport[pkg] {
			if listed[imported] < listed[pkg] {
				t.Errorf("docs/architecture.md has %s above %s, which imports it", imported, pkg)
			}
		}
	}
	for _, pkg := range slices.Sorted(maps.Keys(listed)) {
		if !packages[pkg] {
			t.Errorf("docs/architecture.md lists %s, which is no package", pkg)
		}
	}

	guide, err := os.ReadFile("../CONTRIBUTING.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range quoted.FindAllStringSubmatch(string(text)+string(guide), -1) {
		dir, _, isPath := strings.Cut(name[1], "/")
		if _, err := os.Stat(filepath.Join("..", dir)); !isPath || err != nil || strings.Contains(name[1], "NAME") {
			continue // a word of another kind, or a pattern
		}
		if _, err := os.Stat(filepath.Join("..", name[1])); err != nil {
			t.Errorf("there is no %s", name[1])
		}
	}
}

// TestFindings: the table of findings has a row for each script, in the order of names,
// and each script can be run.
func TestFindings(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("../findings/README.md")
	if err != nil {
		t.Fatal(err)
	}
	var rows []string
	for _, row := range regexp.MustCompile("(?m)^\\| \\[`(.+?)`\\]\\((.+?)\\) \\| .+ \\|$").FindAllStringSubmatch(string(readme), -1) {
		if row[1] != row[2] {
			t.Errorf("%s links to %s", row[1], row[2])
		}
		rows = append(rows, row[1])
	}
	files, err := filepath.Glob("../findings/*.sh")
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range files {
		files[i] = filepath.Base(name)
		if info, err := os.Stat(name); err != nil || runtime.GOOS != "windows" && info.Mode()&0o111 == 0 {
			t.Errorf("%s cannot be run: %v", name, err)
		}
	}
	if diff := cmp.Diff(files, rows); diff != "" {
		t.Errorf("files (-) and rows (+):\n%s", diff)
	}
}
