package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// module is a Go module that is in the binary, as "go list -json" says it.
type module struct {
	Path, Version, Dir string
	Main               bool
	Replace            *module
}

// ours tells the program's own module and those in folders of its tree.
func (m module) ours() bool { return m.Main || m.Replace != nil && m.Replace.Version == "" }

// noticeFile is the name of a file that has to go with the binary.
var noticeFile = regexp.MustCompile(`(?i)^(licen[cs]e|copying|notice|patents)([.-].*)?$`)

// notices collects the licences of everything linked into the binaries, each
// text once: most of them want to be reproduced wherever a binary goes.
func (r release) notices(ctx context.Context) ([]byte, error) {
	modules, err := r.modules(ctx)
	if err != nil {
		return nil, err
	}
	var texts []string
	holders := make(map[string][]string) // by text
	for _, m := range modules {
		found, err := m.noticeTexts()
		if err != nil {
			return nil, err
		}
		for _, text := range found {
			if holders[text] == nil {
				texts = append(texts, text)
			}
			holders[text] = append(holders[text], m.Path+" "+m.Version)
		}
	}
	var all bytes.Buffer
	all.WriteString("The programs in this release contain the software below. Go's standard library\n" +
		"is in them too, under the licence of golang.org/x/sys.\n")
	for _, text := range texts {
		fmt.Fprintf(&all, "\n%s\n%s\n\n%s\n", strings.Repeat("-", 80), strings.Join(holders[text], "\n"), text)
	}
	return all.Bytes(), nil
}

// modules are those of others that any of the platforms' binaries contains, in
// the order of their paths.
func (r release) modules(ctx context.Context) ([]module, error) {
	byPath := make(map[string]module)
	for _, p := range r.platforms {
		list, err := output(ctx, p.environ(), "go", "list", "-deps", "-json=Module", "./cmd/ucbridge")
		if err != nil {
			return nil, err
		}
		for decoder := json.NewDecoder(bytes.NewReader(list)); ; {
			var pkg struct{ Module *module }
			if err := decoder.Decode(&pkg); errors.Is(err, io.EOF) {
				break
			} else if err != nil {
				return nil, fmt.Errorf("reading what go list printed: %w", err)
			}
			if m := pkg.Module; m != nil && !m.ours() { // nil is the standard library
				byPath[m.Path] = *m
			}
		}
	}
	modules := make([]module, 0, len(byPath))
	for _, m := range byPath {
		modules = append(modules, m)
	}
	slices.SortFunc(modules, func(a, b module) int { return strings.Compare(a.Path, b.Path) })
	return modules, nil
}

// noticeTexts are the texts that go with the module. To find none is an error.
func (m module) noticeTexts() ([]string, error) {
	entries, err := os.ReadDir(m.Dir)
	if err != nil {
		return nil, err
	}
	var texts []string
	for _, entry := range entries {
		if !entry.Type().IsRegular() || !noticeFile.MatchString(entry.Name()) {
			continue
		}
		text, err := os.ReadFile(filepath.Join(m.Dir, entry.Name()))
		if err != nil {
			return nil, err
		}
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
	}
	if len(texts) == 0 {
		return nil, fmt.Errorf("module %s has no licence in %s", m.Path, m.Dir)
	}
	return texts, nil
}
