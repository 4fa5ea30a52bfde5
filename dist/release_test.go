package main

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestParseRepository(t *testing.T) {
	t.Parallel()
	tests := map[string]string{ // the name in the registry; "" is an error
		"https://github.com/OWNER/ucbridge":     "io.github.OWNER/ucbridge",
		"https://github.com/OWNER/ucbridge.git": "io.github.OWNER/ucbridge",
		"https://github.com/OWNER":              "",
		"https://github.com/OWNER/a/b":          "",
		"http://github.com/OWNER/ucbridge":      "",
		"https://example.com/OWNER/ucbridge":    "",
		"":                                      "",
	}
	for address, want := range tests {
		r, err := parseRepository(address)
		if want == "" {
			if err == nil {
				t.Errorf("%q was taken as %v", address, r)
			}
		} else if err != nil || r.serverName() != want {
			t.Errorf("%q gives %q, %v; want %q", address, r.serverName(), err, want)
		}
	}
}

func TestSourceTime(t *testing.T) {
	tests := map[string]time.Time{
		"1700000000": time.Date(2023, time.November, 14, 22, 13, 20, 0, time.UTC),
		"0":          earliest,
	}
	for epoch, want := range tests {
		t.Setenv("SOURCE_DATE_EPOCH", epoch)
		got, err := sourceTime(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", epoch, diff)
		}
	}
	t.Setenv("SOURCE_DATE_EPOCH", "yesterday")
	if at, err := sourceTime(t.Context()); err == nil {
		t.Errorf("it is %s", at)
	}
}

// TestManifest checks what the bundle format's own tool does not.
func TestManifest(t *testing.T) {
	t.Parallel()
	r := release{version: "1.2.3", repository: repository{"OWNER", "ucbridge"}}
	manifest, err := r.manifest(platform{"windows", "arm64"})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"win32"`, `"server/ucbridge.exe"`, `"${__dirname}/server/ucbridge.exe"`, `"1.2.3"`} {
		if !strings.Contains(string(manifest), want) {
			t.Errorf("no %s in:\n%s", want, manifest)
		}
	}
	if _, err := r.manifest(platform{"plan9", "amd64"}); err == nil {
		t.Error("there is a bundle for a system that the format does not know")
	}
}

// TestRegistryVariables: what the registry's clients ask for is what the bundle asks for.
func TestRegistryVariables(t *testing.T) {
	t.Parallel()
	got, err := registryVariables()
	if err != nil {
		t.Fatal(err)
	}
	want := []registryVariable{
		{Name: "DATABRICKS_CONFIG_PROFILE", Format: "string"}, {Name: "DATABRICKS_HOST", Format: "string"},
		{Name: "UCBRIDGE_ALL_SERVERS", Format: "boolean", Default: "false"}, {Name: "UCBRIDGE_CONNECTION", Format: "string"},
		{Name: "UCBRIDGE_MCP_SERVICE", Format: "string"}, {Name: "UCBRIDGE_META", Format: "string"},
	}
	for i := range got {
		if got[i].Description == "" {
			t.Errorf("%s has no description", got[i].Name)
		}
		got[i].Description = ""
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// TestRecipesAgree holds the other recipes to what this program does.
func TestRecipesAgree(t *testing.T) {
	t.Parallel()
	ldflags := "-s -w -X main.version="
	tests := map[string][]string{
		"../.goreleaser.yaml": {cyclonedx, ldflags + "{{ .Version }}"},
		"../Makefile":         {ldflags + "$(VERSION)"},
		"Dockerfile": {
			ldflags + "$VERSION",
			`io.modelcontextprotocol.server.name="` + repository{owner: "$OWNER"}.serverName() + `"`,
		},
	}
	for recipe, wants := range tests {
		text, err := os.ReadFile(recipe)
		if err != nil {
			t.Fatal(err)
		}
		for _, want := range wants {
			if !strings.Contains(string(text), want) {
				t.Errorf("%s does not say %s", recipe, want)
			}
		}
	}
}

// TestPagesLink: a link of README.md leads to a file of the archive.
func TestPagesLink(t *testing.T) {
	files, err := pages("..")
	if err != nil {
		t.Fatal(err)
	}
	carried := make(map[string]bool)
	for _, f := range files {
		carried[f.name] = true
	}
	links := regexp.MustCompile(`\]\(([^)#:]+)(?:#[^)]*)?\)`).FindAllSubmatch(files[0].data, -1)
	if len(links) == 0 {
		t.Fatalf("%s has no links", files[0].name)
	}
	for _, link := range links {
		if name := string(link[1]); !carried[name] {
			t.Errorf("%s links to %s, which is not in the archive", files[0].name, name)
		}
	}
}
