package regularfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"ucbridge/bridge/regularfile"
)

func ExampleRead() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "settings.json")
	if err := os.WriteFile(name, []byte(`{}`), 0o600); err != nil {
		panic(err)
	}
	content, err := regularfile.Read(name, 1<<20)
	fmt.Println(string(content), err)
	_, err = regularfile.Read(dir, 1<<20)
	fmt.Println("a folder is refused:", err != nil)
	// Output:
	// {} <nil>
	// a folder is refused: true
}
