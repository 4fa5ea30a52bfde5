package document

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
)

var update = flag.Bool("update", false, "rewrite golden files")

// TestGolden reads testdata: archives of documents, each as it is before an entry
// is put there, after that (added), and when the entry was taken out again
// (removed). A document in a folder named crlf, bom or unended is changed in that
// way before, and back after. One that must be refused has the words in "error".
func TestGolden(t *testing.T) {
	t.Parallel()
	for file, section := range map[string]Section{
		"json.txtar":      {Format: JSON, Key: "mcpServers"},
		"toml.txtar":      {Format: TOML, Key: "mcp_servers"},
		"yaml-map.txtar":  {Format: YAML, Key: "extensions"},
		"yaml-list.txtar": {Format: YAML, Key: "mcpServers", List: true},
	} {
		t.Run(file, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join("testdata", file)
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			want := make(map[string]string)
			got := &txtar.Archive{Comment: archive.Comment}
			for _, f := range archive.Files {
				want[f.Name] = string(f.Data)
				if name, ok := strings.CutSuffix(f.Name, "/before"); ok {
					got.Files = append(got.Files, f)
					got.Files = append(got.Files, goldenCase(t, section, name, f.Data)...)
				}
			}
			if *update {
				if err := os.WriteFile(path, txtar.Format(got), 0o666); err != nil {
					t.Fatal(err)
				}
				return
			}
			have := make(map[string]string)
			for _, f := range got.Files {
				have[f.Name] = string(f.Data)
			}
			if diff := cmp.Diff(want, have); diff != "" {
				t.Errorf("%s (-want +got), rewrite with -update:\n%s", path, diff)
			}
		})
	}
}

// goldenCase puts the example into a document and takes it out.
func goldenCase(t *testing.T, s Section, name string, before []byte) []txtar.File {
	t.Helper()
	spelled := respell(name, before)
	added, err := s.Put(spelled, "github", example)
	if err != nil {
		return []txtar.File{{Name: name + "/error", Data: []byte(err.Error() + "\n")}}
	}
	removed, err := s.Cut(added, "github")
	if err != nil {
		t.Errorf("%s: removing: %v", name, err)
	}
	return []txtar.File{
		{Name: name + "/added", Data: unspell(t, name, added)},
		{Name: name + "/removed", Data: unspell(t, name, removed)},
	}
}

func respell(name string, text []byte) []byte {
	if strings.HasPrefix(name, "crlf") {
		text = bytes.ReplaceAll(text, []byte("\n"), []byte("\r\n"))
	}
	if strings.HasPrefix(name, "bom") {
		text = append([]byte("\xef\xbb\xbf"), text...)
	}
	if strings.HasPrefix(name, "unended") {
		text = bytes.TrimSuffix(text, []byte("\n"))
	}
	return text
}

// unspell undoes respell, and fails where its result was not kept.
func unspell(t *testing.T, name string, text []byte) []byte {
	t.Helper()
	if strings.HasPrefix(name, "crlf") {
		if bytes.Count(text, []byte("\n")) != bytes.Count(text, []byte("\r\n")) {
			t.Errorf("%s: line ends are mixed: %q", name, text)
		}
		text = bytes.ReplaceAll(text, []byte("\r\n"), []byte("\n"))
	}
	if strings.HasPrefix(name, "bom") {
		var marked bool
		if text, marked = bytes.CutPrefix(text, byteOrderMark); !marked {
			t.Errorf("%s: the byte order mark is gone", name)
		}
	}
	if strings.HasPrefix(name, "unended") {
		if bytes.HasSuffix(text, []byte("\n")) {
			t.Errorf("%s: the last line has an end now", name)
		}
		text = append(text, '\n')
	}
	return text
}
