package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// summary says in the lists of package managers and clients what ucbridge is;
// the MCP registry takes 100 characters.
const summary = "Use any MCP server governed by Databricks Unity Catalog as a local tool."

// completions are the scripts for the shells that cobra knows, under the names
// that the shells' packagers use.
var completions = []struct{ shell, name string }{
	{"bash", "ucbridge.bash"},
	{"zsh", "_ucbridge"},
	{"fish", "ucbridge.fish"},
	{"powershell", "ucbridge.ps1"},
}

// sharedFiles are those that go beside the binary into the archive of each
// platform. They are written to "share" in the output too, for packagers.
func (r release) sharedFiles(ctx context.Context, work string) ([]file, error) {
	binary, err := r.build(ctx, work, host)
	if err != nil {
		return nil, err
	}
	files, err := pages(".")
	if err != nil {
		return nil, err
	}
	for _, c := range completions {
		script, err := output(ctx, nil, binary, "completion", c.shell)
		if err != nil {
			return nil, err
		}
		files = append(files, file{"completions/" + c.name, 0o644, script})
	}
	page, err := r.manPage(ctx, binary)
	if err != nil {
		return nil, err
	}
	notices, err := r.notices(ctx)
	if err != nil {
		return nil, err
	}
	files = append(files, file{"man/ucbridge.1", 0o644, page}, file{"licenses.txt", 0o644, notices})
	return files, r.writeShare(files)
}

// pages are what people read: README.md and what it links to, and LICENSE where there
// is one.
func pages(root string) ([]file, error) {
	names := []string{"README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "LICENSE"}
	docs, err := filepath.Glob(filepath.Join(root, "docs", "*"))
	if err != nil {
		return nil, err
	}
	for _, path := range docs {
		names = append(names, "docs/"+filepath.Base(path))
	}
	var files []file
	for _, name := range names {
		content, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
		if errors.Is(err, fs.ErrNotExist) && name == "LICENSE" {
			continue
		}
		if err != nil {
			return nil, err
		}
		files = append(files, file{name, 0o644, content})
	}
	return files, nil
}

// licences are those of the shared files that go wherever a binary goes.
func licences(shared []file) []file {
	return slices.DeleteFunc(slices.Clone(shared), func(f file) bool {
		return f.name != "LICENSE" && f.name != "licenses.txt"
	})
}

func (r release) writeShare(files []file) error {
	for _, f := range files {
		path := filepath.Join(r.out, "share", filepath.FromSlash(f.name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, f.data, f.mode); err != nil {
			return err
		}
		if err := os.Chtimes(path, r.time, r.time); err != nil {
			return err
		}
	}
	return nil
}
