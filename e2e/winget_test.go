package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"text/template"

	"github.com/google/jsonschema-go/jsonschema"
	"sigs.k8s.io/yaml"
)

// wingetVersion is that of the manifests that goreleaser writes. The schemas in folder
// winget are microsoft/winget-cli's, schemas/JSON/manifests/v1.12.0 at commit fa3d9e5.
const wingetVersion = "1.12.0"

// TestWinget renders the manifests of a release as goreleaser does from .goreleaser.yaml
// (2.9, internal/pipe/winget), which is too large to run here, and checks them against the
// schemas of winget.
func TestWinget(t *testing.T) {
	t.Parallel()
	for kind, manifest := range wingetManifests(t) {
		var schema jsonschema.Schema
		if err := json.Unmarshal(ok(os.ReadFile(filepath.Join("winget", kind+".json")))(t), &schema); err != nil {
			t.Fatal(err)
		}
		if want := "https://aka.ms/winget-manifest." + kind + "." + wingetVersion + ".schema.json"; !strings.EqualFold(schema.ID, want) {
			t.Errorf("the schema is %s, want %s", schema.ID, want)
		}
		validator := ok(schema.Resolve(nil))(t)
		manifest := decode(t, ok(json.Marshal(manifest))(t))
		if err := validator.Validate(manifest); err != nil {
			t.Errorf("the manifest of kind %s is not valid: %v\n%v", kind, err, manifest)
		}
		manifest["PackageIdentifier"] = "ucbridge" // without its publisher
		if validator.Validate(manifest) == nil {
			t.Errorf("the schema %s takes everything", kind)
		}
	}
}

// wingetManifests are the manifests of a release, by kind.
func wingetManifests(t *testing.T) map[string]map[string]any {
	t.Helper()
	var recipe struct {
		Project string `json:"project_name"`
		Winget  []struct {
			Publisher        string `json:"publisher"`
			PublisherURL     string `json:"publisher_url"`
			Homepage         string `json:"homepage"`
			ShortDescription string `json:"short_description"`
			License          string `json:"license"`
		} `json:"winget"`
	}
	if err := yaml.UnmarshalStrict(wingetPart(t), &recipe, yaml.DisallowUnknownFields); err != nil {
		t.Fatal(err)
	}
	w, name := recipe.Winget[0], recipe.Project
	common := func(kind string) map[string]any {
		return map[string]any{
			"PackageIdentifier": filled(t, w.Publisher) + "." + name, "PackageVersion": releaseVersion,
			"ManifestType": kind, "ManifestVersion": wingetVersion,
		}
	}
	version, installer, locale := common("version"), common("installer"), common("defaultLocale")
	version["DefaultLocale"], installer["InstallerLocale"], locale["PackageLocale"] = "en-US", "en-US", "en-US"
	installer["InstallerType"], installer["ReleaseDate"] = "zip", "2026-11-28"
	var installers []map[string]any
	for _, architecture := range []string{"x64", "arm64"} {
		installers = append(installers, map[string]any{
			"Architecture": architecture, "UpgradeBehavior": "uninstallPrevious", "NestedInstallerType": "portable",
			"NestedInstallerFiles": []map[string]any{{"RelativeFilePath": name + ".exe", "PortableCommandAlias": name}},
			"InstallerUrl":         filled(t, w.Homepage) + "/releases/download/v" + releaseVersion + "/" + name + "_windows.zip",
			"InstallerSha256":      strings.Repeat("0", 64),
		})
	}
	installer["Installers"] = installers
	locale["Publisher"], locale["PublisherUrl"], locale["PackageUrl"] = filled(t, w.Publisher), filled(t, w.PublisherURL), filled(t, w.Homepage)
	locale["PackageName"], locale["Moniker"], locale["License"], locale["ShortDescription"] = name, name, filled(t, w.License), w.ShortDescription
	return map[string]map[string]any{"version": version, "installer": installer, "defaultLocale": locale}
}

// wingetPart is what .goreleaser.yaml says of winget and of the project's name. Where the
// manifests are sent to is not in them.
func wingetPart(t *testing.T) []byte {
	t.Helper()
	var recipe struct {
		Project string           `json:"project_name"`
		Winget  []map[string]any `json:"winget"`
	}
	if err := yaml.Unmarshal(ok(os.ReadFile("../.goreleaser.yaml"))(t), &recipe); err != nil {
		t.Fatal(err)
	}
	if len(recipe.Winget) != 1 {
		t.Fatalf("there are %d manifests", len(recipe.Winget))
	}
	delete(recipe.Winget[0], "repository")
	return ok(json.Marshal(map[string]any{"project_name": recipe.Project, "winget": recipe.Winget}))(t)
}

// filled fills in what the publisher of a release sets.
func filled(t *testing.T, text string) string {
	t.Helper()
	var out strings.Builder
	values := map[string]any{"Env": map[string]string{"OWNER": "OWNER", "REPOSITORY": "https://github.com/OWNER/ucbridge", "LICENSE": "MIT"}}
	if err := ok(template.New("").Option("missingkey=error").Parse(text))(t).Execute(&out, values); err != nil {
		t.Fatal(err)
	}
	return out.String()
}
