package childprocess_test

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestUse holds what runs in a client's server to this package: a program that is started
// without it shows a window on Windows, and may outlive us. Packages for tests are not part
// of the server.
func TestUse(t *testing.T) {
	t.Parallel()
	files := 0
	for _, root := range []string{"../../bridge", "../../config"} {
		err := filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			if err == nil && entry.IsDir() && strings.HasSuffix(entry.Name(), "test") {
				return fs.SkipDir
			}
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			text, err := os.ReadFile(path)
			starts := bytes.Contains(text, []byte("exec.Command")) || bytes.Contains(text, []byte("os.StartProcess("))
			if starts && !bytes.Contains(text, []byte("childprocess.Output(")) {
				t.Errorf("%s starts programs without package childprocess", path)
			}
			files++
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if files < 100 {
		t.Errorf("only %d files", files)
	}
}
