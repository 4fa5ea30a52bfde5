package refusal

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// TestEveryReasonHasMeaning holds the constants and the table together.
func TestEveryReasonHasMeaning(t *testing.T) {
	t.Parallel()
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	declared := make(map[Reason]bool)
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if id, ok := spec.Type.(*ast.Ident); ok && id.Name == "Reason" {
			value := spec.Values[0].(*ast.BasicLit).Value
			declared[Reason(strings.Trim(value, `"`))] = true
		}
		return true
	})
	if len(declared) < 60 {
		t.Fatalf("found %d constants", len(declared))
	}
	for r := range declared {
		if r.Text() == "" {
			t.Errorf("%s has no row in meanings", r)
		}
	}
	for _, r := range Reasons() {
		if !declared[r] {
			t.Errorf("%s has a row, but no constant", r)
		}
		if r.Execution() == MayHaveRun && r.Retryable() && r.Status() < 500 {
			t.Errorf("%s: what may have run is no fault of the caller's", r)
		}
	}
}

// TestReasonsAreConstants finds reasons that are spelled out in the code.
func TestReasonsAreConstants(t *testing.T) {
	t.Parallel()
	known := make(map[string]bool)
	for _, r := range Reasons() {
		known[`"`+string(r)+`"`] = true
	}
	for _, root := range []string{"../../bridge", "../../cmd"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if entry.IsDir() && (entry.Name() == "emulator" || entry.Name() == "refusal") {
				return fs.SkipDir // a peer's words, and the table itself
			}
			if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return nil
			}
			set := token.NewFileSet()
			file, err := parser.ParseFile(set, path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if lit, ok := n.(*ast.BasicLit); ok && known[lit.Value] {
					t.Errorf("%s: %s is a constant of package refusal", set.Position(lit.Pos()), lit.Value)
				}
				if call, ok := n.(*ast.CallExpr); ok {
					if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "New" {
						if of, ok := f.X.(*ast.Ident); ok && of.Name == "refusal" && isLiteral(call.Args[0]) {
							t.Errorf("%s: a reason without a row", set.Position(call.Pos()))
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func isLiteral(e ast.Expr) bool {
	_, ok := e.(*ast.BasicLit)
	return ok
}
