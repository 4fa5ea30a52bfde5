package bridge

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// maxMethods is how many methods a type may have. One with more is cut into parts
// that own their fields and locks, not into files.
const maxMethods = 35

// tooManyMethods are the types that are still to be cut, and how many methods each
// has today: the list only gets shorter.
var tooManyMethods = map[string]int{}

func TestTypesAreSmall(t *testing.T) {
	t.Parallel()
	methods := make(map[string]int)
	eachSource(t, func(pkg, file string) {
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, decl := range parsed.Decls {
			if f, ok := decl.(*ast.FuncDecl); ok && f.Recv != nil {
				methods[pkg+"."+receiver(f.Recv.List[0].Type)]++
			}
		}
	})
	if len(methods) < 100 {
		t.Fatalf("found %d types with methods", len(methods))
	}
	for name, count := range methods {
		if limit := max(maxMethods, tooManyMethods[name]); count > limit {
			t.Errorf("%s has %d methods, at most %d: cut it into parts", name, count, limit)
		}
	}
	for name := range tooManyMethods {
		if methods[name] <= maxMethods {
			t.Errorf("%s has %d methods now: take it off the list", name, methods[name])
		}
	}
}

// maxLines is how long a file may be.
const maxLines = 400

func TestFilesAreSmall(t *testing.T) {
	t.Parallel()
	eachFile(t, func(_, file string) {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")); lines > maxLines {
			t.Errorf("%s has %d lines, at most %d: find what can be a file of its own", file, lines, maxLines)
		}
	})
}

// receiver returns the name of a method's type.
func receiver(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.StarExpr:
		return receiver(e.X)
	case *ast.IndexExpr: // a generic type
		return receiver(e.X)
	case *ast.IndexListExpr:
		return receiver(e.X)
	case *ast.Ident:
		return e.Name
	}
	return ""
}

// eachSource calls visit for each Go file of this module outside of tests, with its
// package's folder from the module's root.
func eachSource(t *testing.T, visit func(pkg, file string)) {
	t.Helper()
	eachFile(t, func(pkg, file string) {
		if !strings.HasSuffix(file, "_test.go") {
			visit(pkg, file)
		}
	})
}

// eachFile is eachSource for tests, too.
func eachFile(t *testing.T, visit func(pkg, file string)) {
	t.Helper()
	const root = ".."
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() && (entry.Name() == "bin" || strings.HasPrefix(entry.Name(), ".") && entry.Name() != "..") {
			return fs.SkipDir
		}
		if _, err := os.Stat(filepath.Join(file, "go.mod")); entry.IsDir() && err == nil && file != root {
			return fs.SkipDir // another module
		}
		if !strings.HasSuffix(file, ".go") {
			return nil
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		visit(filepath.ToSlash(filepath.Dir(relative)), file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
