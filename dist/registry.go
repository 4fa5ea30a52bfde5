package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// repository is where releases are published on GitHub.
type repository struct{ owner, name string }

var githubAddress = regexp.MustCompile(`^https://github\.com/([A-Za-z0-9][A-Za-z0-9-]*)/([A-Za-z0-9._-]+?)(?:\.git)?$`)

func parseRepository(address string) (repository, error) {
	match := githubAddress.FindStringSubmatch(address)
	if match == nil {
		return repository{}, fmt.Errorf("-repository %q is not of the form https://github.com/OWNER/NAME", address)
	}
	return repository{match[1], match[2]}, nil
}

func (r repository) url() string { return "https://github.com/" + r.owner + "/" + r.name }

// serverName is the name in the MCP registry, which gives each account of GitHub
// a namespace of its own.
func (r repository) serverName() string { return "io.github." + r.owner + "/ucbridge" }

// registrySchema is what the entry keeps to.
const registrySchema = "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json"

// registryEntry is what the MCP registry is told of a release, as server.json.
type registryEntry struct {
	Schema      string             `json:"$schema"`
	Name        string             `json:"name"`
	Title       string             `json:"title"`
	Description string             `json:"description"`
	Repository  registryRepository `json:"repository"`
	Version     string             `json:"version"`
	Packages    []registryPackage  `json:"packages"`
}

type registryRepository struct {
	URL    string `json:"url"`
	Source string `json:"source"`
}

// registryPackage is one bundle. The registry wants its address to be that of a
// release on GitHub, and clients compare the checksum.
type registryPackage struct {
	RegistryType string            `json:"registryType"`
	Identifier   string            `json:"identifier"`
	Version      string            `json:"version"`
	FileSHA256   string            `json:"fileSha256"`
	Transport    registryTransport `json:"transport"`
	// Variables are what a client asks its user for.
	Variables []registryVariable `json:"environmentVariables"`
}

// registryVariable is a setting of the bundle, as the registry spells it.
type registryVariable struct {
	Name        string `json:"name"`
	Description string `json:"description"`
	Required    bool   `json:"isRequired"`
	Format      string `json:"format"`
	Default     string `json:"default,omitempty"`
}

type registryTransport struct {
	Type string `json:"type"`
}

// registryVariables are the settings that the manifest asks for.
func registryVariables() ([]registryVariable, error) {
	var manifest struct {
		Server struct {
			Config struct {
				Env map[string]string `json:"env"`
			} `json:"mcp_config"`
		} `json:"server"`
		Settings map[string]struct {
			Type, Description string
			Required          bool
			Default           any
		} `json:"user_config"`
	}
	if err := json.Unmarshal(manifestJSON, &manifest); err != nil {
		return nil, fmt.Errorf("reading manifest.json: %w", err)
	}
	var all []registryVariable
	for _, name := range slices.Sorted(maps.Keys(manifest.Server.Config.Env)) {
		key := strings.TrimSuffix(strings.TrimPrefix(manifest.Server.Config.Env[name], "${user_config."), "}")
		setting, ok := manifest.Settings[key]
		if !ok {
			return nil, fmt.Errorf("manifest.json has no setting for %s", name)
		}
		all = append(all, registryVariable{name, setting.Description, setting.Required, setting.Type, fmt.Sprint(setting.Default)})
	}
	return all, nil
}

func (r release) registryPackage(p platform) (registryPackage, error) {
	bundle := r.name(p) + ".mcpb"
	variables, err := registryVariables()
	if err != nil {
		return registryPackage{}, err
	}
	sum, err := checksum(filepath.Join(r.out, bundle))
	return registryPackage{
		RegistryType: "mcpb",
		Identifier:   r.repository.url() + "/releases/download/v" + r.version + "/" + bundle,
		Version:      r.version,
		FileSHA256:   sum,
		Transport:    registryTransport{"stdio"},
		Variables:    variables,
	}, err
}

func (r release) registryEntry(packages []registryPackage) ([]byte, error) {
	return indented(registryEntry{
		Schema:      registrySchema,
		Name:        r.repository.serverName(),
		Title:       "Unity Catalog bridge",
		Description: summary,
		Repository:  registryRepository{r.repository.url(), "github"},
		Version:     r.version,
		Packages:    packages,
	})
}
