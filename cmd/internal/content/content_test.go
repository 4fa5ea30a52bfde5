package content

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ucbridge/bridge/sharedfile/sharedfiletest"
)

func TestPrint(t *testing.T) {
	t.Parallel()
	const esc = `\u001b[2J`
	tests := []struct {
		name, result string
		clean        bool
		want         string
	}{
		{"text as it came", `{"content":[{"type":"text","text":"a` + esc + `\r\nb\n"},{"type":"text","text":"c"}]}`, false, "a\x1b[2J\r\nb\nc\n"},
		{"text for a terminal", `{"content":[{"type":"text","text":"a` + esc + `"}]}`, true, "a\\u{1b}[2J\n"},
		{"nothing", `{"content":[]}`, false, ""},
		{"structured, and the same as text", `{"content":[{"type":"text","text":"{\"b\": 1.0, \"a\": []}"}],"structuredContent":{"a":[],"b":1.0}}`, false,
			"{\n  \"a\": [],\n  \"b\": 1.0\n}\n"},
		{"structured, and other text", `{"content":[{"type":"text","text":"about 1"}],"structuredContent":{"b":1}}`, false,
			"about 1\n{\n  \"b\": 1\n}\n"},
		{"structured null", `{"content":[{"type":"text","text":"x"}],"structuredContent":null}`, false, "x\n"},
		{"a link", `{"content":[{"type":"resource_link","uri":"file:///a` + esc + `","name":"a","mimeType":"text/plain","description":"two\nlines"}]}`, false,
			"resource: file:///a\\u{1b}[2J text/plain a two lines\n"},
		{"an embedded text", `{"content":[{"type":"resource","resource":{"uri":"x:/a","text":""}},{"type":"resource","resource":{"uri":"x:/b","text":"b\n"}}]}`, false, "\nb\n"},
		{"a type of the future", `{"content":[{"type":"hologram","data":"` + esc + `"}]}`, false, "{\n  \"type\": \"hologram\",\n  \"data\": \"\\u001b[2J\"\n}\n"},
		{"broken base64", `{"content":[{"type":"image","data":"%","mimeType":"image/png"}]}`, false,
			"{\n  \"type\": \"image\",\n  \"data\": \"%\",\n  \"mimeType\": \"image/png\"\n}\n"},
	}
	for _, tt := range tests {
		r, err := Read([]byte(tt.result))
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var out strings.Builder
		p := Printer{Out: &out, Clean: tt.clean, Dir: t.TempDir(), Tool: "tool"}
		if err := p.Print(r); err != nil {
			t.Errorf("%s: %v", tt.name, err)
		}
		if diff := cmp.Diff(tt.want, out.String()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.name, diff)
		}
	}
}

func TestFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "_etc_x-1.png"), []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := Read([]byte(`{"content":[
		{"type":"image","data":"aGVsbG8=","mimeType":"image/png"},
		{"type":"audio","data":"aGVsbG8=","mimeType":"audio/wav; codecs=1"},
		{"type":"resource","resource":{"uri":"file:///../../run.exe","mimeType":"application/x-msdownload","blob":"aGVsbG8="}}
	]}`))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	p := Printer{Out: &out, Dir: dir, Tool: "/etc/x"}
	if err := p.Print(r); err != nil {
		t.Fatal(err)
	}
	want := "saved: DIR/_etc_x-1-2.png (image/png, 5 bytes)\nsaved: DIR/_etc_x-2.wav (audio/wav; codecs=1, 5 bytes)\n" +
		"saved: DIR/_etc_x-3.bin (application/x-msdownload, 5 bytes) of file:///../../run.exe\n"
	if diff := cmp.Diff(want, strings.ReplaceAll(filepath.ToSlash(out.String()), filepath.ToSlash(dir), "DIR")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, content := range map[string]string{"_etc_x-1.png": "mine", "_etc_x-1-2.png": "hello"} {
		path := filepath.Join(dir, name)
		got, err := os.ReadFile(path)
		if err != nil || string(got) != content {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if content == "hello" {
			sharedfiletest.OnlyOwner(t, path)
		}
	}
}

func TestSafe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"get_image": "get_image", "../x": "___x", "-rf": "_rf", "a b\x1b": "a_b_", "ä": "_",
		strings.Repeat("a", 80) + "b": strings.Repeat("a", 63) + "b",
	} {
		if got := safe(name); got != want {
			t.Errorf("safe(%q) = %q, want %q", name, got, want)
		}
	}
}
