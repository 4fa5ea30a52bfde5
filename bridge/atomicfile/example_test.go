package atomicfile_test

import (
	"fmt"
	"os"
	"path/filepath"

	"ucbridge/bridge/atomicfile"
)

func ExampleWrite() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	name := filepath.Join(dir, "cache", "route.json")
	for _, content := range []string{`"proxy"`, `"external-function"`} {
		if err := atomicfile.Write(name, []byte(content)); err != nil {
			panic(err)
		}
	}
	content, err := os.ReadFile(name)
	fmt.Println(string(content), err)
	// Output: "external-function" <nil>
}
