package e2e

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// releaseVersion is the version of the release that the tests pack.
const releaseVersion = "1.2.3-test.1"

// packed is a release of this platform.
type packed struct{ dir string }

// file is a file of the release: that of this platform with that extension, or
// the one of that name.
func (p packed) file(name string) string {
	if strings.HasPrefix(name, ".") {
		name = strings.Join([]string{"ucbridge", releaseVersion, runtime.GOOS, runtime.GOARCH}, "_") + name
	}
	return filepath.Join(p.dir, name)
}

// TestDist packs a release for this platform, as "make dist" does for all.
func TestDist(t *testing.T) {
	t.Parallel()
	release := pack(t)
	t.Run("reproducible", func(t *testing.T) {
		t.Parallel()
		again := pack(t, "TZ=Pacific/Kiritimati")
		if diff := cmp.Diff(checksums(t, release), checksums(t, again)); diff != "" {
			t.Errorf("packed twice (-first +second):\n%s", diff)
		}
	})
	t.Run("checksums", func(t *testing.T) {
		t.Parallel()
		for name, want := range checksums(t, release) {
			if got := sha256Of(t, release.file(name)); got != want {
				t.Errorf("%s has the checksum %s, want %s", name, got, want)
			}
		}
	})
	t.Run("archive", func(t *testing.T) { t.Parallel(); testArchive(t, release) })
	t.Run("materials", func(t *testing.T) { t.Parallel(); testMaterials(t, release) })
	t.Run("registry", func(t *testing.T) { t.Parallel(); testRegistryEntry(t, release) })
	t.Run("bundle", func(t *testing.T) { t.Parallel(); testBundle(t, release) })
}

// pack packs a release, with env beside the present environment.
func pack(t *testing.T, env ...string) packed {
	t.Helper()
	p := packed{filepath.Join(t.TempDir(), "dist")}
	cmd := exec.CommandContext(t.Context(), "go", "run", "./dist", "-version", releaseVersion,
		"-repository", "https://github.com/OWNER/ucbridge", "-o", p.dir, runtime.GOOS+"/"+runtime.GOARCH)
	cmd.Dir = ".."
	cmd.Env = append(os.Environ(), env...)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return p
}

// checksums are those of checksums.txt, by file. Every file of the release but
// itself has one.
func checksums(t *testing.T, p packed) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for line := range strings.Lines(string(ok(os.ReadFile(p.file("checksums.txt")))(t))) {
		sum, name, _ := strings.Cut(strings.TrimSpace(line), "  ")
		sums[name] = sum
	}
	for _, path := range ok(filepath.Glob(filepath.Join(p.dir, "*.*")))(t) {
		if name := filepath.Base(path); name != "checksums.txt" && sums[name] == "" {
			t.Errorf("checksums.txt has no line for %s", name)
		}
	}
	return sums
}

// testArchive unpacks the archive and runs what is in it.
func testArchive(t *testing.T, p packed) {
	dir, program := t.TempDir(), "ucbridge"
	var files []string
	if runtime.GOOS == "windows" {
		program += ".exe"
		files = unzip(t, p.file(".zip"), dir)
	} else {
		files = untar(t, p.file(".tar.gz"), dir)
	}
	// What README links to is a test of package dist.
	files = slices.DeleteFunc(files, func(name string) bool {
		return strings.HasPrefix(name, "docs/") || slices.Contains([]string{"CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"}, name)
	})
	want := []string{"README.md", "completions/_ucbridge", "completions/ucbridge.bash", "completions/ucbridge.fish",
		"completions/ucbridge.ps1", "licenses.txt", "man/ucbridge.1", program}
	files = slices.DeleteFunc(files, func(name string) bool { return name == "LICENSE" }) // where there is one
	if diff := cmp.Diff(want, files); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}

	said := ok(exec.Command(filepath.Join(dir, program), "version", "-o", "json").Output())(t)
	if got := decode(t, said)["version"]; got != releaseVersion {
		t.Errorf("the binary is of version %v, want %s", got, releaseVersion)
	}

	// A shell is told of the same commands by another way than help.
	page := string(ok(os.ReadFile(filepath.Join(dir, "man", "ucbridge.1")))(t))
	page = strings.ReplaceAll(page, `\-`, "-")
	for line := range strings.Lines(string(ok(exec.Command(filepath.Join(dir, program), "__complete", "").Output())(t))) {
		name, _, isCommand := strings.Cut(line, "\t")
		if isCommand && name != "help" && !strings.Contains(page, "\n.SS \"ucbridge "+name+"\"\n") {
			t.Errorf("the manual does not tell of %s", name)
		}
	}
	if notices := string(ok(os.ReadFile(filepath.Join(dir, "licenses.txt")))(t)); !strings.Contains(notices, "\ngithub.com/mark3labs/mcp-go ") {
		t.Error("licenses.txt lacks mcp-go")
	}
}

// testMaterials checks that the bill of materials names the release and what is
// in it.
func testMaterials(t *testing.T, p packed) {
	var bill struct {
		BOMFormat string `json:"bomFormat"`
		Metadata  struct {
			Component struct{ Name, Version string }
		}
		Components []struct{ Name string }
	}
	if err := json.Unmarshal(ok(os.ReadFile(p.file(".cdx.json")))(t), &bill); err != nil {
		t.Fatal(err)
	}
	if c := bill.Metadata.Component; bill.BOMFormat != "CycloneDX" || c.Name != "ucbridge" || c.Version != releaseVersion {
		t.Errorf("it is a bill in %s of %s %s", bill.BOMFormat, c.Name, c.Version)
	}
	for _, name := range []string{"std", "github.com/databricks/databricks-sdk-go", "github.com/mark3labs/mcp-go"} {
		if !slices.ContainsFunc(bill.Components, func(c struct{ Name string }) bool { return c.Name == name }) {
			t.Errorf("it lacks %s", name)
		}
	}
}

// untar unpacks an archive into dir and returns the names in their order.
func untar(t *testing.T, archive, dir string) (names []string) {
	t.Helper()
	compressed := ok(gzip.NewReader(bytes.NewReader(ok(os.ReadFile(archive))(t))))(t)
	for reader := tar.NewReader(compressed); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return names
		} else if err != nil {
			t.Fatal(err)
		}
		names = append(names, header.Name)
		unpack(t, filepath.Join(dir, header.Name), header.FileInfo().Mode(), reader)
	}
}

// unzip unpacks an archive into dir and returns the names in their order.
func unzip(t *testing.T, archive, dir string) (names []string) {
	t.Helper()
	reader := ok(zip.OpenReader(archive))(t)
	defer reader.Close()
	for _, f := range reader.File {
		content := ok(f.Open())(t)
		names = append(names, f.Name)
		unpack(t, filepath.Join(dir, filepath.FromSlash(f.Name)), f.Mode(), content)
		content.Close()
	}
	return names
}

func unpack(t *testing.T, path string, mode os.FileMode, content io.Reader) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, ok(io.ReadAll(content))(t), mode); err != nil {
		t.Fatal(err)
	}
}
